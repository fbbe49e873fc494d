"""Sigmoid; its equations are in :mod:`pellucid.equations.sigmoid`.

``a = 1 / (1 + exp(-z))``, ``dz = da a (1 - a)``

Layout and loop order are those of :mod:`pellucid.kernels.layers.elementwise`. The backward takes
the output ``a`` and needs no power. It is for training only.
"""

from __future__ import annotations

import functools

from numba import types

from pellucid.kernels.compiling.compile import Kernel, compile_part
from pellucid.kernels.compiling.vector import add, div, exp, mul, splat, sub
from pellucid.kernels.layers import elementwise
from pellucid.network.layers import Sigmoid

__all__ = ["OPS", "backward", "forward", "one_image"]


@functools.cache
def forward() -> Kernel:
    """``z = 1 / (1 + exp(-x))``."""
    return elementwise.forward_of(_sigmoid)


@functools.cache
def backward() -> Kernel:
    """``dz = da a (1 - a)``."""
    return elementwise.backward_of(_sigmoid_backward)


@functools.cache
def one_image() -> Kernel:
    """``z = 1 / (1 + exp(-x))`` for one image."""
    return elementwise.one_image_of(_sigmoid)


@compile_part
def _sigmoid(x, setting):
    zero, one = splat(types.float32(0.0)), splat(types.float32(1.0))
    return div(one, add(one, exp(sub(zero, x))))


@compile_part
def _sigmoid_backward(da, a, setting):
    return mul(da, mul(a, sub(splat(types.float32(1.0)), a)))


OPS = elementwise.ElementwiseOps[Sigmoid](forward, backward, one_image)
