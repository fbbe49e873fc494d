"""Sigmoid; its equations are in :mod:`pellucid.equations.sigmoid`.

``a = 1 / (1 + exp(-z))``, ``dz = da a (1 - a)``

Layout: ``[channel, row, column, lane]``, images innermost, each array with strides of its own, as
some lie inside a border. Channel, row, column, in the order of memory: every number is read and
written once. The backward takes the output ``a`` and needs no power. It is for training only.
"""

from __future__ import annotations

import functools

from numba import types

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.vector import add, div, exp, load, mul, splat, store, sub
from pellucid.kernels.layers import one_image
from pellucid.kernels.program.elementwise import ElementwiseOps
from pellucid.network.layers import Sigmoid

__all__ = ["OPS", "backward", "forward"]


@functools.cache
def forward() -> Kernel:
    """``z = 1 / (1 + exp(-x))``."""

    def _forward(
        arena, parameters, gradient, channels, rows, columns, x, x_channel, x_row, x_column, z,
        z_channel, z_row, z_column, a, a_channel, a_row, a_column,
    ):  # fmt: skip
        zero, one = splat(types.float32(0.0)), splat(types.float32(1.0))
        for c in range(channels):
            for y in range(rows):
                source, to = x + c * x_channel + y * x_row, z + c * z_channel + y * z_row
                for _ in range(columns):
                    decay = exp(sub(zero, load(arena, source)))
                    store(arena, to, div(one, add(one, decay)))
                    source, to = source + x_column, to + z_column

    return compile_kernel(_forward)


@functools.cache
def backward() -> Kernel:
    """``dz = da a (1 - a)``; ``x`` is da, ``z`` is dz, ``a`` the layer's output."""

    def _backward(
        arena, parameters, gradient, channels, rows, columns, x, x_channel, x_row, x_column, z,
        z_channel, z_row, z_column, a, a_channel, a_row, a_column,
    ):  # fmt: skip
        one = splat(types.float32(1.0))
        for c in range(channels):
            for y in range(rows):
                source, to = x + c * x_channel + y * x_row, z + c * z_channel + y * z_row
                output = a + c * a_channel + y * a_row
                for _ in range(columns):
                    out = load(arena, output)
                    store(arena, to, mul(load(arena, source), mul(out, sub(one, out))))
                    source, to, output = source + x_column, to + z_column, output + a_column

    return compile_kernel(_backward)


class SigmoidOps(ElementwiseOps[Sigmoid]):
    """Ops of a sigmoid."""

    def forward_kernel(self) -> Kernel:
        """Return :func:`forward`."""
        return forward()

    def backward_kernel(self) -> Kernel:
        """Return :func:`backward`."""
        return backward()

    def one_image_kernel(self) -> Kernel:
        """Return the twin for one image."""
        return one_image.sigmoid()


OPS = SigmoidOps()
