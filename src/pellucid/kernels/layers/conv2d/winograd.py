"""Fewer multiplications for a convolution of stride 1: a few columns of the output at a time.

The equation is that of :mod:`pellucid.equations.conv2d`; another way of computing it is used here,
Winograd's (Toom and Cook's) for one filter row. OUTPUTS columns ``z`` of a filter row ``f`` with
``width`` taps over ``points = OUTPUTS + width - 1`` columns ``x`` are

``z = A^T [(G f) * (B^T x)]``

with ``points`` products in place of ``OUTPUTS width``. Both transforms are linear, so products are
added up over channels and filter rows before ``A^T`` is applied, once for each output, and
``B^T x`` serves all filters and all filter rows:

``m[p, k, y, tile] = sum_{i, c} u[p, k, i, c] v[p, c, y + i, tile]``, ``u = G f``, ``v = B^T x``

Layout: ``x[c, y, x, lane]``, images innermost. ``v`` is a ring of as many rows as a filter has;
each input row is transformed once, just before its first use. Loop order: output row, so that the
ring stays in cache; point; group of tiles, whose part of ``v`` stays in the first-level cache while
every block of filters passes over it. A register tile is ``block`` filters by ``group`` tiles at
one point, over all filter rows and channels, so a sum leaves the registers once, into ``m`` of a
row. Over a patch of zeros the sum is held to 0 (:mod:`pellucid.kernels.layers.conv2d.blank`).

Used in training and inference alike, where :mod:`pellucid.kernels.layers.conv2d.winograd_ops` says
that it pays.

Source: A. Lavin and S. Gray, Fast Algorithms for Convolutional Neural Networks, 2016. Their two
dimensions would save more and lose two digits; rows alone lose half of one.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager

from llvmlite import ir
from numba import types

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.emitter import Emitter, int32, int64
from pellucid.kernels.compiling.vector import ACCUMULATORS, FLOATS, LANES, each_part, emitted
from pellucid.kernels.layers.conv2d import blank
from pellucid.kernels.layers.conv2d.winograd_matrices import OUTPUTS, matrices

__all__ = [
    "forward",
    "group_of",
    "in_ring",
    "multiply",
    "of_tiles",
    "pack",
    "points_of",
    "tiles_of",
    "transform",
    "write_columns",
]


def points_of(width: int) -> int:
    """Return how many points a filter row of ``width`` taps takes."""
    return OUTPUTS + width - 1


def tiles_of(columns: int) -> int:
    """Return how many tiles of OUTPUTS columns there are in a row."""
    return -(-columns // OUTPUTS)


def group_of(tiles: int, block: int, sums: int = ACCUMULATORS) -> int:
    """Return how many tiles are worked on together, with ``block`` filters each.

    As many as the registers hold, or half of them if fewer tiles are left over then, or the only
    one: so few kernels are enough for all networks. ``sums`` is how many a register tile holds.

    Examples
    --------
    >>> 1 <= group_of(1, 5) <= group_of(5, 5) <= 6  # how many, the processor says
    True
    """
    if tiles == 1:
        return 1
    most = max(1, min(sums // block, 6))
    half = most // 2 + 1 if most > 2 else most
    return min((most, half), key=lambda group: (group > tiles, -(-tiles // group) * (group + 0.5)))


@functools.cache
def pack(width: int) -> Kernel:
    """``u = G f`` for blocks of filters, zeros where there are none, and the biases.

    A filter's number in its block is innermost. ``to_block``, ``to_tap`` and ``to_point`` are the
    floats from one block, filter row and channel, and point to the next. Filters are found in the
    parameters by strides, which may exchange them with channels or run backward. Biases are 0 where
    ``bias`` is negative.
    """
    points = points_of(width)

    def _pack(
        arena, parameters, gradient, filters, channels, height, block, blocks, source,
        source_filter, source_channel, source_row, bias, weights, to_block, to_tap, to_point, sums,
    ):  # fmt: skip
        for k in range(blocks * block):
            inside = k < filters
            has_bias = inside and bias >= 0
            arena[sums + k] = parameters[bias + k] if has_bias else types.float32(0.0)
            first = weights + k // block * to_block + k % block
            for i in range(height):
                for c in range(channels):
                    at = source + k * source_filter + c * source_channel + i * source_row
                    to = first + (i * channels + c) * to_tap
                    if inside:
                        _transform_filter(parameters, at, arena, (to, to_point), width)
                    else:
                        for p in range(points):
                            arena[to + p * to_point] = types.float32(0.0)

    return compile_kernel(_pack, width)


@emitted()
def _transform_filter(emit, parameters, f, arena, to, WIDTH):
    """``to[p] = (G f)[p]`` for one filter row, in float64 and rounded once."""
    to, to_point = to
    builder, points, one = emit.builder, points_of(WIDTH), Emitter(emit.builder, 1)
    doubles = ir.VectorType(ir.DoubleType(), points)
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), points), [0] * points)
    total = None
    for j, column in enumerate(zip(*matrices(WIDTH).g, strict=True)):
        tap = builder.fpext(one.load(parameters, f, j), ir.VectorType(ir.DoubleType(), 1))
        tap = builder.shuffle_vector(tap, tap, lanes)
        part = builder.fmul(tap, ir.Constant(doubles, list(column)))
        total = part if total is None else builder.fadd(total, part)
    rounded = builder.fptrunc(total, ir.VectorType(ir.FloatType(), points))
    for p in range(points):
        address = builder.gep(arena, [emit.place(to, (p, to_point))])
        builder.store(builder.extract_element(rounded, int32(p)), address, align=4)


@functools.cache
def forward(width: int, block: int, group: int) -> Kernel:
    """Correlate, add the bias, and hold above ``floor`` (0: ReLU).

    ``zero`` is a place with LANES zeros: what stands right of the last column.
    """
    points = points_of(width)

    def _forward(
        arena, parameters, gradient, x, x_channel, x_row, channels, height, rows, columns, tiles,
        ring, scratch, merged, inked, masks, weights, blocks, sums, z, z_channel, z_row, floor,
        zero,
    ):  # fmt: skip
        vectors, groups = channels * group, (tiles + group - 1) // group
        point, filter_floats = groups * vectors * LANES, height * channels * block
        slot, row = points * point, 0
        plane = groups * group * LANES
        m_point = blocks * block * plane + LANES
        fours = (columns + 3) // 4
        pixels, merged_fours = fours * 4 * LANES, (columns + width + 2) // 4
        for y in range(rows):
            while row < y + height:
                for c in range(channels):
                    source = x + c * x_channel + row * x_row
                    to = ring + row % height * slot + c * group * FLOATS, point, vectors
                    _transform(
                        arena, (source, columns + width - 1), tiles, zero, to, (width, group)
                    )
                source = x + row * x_row
                if channels > 1:
                    blank.merge(arena, (source, x_channel), channels, merged_fours, merged)
                    source = merged
                blank.widen(arena, source, fours, inked + row % height * pixels, (width, LANES))
                row += 1
            blank.masks(arena, (inked, pixels), height, fours, masks)
            for p in range(points):
                for number in range(groups):
                    at = ring + p * point + number * vectors * LANES
                    v = at, slot, vectors, y % height, height
                    for k in range(blocks):
                        u = weights + (p * blocks + k) * filter_floats
                        to = scratch + p * m_point + k * block * plane + number * group * LANES
                        m = to, plane
                        for lane in range(0, LANES, FLOATS):
                            multiply(arena, v, (height, channels), u, m, lane, (block, group))
            for k in range(blocks * block):
                for tile in range(tiles):
                    at = tile * OUTPUTS
                    m = scratch + k * plane + tile * LANES, m_point
                    to = z + k * z_channel + y * z_row + at * LANES
                    limits = sums + k, floor, masks + at * LANES
                    _finish(arena, m, limits, (to, columns - at), width)

    return compile_kernel(_forward, width, block, group)


@emitted()
def _transform(emit, arena, row, tiles, zero, to, SHAPE):
    """``to[p, tile] = (B^T x[tile OUTPUTS:])[p]`` for a row of ``columns``."""
    width, group = SHAPE
    change = matrices(width).of_input
    transform(emit, arena, row, tiles, zero, to, points_of(width), change, group)


def transform(emit, arena, row, tiles, zero, to, count: int, change, group: int = 0) -> None:
    """Emit what changes ``count`` columns of a row for each tile, and lays them out for a ring.

    Of each point there are groups of so many tiles, or all tiles in one, of each group parts of
    FLOATS lanes, of each part ``vectors`` of FLOATS: the tiles of all channels, or of all rows.
    """
    source, columns = row
    to, to_point, vectors = to
    builder, together = emit.builder, int64(group)
    with each_part(emit) as (part, lane):
        row = builder.add(source, lane), LANES, columns
        first = emit.place(to, (lane, vectors))
        with of_tiles(part, arena, row, tiles, zero, count) as (tile, values):
            place = first
            if group:
                floats = builder.mul(vectors, int64(LANES))
                place = emit.place(place, (builder.udiv(tile, together), floats))
                tile = builder.urem(tile, together)
            place = emit.place(place, (tile, int64(FLOATS)))
            for p, value in enumerate(change(part, values)):
                part.store(value, arena, emit.place(place, (p, to_point)))


@contextmanager
def of_tiles(emit, arena, row, tiles, zero, count: int):
    """Emit a loop over tiles; give each one's number and its ``count`` columns of a row.

    ``row`` is where it begins, the floats from column to column, and how many columns there are.
    """
    x, x_column, columns = row
    with emit.repeat(tiles) as tile:
        values = []
        for j in range(count):
            column = emit.place(int64(j), (tile, OUTPUTS))
            place = emit.place(x, (column, x_column))
            inside = emit.builder.icmp_signed("<", column, columns)
            values.append(emit.load(arena, emit.builder.select(inside, place, zero)))
        yield tile, values


@emitted()
def multiply(emit, arena, ring, size, u, m, lane, TILE):
    """One point of one register tile: ``m[k, t] = sum_{i, c} u[i, c, k] v[i, c, t]``.

    It is of FLOATS images, from ``lane`` on. ``v`` is a ring of ``slots`` rows, of which ``height``
    are taken, from slot ``first`` on; each lies as :func:`transform` says.
    """
    BLOCK, GROUP = TILE
    v, slot, vectors, first, slots = ring
    height, channels = size
    m, m_filter = m
    builder, emit = emit.builder, Emitter(emit.builder, FLOATS)
    v, m = emit.place(v, (lane, vectors)), builder.add(m, lane)
    acc = [[emit.variable(emit.constant(0.0)) for _ in range(GROUP)] for _ in range(BLOCK)]
    at = emit.variable(u)
    with emit.repeat(height) as i:
        row = emit.place(v, (in_ring(builder, first, i, slots), slot))
        with emit.repeat(channels) as c:
            place, weights = emit.place(row, (c, int64(GROUP * FLOATS))), builder.load(at)
            values = [emit.load(arena, place, t * FLOATS) for t in range(GROUP)]
            for k in range(BLOCK):
                weight = emit.broadcast(arena, weights, k)
                for t in range(GROUP):
                    emit.add_product(acc[k][t], weight, values[t])
            builder.store(builder.add(weights, int64(BLOCK)), at)
    for k in range(BLOCK):
        to = emit.place(m, (k, m_filter))
        for t in range(GROUP):
            emit.store(builder.load(acc[k][t]), arena, to, t * LANES)


@emitted()
def _finish(emit, arena, m, limits, out, WIDTH):
    """``z = max(floor, b + A^T m)`` for one filter and tile, as far as there are columns."""
    m, m_point = m
    bias, floor, masks = limits
    (z, columns), points = out, range(points_of(WIDTH))
    with each_part(emit) as (part, lane):
        m_lane, z_lane, masks_lane = (emit.builder.add(place, lane) for place in (m, z, masks))
        values = [part.load(arena, emit.place(m_lane, (p, m_point))) for p in points]
        start, least = part.broadcast(arena, bias), part.broadcast(arena, floor)

        def mask(column):
            return part.load(arena, masks_lane, column * LANES)

        values = matrices(WIDTH).to_output(part, values)
        write_columns(part, arena, values, (start, least, mask), (z_lane, LANES, columns))


def write_columns(emit, arena, values, limits, out, first: int = 0) -> None:
    """Emit ``z[first + j] = max(least, start + values[j])``, as far as there are columns.

    ``values[j]`` counts where ``mask(first + j)`` has bits.
    """
    start, least, mask = limits
    z, z_column, columns = out
    for column, value in enumerate(values, first):
        is_there = emit.builder.icmp_signed(">", columns, int64(column))
        with emit.builder.if_then(is_there, likely=True):
            value = blank.hold(emit, value, mask(column))
            value = emit.at_least(emit.builder.fadd(value, start), least)
            emit.store(value, arena, emit.place(z, (column, z_column)))


def in_ring(builder, first, i, size):
    """Return ``(first + i) % size``, where both are less than ``size``."""
    number = builder.add(first, i)
    passed = builder.icmp_signed(">=", number, size)
    return builder.select(passed, builder.sub(number, size), number)
