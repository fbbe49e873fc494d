"""The loops of a layer that makes one number of each: its file says which, and these go over them.

Layout: ``[channel, row, column, lane]``, images innermost, each array with strides of its own, as
some lie inside a border. Channel, row, column, in the order of memory: every number is read and
written once.
"""

from __future__ import annotations

from typing import Any

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.vector import load, store

__all__ = ["backward_of", "forward_of"]


def forward_of(value: Any) -> Kernel:
    """Compile ``z = value(x)``, a part that takes and gives vectors; ``a`` is not read."""

    def _forward(
        arena, parameters, gradient, channels, rows, columns, x, x_channel, x_row, x_column, z,
        z_channel, z_row, z_column, a, a_channel, a_row, a_column,
    ):  # fmt: skip
        for c in range(channels):
            for y in range(rows):
                source, to = x + c * x_channel + y * x_row, z + c * z_channel + y * z_row
                for _ in range(columns):
                    store(arena, to, value(load(arena, source)))
                    source, to = source + x_column, to + z_column

    _forward.__module__ = value.__module__
    return compile_kernel(_forward)


def backward_of(value: Any) -> Kernel:
    """Compile ``z = value(x, a)``: ``x`` is da, ``z`` is dz, ``a`` the layer's output."""

    def _backward(
        arena, parameters, gradient, channels, rows, columns, x, x_channel, x_row, x_column, z,
        z_channel, z_row, z_column, a, a_channel, a_row, a_column,
    ):  # fmt: skip
        for c in range(channels):
            for y in range(rows):
                source, to = x + c * x_channel + y * x_row, z + c * z_channel + y * z_row
                output = a + c * a_channel + y * a_row
                for _ in range(columns):
                    store(arena, to, value(load(arena, source), load(arena, output)))
                    source, to, output = source + x_column, to + z_column, output + a_column

    _backward.__module__ = value.__module__
    return compile_kernel(_backward)
