"""Tanh; its equations are in :mod:`pellucid.equations.tanh`.

``a = tanh(z)``, ``dz = da (1 - a**2)``

Layout and loop order are those of :mod:`pellucid.kernels.layers.elementwise`. The backward takes
the output ``a`` and needs no power. It is for training only.
"""

from __future__ import annotations

import functools

from numba import types

from pellucid.kernels.compiling.compile import Kernel, compile_part
from pellucid.kernels.compiling.curves import tanh
from pellucid.kernels.compiling.vector import fma, mul, splat, sub
from pellucid.kernels.layers import elementwise
from pellucid.network.layers import Tanh

__all__ = ["OPS", "backward", "forward", "one_image"]


@functools.cache
def forward() -> Kernel:
    """``z = tanh(x)``; NaN stays NaN."""
    return elementwise.forward_of(_tanh)


@functools.cache
def backward() -> Kernel:
    """``dz = da (1 - a**2)``."""
    return elementwise.backward_of(_tanh_backward)


@functools.cache
def one_image() -> Kernel:
    """``z = tanh(x)``; NaN stays NaN, for one image."""
    return elementwise.one_image_of(_tanh)


@compile_part
def _tanh(x, setting):
    return tanh(x)


@compile_part
def _tanh_backward(da, a, setting):
    one = splat(types.float32(1.0))
    return mul(da, fma(sub(splat(types.float32(0.0)), a), a, one))


OPS = elementwise.ElementwiseOps[Tanh](forward, backward, one_image)
