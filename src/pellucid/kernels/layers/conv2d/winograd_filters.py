"""The gradient of a convolution's filters with fewer multiplications: the backward of winograd.

``z = A^T [(G f) * (B^T x)]`` (:mod:`pellucid.kernels.layers.conv2d.winograd`) is linear in ``f``,
so OUTPUTS columns of ``dz`` give a filter row's gradient ``G^T [(A dz) * (B^T x)]``. As there,
products are added up before they are transformed, over rows, tiles and images:

``du[p, k, c, i] = sum_{y, tile} e[p, k, y, tile] v[p, c, y + i, tile]``, with ``e = A dz`` and
``v = B^T x``.

Layout: ``e[p, k, part, y, tile, lane]`` and ``v[p, c, part, y, tile, lane]``, where the part is
FLOATS of the LANES images, so that a register tile reads whole memory. A few rows of ``dz`` are
taken at a time; a filter row is then a step into ``v``. A register tile is ``block`` filters by all
``height`` rows of a filter over one channel, at one point. Its sums over the lanes are added to
``du``, which stays until the section ends: the whole sums, spread over the lanes as those of
:mod:`pellucid.kernels.layers.conv2d.filters_gradient` are, would not fit in the cache.

Used in training, where :mod:`pellucid.kernels.layers.conv2d.winograd_filters_ops` says that it
pays.
"""

from __future__ import annotations

import functools

from numba import types

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.emit import EIGHT, eight_totals
from pellucid.kernels.compiling.emitter import Emitter, int64
from pellucid.kernels.compiling.vector import (
    ACCUMULATORS,
    FLOATS,
    LANES,
    emitted,
    load,
    total,
)
from pellucid.kernels.layers.conv2d.filters_gradient import bias_tile
from pellucid.kernels.layers.conv2d.winograd import points_of, transform
from pellucid.kernels.layers.conv2d.winograd_matrices import OUTPUTS, matrices

__all__ = ["TALLEST", "block_of", "filters_finish", "filters_gradient", "sums_of"]

TALLEST = 6
"""Rows of a filter, at most, that a register tile takes."""


def block_of(filters: int, height: int) -> int:
    """Return how many filters a register tile takes: what wastes least, the larger of two alike.

    Examples
    --------
    >>> block_of(16, 3) * 3 <= ACCUMULATORS
    True
    """
    most = max(1, min(EIGHT, ACCUMULATORS // height))
    return min(range(most, most // 2, -1), key=lambda block: -(-filters // block) * block)


def sums_of(block: int, height: int) -> int:
    """Return the floats that the sums of a register tile take: whole vectors.

    Examples
    --------
    >>> sums_of(4, 3)
    16
    """
    return -(-block * height // EIGHT) * EIGHT


@functools.cache
def filters_gradient(width: int, height: int, block: int) -> Kernel:
    """Add this chunk's share of ``du`` and ``db`` to the sums.

    ``is_first`` is where the driver says whether this is a section's first chunk. ``e`` has room
    for whole blocks of filters, of which nobody writes those that there are not: they stay zeros.
    ``zero`` is a place with LANES zeros, ``zeros`` one with as many as a tile has sums.
    """
    points, size = points_of(width), sums_of(block, height)

    def _filters_gradient(
        arena, parameters, gradient, x, x_channel, x_row, channels, dz, dz_channel, dz_row, filters,
        blocks, rows, columns, tiles, rows_together, e, v, sums, bias_sums, is_first, zero, zeros,
    ):  # fmt: skip
        begins = arena[is_first] > types.float32(0.0)
        row = tiles * FLOATS
        e_vectors, v_vectors = rows_together * tiles, (rows_together + height - 1) * tiles
        e_filter, v_channel = e_vectors * LANES, v_vectors * LANES
        e_point, v_point = blocks * block * e_filter, channels * v_channel
        first = 0
        while first < rows:
            count = min(rows_together, rows - first)
            for c in range(channels):
                for y in range(count + height - 1):
                    source = x + c * x_channel + (first + y) * x_row
                    to = v + c * v_channel + y * row, v_point, v_vectors
                    _transform_image(
                        arena, (source, columns + width - 1), tiles, zero, to, width
                    )  # fmt: skip
            for k in range(filters):
                deltas = dz + k * dz_channel + first * dz_row
                for y in range(count):
                    to = e + k * e_filter + y * row, e_point, e_vectors
                    _transform_deltas(
                        arena, (deltas + y * dz_row, columns), tiles, zero, to, width
                    )  # fmt: skip
                whole = deltas, dz_channel, dz_row, LANES
                bias_tile(arena, whole, (count, columns), bias_sums + k * LANES, (1, 0))
            to = sums
            for p in range(points):
                for k in range(blocks):
                    of_filters = e + p * e_point + k * block * e_filter, e_filter, e_vectors
                    for c in range(channels):
                        of_channel = v + p * v_point + c * v_channel, row, v_vectors
                        begun = zeros if begins and first == 0 else to
                        _multiply(
                            arena, of_filters, of_channel, count * tiles, (begun, to),
                            (block, height),
                        )  # fmt: skip
                        to += size
            first += count

    return compile_kernel(_filters_gradient, width, height, block)


@emitted()
def _transform_image(emit, arena, row, tiles, zero, to, WIDTH):
    """``to[p, part, tile] = (B^T x[tile OUTPUTS:])[p]`` for a row of so many columns."""
    transform(emit, arena, row, tiles, zero, to, points_of(WIDTH), matrices(WIDTH).of_input)


@emitted()
def _transform_deltas(emit, arena, row, tiles, zero, to, WIDTH):
    """``to[p, part, tile] = (A dz[tile OUTPUTS:])[p]`` for a row of so many columns."""
    transform(emit, arena, row, tiles, zero, to, OUTPUTS, matrices(WIDTH).of_output_gradient)


@emitted()
def _multiply(emit, arena, e, v, count, sums, TILE):
    """``sums[k, i] = begun[k, i] + sum_n e[k, n] v[n + i row]``, the sum over the lanes too."""
    BLOCK, HEIGHT = TILE
    e, e_filter, e_vectors = e
    v, v_row, v_vectors = v
    begun, sums = sums
    part, found = Emitter(emit.builder, FLOATS), []
    for number in range(LANES // FLOATS):
        acc = [part.variable(part.constant(0.0)) for _ in range(BLOCK * HEIGHT)]
        lane = number * FLOATS
        from_e, from_v = emit.place(e, (lane, e_vectors)), emit.place(v, (lane, v_vectors))
        with part.repeat(count) as n:
            image = emit.place(from_v, (n, FLOATS))
            images = [part.load(arena, emit.place(image, (i, v_row))) for i in range(HEIGHT)]
            deltas = emit.place(from_e, (n, FLOATS))
            for k in range(BLOCK):
                delta = part.load(arena, emit.place(deltas, (k, e_filter)))
                for i in range(HEIGHT):
                    part.add_product(acc[k * HEIGHT + i], delta, images[i])
        found.append([emit.builder.load(one) for one in acc])
    each, eight = list(zip(*found, strict=True)), Emitter(emit.builder, EIGHT)
    for first in range(0, len(each), EIGHT):
        more = eight_totals(emit.builder, each[first : first + EIGHT])
        value = emit.builder.fadd(eight.load(arena, begun, first), more)
        eight.store(value, arena, sums, first)


@functools.cache
def filters_finish(width: int) -> Kernel:
    """Write ``df[k, c, i] = G^T du[k, c, i]`` and, over the lanes, ``db[k]``.

    ``row`` is room for a tile's filter rows; ``db`` is negative where there is no bias.
    """

    def _filters_finish(
        arena, parameters, gradient, filters, channels, height, block, size, point, row, sums,
        bias_sums, df, db,
    ):  # fmt: skip
        if db >= 0:
            for k in range(filters):
                gradient[db + k] = total(load(arena, bias_sums + k * LANES))
        at = sums
        for first in range(0, filters, block):
            count = min(block, filters - first)
            for c in range(channels):
                _to_filters(arena, (at, point), size, row, width)
                for k in range(count):
                    to = df + ((first + k) * channels + c) * height * width
                    for i in range(height):
                        for j in range(width):
                            gradient[to + i * width + j] = arena[row + j * size + k * height + i]
                at += size

    return compile_kernel(_filters_finish, width)


@emitted()
def _to_filters(emit, arena, sums, size, row, WIDTH):
    """``row[j] = (G^T du)[j]`` for the sums of a tile, eight at a time."""
    sums, point = sums
    eight = Emitter(emit.builder, EIGHT)
    with emit.repeat(emit.builder.sdiv(size, int64(EIGHT))) as number:
        at, to = (emit.place(start, (number, int64(EIGHT))) for start in (sums, row))
        values = [eight.load(arena, emit.place(at, (p, point))) for p in range(points_of(WIDTH))]
        for j, value in enumerate(matrices(WIDTH).to_filter_gradient(eight, values)):
            eight.store(value, arena, emit.place(to, (j, size)))
