"""The gradient of a convolution's filters; its equation is in :mod:`pellucid.equations.conv2d`.

Layout: as in :mod:`pellucid.kernels.layers.conv2d.forward`.

The gradient of the filters, ``df[k, c, i, j] = sum_{y, x} dz[k, y, x] x[c, y s + i, x s + j]``, is
a tile of BLOCK filters by TAPS neighbors in one filter row. Rows of ``dz`` are taken a few at a
time, so that they stay in the first-level cache while every channel and filter row passes over
them, and are added up by themselves before they are added to the sums, which loses less. The sums
stay spread over the lanes until the section ends (``filters_finish``). A section's first chunk
begins them: to clear them first would take a pass over memory more.
"""

from __future__ import annotations

import functools

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.vector import ACCUMULATORS, LANES, emitted, load, total
from pellucid.kernels.program.blocks import filter_block

__all__ = ["block_of", "filters_finish", "filters_gradient", "taps_of"]


def block_of(filters: int, width: int) -> int:
    """Return how many filters a filter-gradient tile takes; a divisor of :func:`filter_block`.

    Less than all of the block where that would cut a row of taps in two.

    Examples
    --------
    >>> [filter_block(filters) % block_of(filters, 3) for filters in (6, 16)]
    [0, 0]
    """
    block = filter_block(filters)
    halved = [part for part in (block, block // 2) if part > 2 and block % part == 0]
    return next((part for part in halved if part * width <= ACCUMULATORS), block)


def taps_of(width: int, block: int) -> int:
    """Return how many neighbors in a filter row one filter-gradient tile takes."""
    most = max(ACCUMULATORS // block, 1)
    return -(-width // -(-width // most))


@functools.cache
def filters_gradient(taps: int, block: int, dilation: int = 1) -> Kernel:
    """Add this chunk's share of ``df`` and ``db`` to the sums, which stay spread over the lanes.

    ``is_first`` is where the driver says whether this is a section's first chunk, ``zeros`` where
    as many lie as a tile has sums. Taps of a filter row are ``dilation`` columns apart.
    """
    constants = (taps, block) if dilation == 1 else (taps, block, dilation)

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
                deltas = dz + k * block * dz_channel + first * dz_row, dz_channel, dz_row, dz_column
                _bias_tile(arena, deltas, (count, columns), bias_sums + k * block * LANES, block)
                to = sums + k * channels * height * groups * taps * block * LANES
                for c in range(channels):
                    for i in range(height):
                        source = x + c * x_channel + first * x_step_row + i * x_row
                        for group in range(groups):
                            image = (
                                source + group * taps * dilation * LANES, x_step_row, x_step_column
                            )  # fmt: skip
                            begun = zeros if begins and first == 0 else to
                            _gradient_tile(
                                arena, image, deltas, (count, columns), (begun, to),
                                (taps, block, dilation),
                            )  # fmt: skip
                            to += taps * block * LANES
            first += count

    return compile_kernel(_filters_gradient, *constants)


@emitted()
def _gradient_tile(emit, arena, image, deltas, size, sums, TILE):
    """``sums[tap, k] = begun[tap, k] + sum_{y, x} dz[k, y, x] x[y s, x s + tap]``, a few rows."""
    TAPS, BLOCK, DILATION = TILE
    x, x_step_row, x_step = image
    begun, sums = sums
    acc = [[emit.variable(emit.constant(0.0)) for _ in range(TAPS)] for _ in range(BLOCK)]
    dz, dz_channel, dz_row, dz_column = deltas
    rows, columns = size
    with emit.repeat(rows) as y, emit.repeat(columns) as column:
        upstream = emit.place(dz, (y, dz_row), (column, dz_column))
        source = emit.place(emit.place(x, (y, x_step_row)), (column, x_step))
        images = [emit.load(arena, source, j * DILATION * LANES) for j in range(TAPS)]
        for k in range(BLOCK):
            delta = emit.load(arena, emit.place(upstream, (k, dz_channel)))
            for j in range(TAPS):
                emit.add_product(acc[k][j], delta, images[j])
    for k in range(BLOCK):
        for j in range(TAPS):
            place = (j * BLOCK + k) * LANES
            total = emit.builder.fadd(emit.load(arena, begun, place), emit.builder.load(acc[k][j]))
            emit.store(total, arena, sums, place)


@emitted()
def _bias_tile(emit, arena, deltas, size, sums, BLOCK):
    """``sums[k] += sum_{y, x} dz[k, y, x]`` over a few rows."""
    acc = [emit.variable(emit.load(arena, sums, k * LANES)) for k in range(BLOCK)]
    dz, dz_channel, dz_row, dz_column = deltas
    rows, columns = size
    with emit.repeat(rows) as y, emit.repeat(columns) as column:
        upstream = emit.place(dz, (y, dz_row), (column, dz_column))
        for k in range(BLOCK):
            delta = emit.load(arena, emit.place(upstream, (k, dz_channel)))
            emit.builder.store(emit.builder.fadd(emit.builder.load(acc[k]), delta), acc[k])
    for k in range(BLOCK):
        emit.store(emit.builder.load(acc[k]), arena, sums, k * LANES)


@functools.cache
def filters_finish() -> Kernel:
    """Add up the lanes of the sums and write ``df[k, c, i, j]`` and ``db[k]``.

    ``db`` is negative where there is no bias.
    """

    def _filters_finish(
        arena, parameters, gradient, filters, channels, height, width, block, taps, groups, sums,
        bias_sums, df, db,
    ):  # fmt: skip
        size = channels * height * width
        for first in range(0, filters, block):
            count = min(block, filters - first)
            if db >= 0:
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
