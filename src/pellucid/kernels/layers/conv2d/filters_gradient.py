"""The gradient of a convolution's filters; its equation is in :mod:`pellucid.equations.conv2d`.

Layout: as in :mod:`pellucid.kernels.layers.conv2d.forward`.

The gradient of the filters, ``df[k, c, i, j] = sum_{y, x} dz[k, y, x] x[c, y s + i, x s + j]``, is
a tile of BLOCK filters by TAPS neighbors in one filter row. Rows of ``dz`` are taken a few at a
time, so that they stay in the first-level cache while every channel and filter row passes over
them. The sums stay spread over the lanes until the section ends (``filters_finish``). A section's
first chunk begins them: to clear them first would take a pass over memory more.
"""

from __future__ import annotations

import functools
from typing import Any

from numba import types
from numba.extending import intrinsic

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.emit import int64
from pellucid.kernels.compiling.vector import ACCUMULATORS, LANES, Emitter, load, total
from pellucid.kernels.program.blocks import filter_block

__all__ = ["block_of", "filters_finish", "filters_gradient", "taps_of"]


def block_of(filters: int, width: int) -> int:
    """Return how many filters a filter-gradient tile takes; a divisor of :func:`filter_block`.

    Less than all of the block where that would cut a row of taps in two.

    Examples
    --------
    >>> block_of(16, 3), block_of(16, 5), block_of(6, 5)
    (8, 4, 3)
    """
    block = filter_block(filters)
    halved = [part for part in (block, block // 2) if part > 2 and block % part == 0]
    return next((part for part in halved if part * width <= ACCUMULATORS), block)


def taps_of(width: int, block: int) -> int:
    """Return how many neighbors in a filter row one filter-gradient tile takes."""
    most = max(ACCUMULATORS // block, 1)
    return -(-width // -(-width // most))


@functools.cache
def filters_gradient(taps: int, block: int) -> Kernel:
    """Add this chunk's share of ``df`` and ``db`` to the sums, which stay spread over the lanes.

    ``is_first`` is where the driver says whether this is a section's first chunk, ``zeros`` where
    as many lie as a tile has sums.
    """

    def _filters_gradient(
        arena, parameters, gradient, x, x_channel, x_row, x_step_row, x_step_column, channels,
        height, blocks, dz, dz_channel, dz_row, dz_column, rows, columns, rows_together, groups,
        sums, bias_sums, is_first, zeros,
    ):  # fmt: skip
        begins = arena[is_first] > 0.0
        first = 0
        while first < rows:
            count = min(rows_together, rows - first)
            for k in range(blocks):
                upstream = dz + k * block * dz_channel + first * dz_row
                bias = bias_sums + k * block * LANES
                _bias_tile(
                    arena, upstream, dz_channel, dz_row, dz_column, count, columns, bias, block
                )
                to = sums + k * channels * height * groups * taps * block * LANES
                for c in range(channels):
                    for i in range(height):
                        for group in range(groups):
                            source = x + c * x_channel + first * x_step_row + i * x_row
                            begun = zeros if begins and first == 0 else to
                            _gradient_tile(
                                arena, source + group * taps * LANES, x_step_row, x_step_column,
                                upstream, dz_channel, dz_row, dz_column, count, columns, begun, to,
                                taps, block,
                            )  # fmt: skip
                            to += taps * block * LANES
            first += count

    return compile_kernel(_filters_gradient, taps, block)


@intrinsic(prefer_literal=True)
def _gradient_tile(
    typingctx: Any,
    arena: Any,
    x: Any,
    x_step_row: Any,
    x_step: Any,
    dz: Any,
    dz_channel: Any,
    dz_row: Any,
    dz_column: Any,
    rows: Any,
    columns: Any,
    begun: Any,
    sums: Any,
    taps: Any,
    block: Any,
) -> Any:
    """``sums[tap, k] = begun[tap, k] + sum_{y, x} dz[k, y, x] x[y s, x s + tap]``, a few rows."""
    TAPS, BLOCK = taps.literal_value, block.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        (memory, x, x_step_row, x_step, dz, dz_channel, dz_row, dz_column,
         rows, columns, begun, sums) = args[:12]  # fmt: skip
        emit = Emitter(builder)
        acc = [
            [emit.variable(emit.load(memory, begun, (j * BLOCK + k) * LANES)) for j in range(TAPS)]
            for k in range(BLOCK)
        ]
        with emit.repeat(rows) as y, emit.repeat(columns) as column:
            row = builder.add(x, builder.mul(y, x_step_row))
            source = builder.add(row, builder.mul(column, x_step))
            images = [emit.load(memory, source, j * LANES) for j in range(TAPS)]
            upstream = builder.add(builder.mul(y, dz_row), builder.mul(column, dz_column))
            upstream = builder.add(dz, upstream)
            for k in range(BLOCK):
                plane = builder.mul(dz_channel, int64(k))
                delta = emit.load(memory, builder.add(upstream, plane))
                for j in range(TAPS):
                    old = builder.load(acc[k][j])
                    builder.store(emit.fma(delta, images[j], old), acc[k][j])
        for k in range(BLOCK):
            for j in range(TAPS):
                emit.store(builder.load(acc[k][j]), memory, sums, (j * BLOCK + k) * LANES)
        return context.get_dummy_value()

    return types.void(arena, *[types.intp] * 11, taps, block), codegen


@intrinsic(prefer_literal=True)
def _bias_tile(
    typingctx: Any,
    arena: Any,
    dz: Any,
    dz_channel: Any,
    dz_row: Any,
    dz_column: Any,
    rows: Any,
    columns: Any,
    sums: Any,
    block: Any,
) -> Any:
    """``sums[k] += sum_{y, x} dz[k, y, x]`` over a few rows."""
    BLOCK = block.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        memory, dz, dz_channel, dz_row, dz_column, rows, columns, sums = args[:8]
        emit = Emitter(builder)
        acc = [emit.variable(emit.load(memory, sums, k * LANES)) for k in range(BLOCK)]
        with emit.repeat(rows) as y, emit.repeat(columns) as column:
            place = builder.add(builder.mul(y, dz_row), builder.mul(column, dz_column))
            place = builder.add(dz, place)
            for k in range(BLOCK):
                plane = builder.mul(dz_channel, int64(k))
                delta = emit.load(memory, builder.add(place, plane))
                builder.store(builder.fadd(builder.load(acc[k]), delta), acc[k])
        for k in range(BLOCK):
            emit.store(builder.load(acc[k]), memory, sums, k * LANES)
        return context.get_dummy_value()

    return types.void(arena, *[types.intp] * 7, block), codegen


@functools.cache
def filters_finish() -> Kernel:
    """Add up the lanes of the sums and write ``df[k, c, i, j]`` and ``db[k]``."""

    def _filters_finish(
        arena, parameters, gradient, filters, channels, height, width, block, taps, groups, sums,
        bias_sums, df, db,
    ):  # fmt: skip
        size = channels * height * width
        for first in range(0, filters, block):
            count = min(block, filters - first)
            for k in range(count):
                gradient[db + first + k] = total(load(arena, bias_sums + (first + k) * LANES))
            for c in range(channels):
                for i in range(height):
                    row = ((first // block * channels + c) * height + i) * groups * taps * block
                    to = df + ((first * channels + c) * height + i) * width
                    # In the order of the sums, which are many.
                    for j in range(width):
                        for k in range(count):
                            at = sums + (row + j * block + k) * LANES
                            gradient[to + k * size + j] = total(load(arena, at))

    return compile_kernel(_filters_finish)
