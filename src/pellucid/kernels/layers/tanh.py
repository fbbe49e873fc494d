"""Tanh; its equations are in :mod:`pellucid.equations.tanh`.

``a = tanh(z)``, ``dz = da (1 - a**2)``, which is ``da e (2 / (1 + e))**2`` with ``e = exp(-2 |z|)``

Layout and loop order are those of :mod:`pellucid.kernels.layers.elementwise`. The backward takes
the input ``z``: where ``a`` is near 1, rounded, ``1 - a**2`` has lost its digits. It is for
training only.
"""

from __future__ import annotations

import functools

from numba import types

from pellucid.kernels.compiling.compile import Kernel, compile_part
from pellucid.kernels.compiling.curves import tanh
from pellucid.kernels.compiling.vector import add, div, exp, mul, splat, sub, winner
from pellucid.kernels.layers import elementwise
from pellucid.network.layers import Tanh

__all__ = ["OPS", "backward", "forward", "one_image"]


@functools.cache
def forward() -> Kernel:
    """``z = tanh(x)``; NaN stays NaN."""
    return elementwise.forward_of(_tanh)


@functools.cache
def backward() -> Kernel:
    """``dz = da e (2 / (1 + e))**2``, ``e = exp(-2 |z|)``."""
    return elementwise.backward_of(_tanh_backward)


@functools.cache
def one_image() -> Kernel:
    """``z = tanh(x)``; NaN stays NaN, for one image."""
    return elementwise.one_image_of(_tanh)


@compile_part
def _tanh(x, setting):
    return tanh(x)


@compile_part
def _tanh_backward(da, z, setting):
    zero, one, two = (
        splat(types.float32(0.0)),
        splat(types.float32(1.0)),
        splat(types.float32(2.0)),
    )
    size = winner(z, zero, z, sub(zero, z))
    power = exp(mul(size, splat(types.float32(-2.0))))
    share = div(two, add(one, power))
    return mul(da, mul(power, mul(share, share)))


OPS = elementwise.ElementwiseOps[Tanh](forward, backward, one_image, reads_input=True)
