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

from numba import types

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.vector import at_least, gate, load, splat, store
from pellucid.kernels.layers import one_image
from pellucid.kernels.program.elementwise import ElementwiseOps
from pellucid.network.layers import ReLU

__all__ = ["OPS", "backward", "forward"]


@functools.cache
def forward() -> Kernel:
    """``z = max(0, x)``; NaN stays NaN."""

    def _forward(
        arena, parameters, gradient, channels, rows, columns, x, x_channel, x_row, x_column, z,
        z_channel, z_row, z_column, a, a_channel, a_row, a_column,
    ):  # fmt: skip
        zero = splat(types.float32(0.0))
        for c in range(channels):
            for y in range(rows):
                source, to = x + c * x_channel + y * x_row, z + c * z_channel + y * z_row
                for _ in range(columns):
                    store(arena, to, at_least(load(arena, source), zero))
                    source, to = source + x_column, to + z_column

    return compile_kernel(_forward)


@functools.cache
def backward() -> Kernel:
    """``dz = da where a > 0, else 0``; ``x`` is da, ``z`` is dz, ``a`` the layer's output."""

    def _backward(
        arena, parameters, gradient, channels, rows, columns, x, x_channel, x_row, x_column, z,
        z_channel, z_row, z_column, a, a_channel, a_row, a_column,
    ):  # fmt: skip
        for c in range(channels):
            for y in range(rows):
                source, to = x + c * x_channel + y * x_row, z + c * z_channel + y * z_row
                output = a + c * a_channel + y * a_row
                for _ in range(columns):
                    store(arena, to, gate(load(arena, source), load(arena, output)))
                    source, to, output = source + x_column, to + z_column, output + a_column

    return compile_kernel(_backward)


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
