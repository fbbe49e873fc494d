"""SiLU; its equations are in :mod:`pellucid.equations.silu`.

``a = z s`` with ``s = 1 / (1 + exp(-z))``; ``dz = da s (1 + z (1 - s))``

``z`` is held within the ±87 that ``exp`` holds, where it stands beside an ``s`` or ``1 - s`` that
should be 0: else a large ``z`` would make something of what is left of it.

Layout and loop order are those of :mod:`pellucid.kernels.layers.elementwise`. The backward takes
the input ``z``: the curve falls and rises, so its output does not tell. It is for training only.
"""

from __future__ import annotations

import functools

from numba import types

from pellucid.kernels.compiling.compile import Kernel, compile_part
from pellucid.kernels.compiling.curves import at_most
from pellucid.kernels.compiling.vector import add, at_least, div, exp, fma, mul, splat, sub
from pellucid.kernels.layers import elementwise
from pellucid.network.layers import SiLU

__all__ = ["OPS", "backward", "forward", "one_image"]

_LEAST, _MOST = types.float32(-87.0), types.float32(87.0)


@functools.cache
def forward() -> Kernel:
    """``z = x / (1 + exp(-x))``; NaN stays NaN."""
    return elementwise.forward_of(_silu)


@functools.cache
def backward() -> Kernel:
    """``dz = da s (1 + z (1 - s))``, ``s = 1 / (1 + exp(-z))``."""
    return elementwise.backward_of(_silu_backward)


@functools.cache
def one_image() -> Kernel:
    """``z = x / (1 + exp(-x))``; NaN stays NaN, for one image."""
    return elementwise.one_image_of(_silu)


@compile_part
def _silu(x, setting):
    zero, one = splat(types.float32(0.0)), splat(types.float32(1.0))
    held = at_least(x, splat(_LEAST))
    return mul(held, div(one, add(one, exp(sub(zero, x)))))


@compile_part
def _silu_backward(da, z, setting):
    zero, one = splat(types.float32(0.0)), splat(types.float32(1.0))
    held = at_most(at_least(z, splat(_LEAST)), splat(_MOST))
    power = exp(sub(zero, held))
    s = div(one, add(one, power))
    # 1 - s as it is, not as a difference: z may be large.
    slope = fma(held, mul(power, s), one)
    return mul(da, mul(s, slope))


OPS = elementwise.ElementwiseOps[SiLU](forward, backward, one_image, reads_input=True)
