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
ring stays in cache; block of filters; group of tiles; point. A register tile is ``block`` filters
by ``group`` tiles at one point, over all filter rows and channels, so a sum leaves the registers
once, and ``m`` of one tile for all points is a scratch of a few kilobytes.

Used in training and inference alike, where :mod:`pellucid.kernels.layers.conv2d.winograd_ops` says
that it pays.

Source: A. Lavin and S. Gray, Fast Algorithms for Convolutional Neural Networks, 2016. Their two
dimensions would save more and lose two digits; rows alone lose half of one.
"""

from __future__ import annotations

import functools
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.emit import int64
from pellucid.kernels.compiling.vector import ACCUMULATORS, LANES, Emitter
from pellucid.kernels.layers.conv2d.winograd_matrices import OUTPUTS, matrices

__all__ = [
    "forward",
    "group_of",
    "in_ring",
    "multiply",
    "pack",
    "points_of",
    "tiles_of",
]


def points_of(width: int) -> int:
    """Return how many points a filter row of ``width`` taps takes."""
    return OUTPUTS + width - 1


def tiles_of(columns: int) -> int:
    """Return how many tiles of OUTPUTS columns there are in a row."""
    return -(-columns // OUTPUTS)


def group_of(tiles: int, block: int) -> int:
    """Return how many tiles are worked on together, with ``block`` filters each.

    As many as the registers hold, or half of them if fewer tiles are done twice then: two kernels
    are enough for all networks.

    Examples
    --------
    >>> group_of(5, 5), group_of(6, 5), group_of(1, 5)
    (5, 3, 3)
    """
    most = max(1, min(ACCUMULATORS // block, 6))
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
                        _transform_filter(parameters, at, arena, to, to_point, width)
                    else:
                        for p in range(points):
                            arena[to + p * to_point] = types.float32(0.0)

    return compile_kernel(_pack, width)


@intrinsic(prefer_literal=True)
def _transform_filter(
    typingctx: Any, parameters: Any, f: Any, arena: Any, to: Any, to_point: Any, width: Any
) -> Any:
    """``to[p] = (G f)[p]`` for one filter row, in float64 and rounded once."""
    WIDTH = width.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        parameters, f, memory, to, to_point = args[:5]
        points, one = points_of(WIDTH), Emitter(builder, 1)
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
            value = builder.extract_element(rounded, ir.Constant(ir.IntType(32), p))
            address = builder.gep(memory, [builder.add(to, builder.mul(to_point, int64(p)))])
            builder.store(value, address, align=4)
        return context.get_dummy_value()

    return types.void(parameters, types.intp, arena, types.intp, types.intp, width), codegen


@functools.cache
def forward(width: int, block: int, group: int) -> Kernel:
    """Correlate, add the bias, and hold above ``floor`` (0: ReLU).

    ``zero`` is a place with LANES zeros: what stands right of the last column.
    """
    points = points_of(width)

    def _forward(
        arena, parameters, gradient, x, x_channel, x_row, channels, height, rows, columns, tiles,
        ring, scratch, weights, blocks, sums, z, z_channel, z_row, floor, zero,
    ):  # fmt: skip
        plane = tiles * LANES
        point, filter_floats = channels * plane, height * channels * block
        slot, row = points * point, 0
        for y in range(rows):
            while row < y + height:
                for c in range(channels):
                    _transform(
                        arena, x + c * x_channel + row * x_row, columns + width - 1, tiles, zero,
                        ring + row % height * slot + c * plane, point, width,
                    )  # fmt: skip
                row += 1
            for k in range(blocks):
                for start in range(0, tiles, group):
                    # The last group steps back over tiles already done: same values again.
                    tile = min(start, tiles - group)
                    for p in range(points):
                        multiply(
                            arena, ring + p * point + tile * LANES, slot, plane, y % height, height,
                            height, channels, weights + (p * blocks + k) * filter_floats,
                            scratch + p * block * group * LANES, group * LANES, block, group,
                        )  # fmt: skip
                    for f in range(block):
                        for t in range(group):
                            at = (tile + t) * OUTPUTS
                            _finish(
                                arena, scratch + (f * group + t) * LANES, block * group * LANES,
                                sums + k * block + f, floor,
                                z + (k * block + f) * z_channel + y * z_row + at * LANES,
                                columns - at, width,
                            )  # fmt: skip

    return compile_kernel(_forward, width, block, group)


@intrinsic(prefer_literal=True)
def _transform(
    typingctx: Any, arena: Any, x: Any, columns: Any, tiles: Any, zero: Any, to: Any, to_point: Any,
    width: Any,
) -> Any:  # fmt: skip
    """``to[p, tile] = (B^T x[tile OUTPUTS:])[p]`` for a row of ``columns``."""
    WIDTH = width.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        memory, x, columns, tiles, zero, to, to_point = args[:7]
        emit, points = Emitter(builder), points_of(WIDTH)
        with emit.repeat(tiles) as tile:
            first = builder.mul(tile, int64(OUTPUTS))
            values = []
            for j in range(points):
                column = builder.add(first, int64(j))
                place = builder.add(x, builder.mul(column, int64(LANES)))
                inside = builder.icmp_signed("<", column, columns)
                values.append(emit.load(memory, builder.select(inside, place, zero)))
            place = builder.add(to, builder.mul(tile, int64(LANES)))
            for p, value in enumerate(matrices(WIDTH).of_input(emit, values)):
                emit.store(value, memory, builder.add(place, builder.mul(to_point, int64(p))))
        return context.get_dummy_value()

    return types.void(arena, *[types.intp] * 6, width), codegen


@intrinsic(prefer_literal=True)
def multiply(
    typingctx: Any, arena: Any, v: Any, slot: Any, plane: Any, first: Any, slots: Any, height: Any,
    channels: Any, u: Any, m: Any, m_filter: Any, block: Any, group: Any,
) -> Any:  # fmt: skip
    """One point of one register tile: ``m[k, t] = sum_{i, c} u[i, c, k] v[i, c, t]``.

    ``v`` is a ring of ``slots`` rows, of which ``height`` are taken, from slot ``first`` on.
    """
    BLOCK, GROUP = block.literal_value, group.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        memory, v, slot, plane, first, slots, height, channels, u, m, m_filter = args[:11]
        emit = Emitter(builder)
        acc = [[emit.variable(emit.constant(0.0)) for _ in range(GROUP)] for _ in range(BLOCK)]
        at = emit.variable(u)
        with emit.repeat(height) as i:
            row = builder.add(v, builder.mul(in_ring(builder, first, i, slots), slot))
            with emit.repeat(channels) as c:
                place = builder.add(row, builder.mul(c, plane))
                weights = builder.load(at)
                values = [emit.load(memory, place, t * LANES) for t in range(GROUP)]
                for k in range(BLOCK):
                    weight = emit.broadcast(memory, weights, k)
                    for t in range(GROUP):
                        old = builder.load(acc[k][t])
                        builder.store(emit.fma(weight, values[t], old), acc[k][t])
                builder.store(builder.add(weights, int64(BLOCK)), at)
        for k in range(BLOCK):
            to = builder.add(m, builder.mul(m_filter, int64(k)))
            for t in range(GROUP):
                emit.store(builder.load(acc[k][t]), memory, to, t * LANES)
        return context.get_dummy_value()

    return types.void(arena, *[types.intp] * 10, block, group), codegen


@intrinsic(prefer_literal=True)
def _finish(
    typingctx: Any, arena: Any, m: Any, m_point: Any, bias: Any, floor: Any, z: Any, columns: Any,
    width: Any,
) -> Any:  # fmt: skip
    """``z = max(floor, b + A^T m)`` for one filter and tile, as far as there are columns."""
    WIDTH = width.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        memory, m, m_point, bias, floor, z, columns = args[:7]
        emit = Emitter(builder)
        values = [
            emit.load(memory, builder.add(m, builder.mul(m_point, int64(p))))
            for p in range(points_of(WIDTH))
        ]
        start, least = emit.broadcast(memory, bias), emit.broadcast(memory, floor)
        for j, value in enumerate(matrices(WIDTH).to_output(emit, values)):
            with builder.if_then(builder.icmp_signed(">", columns, int64(j)), likely=True):
                value = emit.at_least(builder.fadd(value, start), least)
                emit.store(value, memory, z, j * LANES)
        return context.get_dummy_value()

    return types.void(arena, *[types.intp] * 6, width), codegen


def in_ring(builder: Any, first: Any, i: Any, size: Any) -> Any:
    """Return ``(first + i) % size``, where both are less than ``size``."""
    number = builder.add(first, i)
    passed = builder.icmp_signed(">=", number, size)
    return builder.select(passed, builder.sub(number, size), number)
