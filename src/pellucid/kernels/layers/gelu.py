"""GELU; its equations are in :mod:`pellucid.equations.gelu`.

``a = z P(z)`` with ``P(z) = erfc(-z / sqrt 2) / 2``, the share of a normal distribution below
``z``; ``dz = da (P(z) + z p(z))`` with ``p(z) = exp(-z**2 / 2) / sqrt(2 pi)``

``z`` is held above -14, and on both sides in the backward: beyond that ``P`` and ``p`` are below
what float32 holds, and a large ``z`` would make something of what is left of them.

Layout and loop order are those of :mod:`pellucid.kernels.layers.elementwise`. The backward takes
the input ``z``: the curve falls and rises, so its output does not tell. It is for training only.
"""

from __future__ import annotations

import functools
import math

from numba import types

from pellucid.kernels.compiling.compile import Kernel, compile_part
from pellucid.kernels.compiling.curves import at_most, erfc
from pellucid.kernels.compiling.vector import at_least, exp, fma, mul, splat
from pellucid.kernels.layers import elementwise
from pellucid.network.layers import GELU

__all__ = ["OPS", "backward", "forward", "one_image"]

_LEAST, _MOST = types.float32(-14.0), types.float32(14.0)
_MINUS_HALF, _MINUS_ROOT_HALF = types.float32(-0.5), types.float32(-(0.5**0.5))
_ROOT = types.float32((2.0 * math.pi) ** -0.5)


@functools.cache
def forward() -> Kernel:
    """``z = x P(x)``; NaN stays NaN."""
    return elementwise.forward_of(_gelu)


@functools.cache
def backward() -> Kernel:
    """``dz = da (P(z) + z p(z))``."""
    return elementwise.backward_of(_gelu_backward)


@functools.cache
def one_image() -> Kernel:
    """``z = x P(x)``; NaN stays NaN, for one image."""
    return elementwise.one_image_of(_gelu)


@compile_part
def _below(z):
    return mul(splat(types.float32(0.5)), erfc(mul(z, splat(_MINUS_ROOT_HALF))))


@compile_part
def _gelu(x, setting):
    held = at_least(x, splat(_LEAST))
    return mul(held, _below(held))


@compile_part
def _gelu_backward(da, z, setting):
    held = at_most(at_least(z, splat(_LEAST)), splat(_MOST))
    density = mul(exp(mul(mul(held, held), splat(_MINUS_HALF))), splat(_ROOT))
    return mul(da, fma(held, density, _below(held)))


OPS = elementwise.ElementwiseOps[GELU](forward, backward, one_image, reads_input=True)
