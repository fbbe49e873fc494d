"""Max pooling; its equations are in :mod:`pellucid.equations.maxpool2d`.

``p[c, y, x] = max_{i, j} x[c, y s + i, x s + j]``; ``dx`` at the winner's place is ``dp``, summed
over the windows that it wins, 0 elsewhere

Layout: ``x[c, y, x, lane]``, images innermost. Forward keeps, beside the largest value, which place
of the window it came from, counted row by row, as a float of the same layout. Loop order: channel,
row and column of the output, then the window, whose best value and place stay in registers; the
first of equals wins because the window is gone through row by row.

Backward, in training only, gives each pooled gradient to that place. Windows that do not overlap
write every pixel they cover once and nothing has to be cleared; the pixels that no window covers
were zero from the start. Overlapping windows add, after the pixels were set to zero. Where a ReLU
comes before the pool, its mask is applied to the pooled gradient: the winner passed the ReLU if the
maximum did.
"""

from __future__ import annotations

import functools

from numba import types

from pellucid.kernels.compiling import vector
from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.vector import (
    LANES,
    add,
    load,
    splat,
    store,
    where_equal,
    winner,
)
from pellucid.kernels.program.arena import View
from pellucid.network.layers import MaxPool2D

__all__ = ["backward", "forward"]


@functools.cache
def forward() -> Kernel:
    """``p[c, y, x]`` is the largest of its window; the first of equals, and NaN over all."""

    def _forward(
        arena, parameters, gradient, channels, rows, columns, pool_rows, pool_columns, x, x_channel,
        x_row, x_column, x_step_row, x_step_column, p, p_channel, p_row, p_column, place,
    ):  # fmt: skip
        for c in range(channels):
            for row in range(rows):
                for column in range(columns):
                    corner = x + c * x_channel + row * x_step_row + column * x_step_column
                    best, first = load(arena, corner), splat(types.float32(0.0))
                    for i in range(pool_rows):
                        for j in range(pool_columns):
                            value = load(arena, corner + i * x_row + j * x_column)
                            here = splat(types.float32(i * pool_columns + j))
                            first = winner(value, best, here, first)
                            best = winner(value, best, value, best)
                    store(arena, p + c * p_channel + row * p_row + column * p_column, best)
                    store(arena, place, first)
                    place += LANES

    return compile_kernel(_forward)


@functools.cache
def backward() -> Kernel:
    """``dx`` at the winner's place is ``dp``, summed over windows, 0 elsewhere."""

    def _backward(
        arena, parameters, gradient, channels, rows, columns, pool_rows, pool_columns, dx,
        dx_channel, dx_row, dx_column, dx_step_row, dx_step_column, dp, dp_channel, dp_row,
        dp_column, place, overlap, gate, gate_channel, gate_row, gate_column, dx_rows, dx_columns,
    ):  # fmt: skip
        zero = splat(types.float32(0.0))
        if overlap:
            for c in range(channels):
                for y in range(dx_rows):
                    for column in range(dx_columns):
                        store(arena, dx + c * dx_channel + y * dx_row + column * dx_column, zero)
        for c in range(channels):
            for row in range(rows):
                for column in range(columns):
                    delta = load(arena, dp + c * dp_channel + row * dp_row + column * dp_column)
                    passed = gate + c * gate_channel + row * gate_row + column * gate_column
                    delta = vector.gate(delta, load(arena, passed))
                    first = load(arena, place)
                    place += LANES
                    corner = dx + c * dx_channel + row * dx_step_row + column * dx_step_column
                    for i in range(pool_rows):
                        for j in range(pool_columns):
                            at = corner + i * dx_row + j * dx_column
                            here = splat(types.float32(i * pool_columns + j))
                            share = where_equal(first, here, delta)
                            if overlap:
                                share = add(share, load(arena, at))
                            store(arena, at, share)

    return compile_kernel(_backward)


def pool_fields(layer: MaxPool2D, view: View, name: str) -> dict[str, int]:
    """Return the fields for the unpooled array of a pool."""
    step, pool = layer.stride_pair, layer.pool_pair
    return {
        "pool_rows": pool[0],
        "pool_columns": pool[1],
        **view.fields(name),
        f"{name}_step_row": step[0] * view.row,
        f"{name}_step_column": step[1] * view.column,
    }
