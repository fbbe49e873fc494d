"""ReLU; its equations are in :mod:`pellucid.equations.relu`.

``a = max(0, z)``, ``dz = da where a > 0, else 0``

A ReLU that follows a convolution or a dense layer, directly or after a max pool, never runs on its
own: those hold their result above a floor of 0. Its backward, the mask ``a > 0``, is likewise the
gate of whatever computes ``da``. These kernels serve the other places.

Layout and loop order are those of :mod:`pellucid.kernels.layers.elementwise`. The backward is for
training only.
"""

from __future__ import annotations

import functools

from numba import types

from pellucid.kernels.compiling.compile import Kernel, compile_part
from pellucid.kernels.compiling.vector import at_least, gate, splat
from pellucid.kernels.layers import elementwise
from pellucid.network.layers import ReLU

__all__ = ["OPS", "backward", "forward", "one_image"]


@functools.cache
def forward() -> Kernel:
    """``z = max(0, x)``; NaN stays NaN."""
    return elementwise.forward_of(_relu)


@functools.cache
def backward() -> Kernel:
    """``dz = da where a > 0, else 0``."""
    return elementwise.backward_of(_relu_backward)


@functools.cache
def one_image() -> Kernel:
    """``z = max(0, x)`` for one image."""
    return elementwise.one_image_of(_relu)


@compile_part
def _relu(x, setting):
    return at_least(x, splat(types.float32(0.0)))


@compile_part
def _relu_backward(da, a, setting):
    return gate(da, a)


class ReLUOps(elementwise.ElementwiseOps[ReLU]):
    """Ops of a ReLU that no other layer takes in."""

    is_floor = True


OPS = ReLUOps(forward, backward, one_image)
