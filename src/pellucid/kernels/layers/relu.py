"""ReLU; its equations are in :mod:`pellucid.equations.relu`.

``a = max(0, z)``, ``dz = da where a > 0, else 0``

A ReLU that directly follows a convolution or a dense layer never runs on its own: those hold their
result above a floor of 0. Its backward, the mask ``a > 0``, is likewise the gate of whatever
computes ``da``. These kernels serve the other places.

Layout: ``[channel, row, column, lane]``, images innermost, each array with strides of its own, as
some lie inside a border. Channel, row, column, in the order of memory: every number is read and
written once. The backward is for training only.
"""

from __future__ import annotations

import functools
from typing import Any

from numba import types

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.vector import at_least, gate, load, splat, store
from pellucid.kernels.layers import one_image
from pellucid.kernels.program.elementwise import ElementwiseOps
from pellucid.network.layers import ReLU

__all__ = ["OPS", "backward", "forward"]

FIELDS = (
    "channels rows columns x x_channel x_row x_column z z_channel z_row z_column a a_channel a_row "
    "a_column"
)
"""Fields of every elementwise op: what it reads, what it writes, and a third array."""


@functools.cache
def forward() -> Kernel:
    """``z = max(0, x)``; NaN stays NaN."""

    def _forward(op: Any, arena: Any, parameters: Any, gradient: Any) -> None:
        zero = splat(types.float32(0.0))
        for c in range(op[0]):
            for y in range(op[1]):
                x, z = op[3] + c * op[4] + y * op[5], op[7] + c * op[8] + y * op[9]
                for _ in range(op[2]):
                    store(arena, z, at_least(load(arena, x), zero))
                    x, z = x + op[6], z + op[10]

    return compile_kernel(_forward, tuple(FIELDS.split()))


@functools.cache
def backward() -> Kernel:
    """``dz = da where a > 0, else 0``; ``x`` is da, ``z`` is dz, ``a`` the layer's output."""

    def _backward(op: Any, arena: Any, parameters: Any, gradient: Any) -> None:
        for c in range(op[0]):
            for y in range(op[1]):
                x, z = op[3] + c * op[4] + y * op[5], op[7] + c * op[8] + y * op[9]
                a = op[11] + c * op[12] + y * op[13]
                for _ in range(op[2]):
                    store(arena, z, gate(load(arena, x), load(arena, a)))
                    x, z, a = x + op[6], z + op[10], a + op[14]

    return compile_kernel(_backward, tuple(FIELDS.split()))


class ReLUOps(ElementwiseOps[ReLU]):
    """Ops of a ReLU that no other layer takes in."""

    is_floor = True

    def forward_kernel(self) -> Kernel:
        """Return :func:`forward`."""
        return forward()

    def backward_kernel(self) -> Kernel:
        """Return :func:`backward`."""
        return backward()

    def one_image_kernel(self) -> Kernel:
        """Return the twin for one image."""
        return one_image.relu()


OPS = ReLUOps()
