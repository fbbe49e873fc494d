"""The gradient of a convolution's filters; its equation is in :mod:`pellucid.equations.conv2d`.

Layout: as in :mod:`pellucid.kernels.layers.conv2d.forward`.

The gradient of the filters, ``df[k, c, i, j] = sum_{y, x} dz[k, y, x] x[c, y s + i, x s + j]``, is
a tile of BLOCK filters by TAPS neighbors in one filter row. Rows of ``dz`` are taken a few at a
time, so that they stay in the first-level cache while every channel and filter row passes over
them, and are added up by themselves before they are added to the sums, which loses less. The sums
stay spread over the lanes until the section ends (``filters_finish``). A section's first chunk
begins them: to clear them first would take a pass over memory more.

Of large images (:func:`is_long`) a tile takes at most WIDE columns, and MANY tiles of a place are
added up before they are joined to the sums: so these lose no more than those of small ones.
"""

from __future__ import annotations

import functools

from numba import types

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.vector import (
    ACCUMULATORS,
    FLOATS,
    LANES,
    add,
    emitted,
    load,
    splat,
    store,
    total,
)
from pellucid.kernels.program.blocks import SUMS, filter_block

__all__ = [
    "HELD",
    "bias_tile",
    "block_of",
    "filters_finish",
    "filters_gradient",
    "filters_gradient_in_blocks",
    "is_long",
    "taps_of",
]

LONG = 4096
"""Pixels of ``dz`` above which sums are cut."""
WIDE, MANY = 256, 64
"""Columns that a tile takes there, and tiles that are added up before they join the sums."""


def is_long(rows: int, columns: int) -> bool:
    """Return whether sums over so many pixels are cut.

    Examples
    --------
    >>> is_long(64, 64), is_long(64, 65)
    (False, True)
    """
    return rows * columns > LONG


HELD = ACCUMULATORS * FLOATS // LANES
"""Sums of whole vectors that a tile holds: they are loaded whole, for half ones are slow."""


def block_of(filters: int, width: int, sums: int = HELD) -> int:
    """Return how many filters a filter-gradient tile takes; a divisor of :func:`filter_block`.

    Less than all of the block where that would cut a row of taps in two. ``sums`` is how many a
    tile holds: what bits hang on is decided for SUMS of them, on all processors.

    Examples
    --------
    >>> [filter_block(filters) % block_of(filters, 3) for filters in (6, 16)]
    [0, 0]
    """
    block = filter_block(filters)
    if sums < SUMS:
        parts = [part for part in range(1, min(block, sums) + 1) if block % part == 0]
        return min(parts, key=lambda part: _cost(part, width, sums))
    halved = [part for part in (block, block // 2) if part > 2 and block % part == 0]
    return next((part for part in halved if part * width <= sums), block)


def _cost(block: int, width: int, sums: int) -> float:
    """Return the steps that a weight takes: as many as there are products, or loads for them."""
    taps = taps_of(width, block, sums)
    return -(-width // taps) * max(block * taps, block + taps) / (block * width)


def taps_of(width: int, block: int, sums: int = HELD) -> int:
    """Return how many neighbors in a filter row one filter-gradient tile takes."""
    most = max(sums // block, 1)
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
                bias = bias_sums + k * block * LANES
                bias_tile(arena, deltas, (count, columns), bias, (block, 0))
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


@functools.cache
def filters_gradient_in_blocks(taps: int, block: int, dilation: int = 1) -> Kernel:
    """Do what :func:`filters_gradient` does for large images.

    ``parts`` is room for ``size`` floats, as many as the sums have, ``bias_parts`` for as many as
    the bias's.
    """
    constants = (taps, block) if dilation == 1 else (taps, block, dilation)

    def _filters_gradient_in_blocks(
        arena, parameters, gradient, x, x_channel, x_row, x_step_row, x_step_column, channels,
        height, blocks, dz, dz_channel, dz_row, dz_column, rows, columns, rows_together, groups,
        sums, bias_sums, is_first, zeros, parts, bias_parts, size,
    ):  # fmt: skip
        begins, nothing = arena[is_first] > 0.0, splat(types.float32(0.0))
        biases, number, first = blocks * block * LANES, 0, 0
        while first < rows:
            count = min(rows_together, rows - first)
            for left in range(0, columns, WIDE):
                wide = min(WIDE, columns - left)
                is_new = number % MANY == 0
                if is_new:
                    for at in range(0, biases, LANES):
                        store(arena, bias_parts + at, nothing)
                to = parts
                for k in range(blocks):
                    deltas = dz + k * block * dz_channel + first * dz_row + left * dz_column
                    of_block = deltas, dz_channel, dz_row, dz_column
                    bias = bias_parts + k * block * LANES
                    bias_tile(arena, of_block, (count, wide), bias, (block, 1))
                    for c in range(channels):
                        for i in range(height):
                            source = x + c * x_channel + first * x_step_row + i * x_row
                            source += left * x_step_column
                            for group in range(groups):
                                image = (
                                    source + group * taps * dilation * LANES, x_step_row,
                                    x_step_column,
                                )  # fmt: skip
                                _gradient_tile(
                                    arena, image, of_block, (count, wide),
                                    (zeros if is_new else to, to), (taps, block, dilation),
                                )  # fmt: skip
                                to += taps * block * LANES
                number += 1
                is_last = first + count == rows and left + wide == columns
                if number % MANY == 0 or is_last:
                    for at in range(0, size, LANES):
                        part = load(arena, parts + at)
                        if not begins:
                            part = add(load(arena, sums + at), part)
                        store(arena, sums + at, part)
                    for at in range(0, biases, LANES):
                        joined = add(load(arena, bias_sums + at), load(arena, bias_parts + at))
                        store(arena, bias_sums + at, joined)
                    begins = False
            first += count

    return compile_kernel(_filters_gradient_in_blocks, *constants)


@emitted()
def _gradient_tile(emit, arena, image, deltas, size, sums, TILE):
    """``sums[tap, k] = begun[tap, k] + sum_{y, x} dz[k, y, x] x[y s, x s + tap]``, a few rows."""
    TAPS, BLOCK, DILATION = TILE
    builder = emit.builder
    x, x_step_row, x_step = image
    begun, sums = sums
    acc = [[emit.variable(emit.constant(0.0)) for _ in range(TAPS)] for _ in range(BLOCK)]
    dz, dz_channel, dz_row, dz_column = deltas
    rows, columns = size
    with emit.repeat(rows) as y, emit.repeat(columns) as column:
        upstream = emit.place(dz, (y, dz_row), (column, dz_column))
        source = emit.place(x, (y, x_step_row))
        source = emit.place(source, (column, x_step))
        images = [emit.load(arena, source, j * DILATION * LANES) for j in range(TAPS)]
        for k in range(BLOCK):
            delta = emit.load(arena, emit.place(upstream, (k, dz_channel)))
            for j in range(TAPS):
                emit.add_product(acc[k][j], delta, images[j])
    for k in range(BLOCK):
        for j in range(TAPS):
            place = (j * BLOCK + k) * LANES
            total = builder.fadd(emit.load(arena, begun, place), builder.load(acc[k][j]))
            emit.store(total, arena, sums, place)


@emitted()
def bias_tile(emit, arena, deltas, size, sums, TILE):
    """``sums[k] += sum_{y, x} dz[k, y, x]`` over a few rows, added up by themselves if IS_CUT."""
    BLOCK, IS_CUT = TILE
    begun = [emit.load(arena, sums, k * LANES) for k in range(BLOCK)]
    acc = [emit.variable(emit.constant(0.0) if IS_CUT else begun[k]) for k in range(BLOCK)]
    dz, dz_channel, dz_row, dz_column = deltas
    rows, columns = size
    with emit.repeat(rows) as y, emit.repeat(columns) as column:
        upstream = emit.place(dz, (y, dz_row), (column, dz_column))
        for k in range(BLOCK):
            delta = emit.load(arena, emit.place(upstream, (k, dz_channel)))
            emit.builder.store(emit.builder.fadd(emit.builder.load(acc[k]), delta), acc[k])
    for k in range(BLOCK):
        found = emit.builder.load(acc[k])
        found = emit.builder.fadd(begun[k], found) if IS_CUT else found
        emit.store(found, arena, sums, k * LANES)


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
