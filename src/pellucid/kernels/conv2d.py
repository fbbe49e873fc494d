"""Convolution; its equations are in :mod:`pellucid.equations.conv2d`.

Layout: ``x[c, y, x, lane]``, the images of a chunk innermost, borders of zeros already around the
image. All strides are in floats.

Forward, ``z[k, y, x] = b[k] + sum_{c, i, j} f[k, c, i, j] x[c, y s + i, x s + j]``: a register tile
holds BLOCK filters by COLUMNS pixels. Each vector of the image that is loaded serves BLOCK filters,
each weight that is broadcast serves COLUMNS pixels, and a sum leaves the registers once.

The gradient of the input is the same loop: the full correlation of ``dz``, in a border of zeros,
with the flipped filters. Where the stride is s, each of the s x s phases of the input's pixels has
the taps to itself that reach it, so it is a correlation with these alone (``pack`` picks them).

The gradient of the filters, ``df[k, c, i, j] = sum_{y, x} dz[k, y, x] x[c, y s + i, x s + j]``, is
a tile of BLOCK filters by TAPS neighbors in one filter row. Rows of ``dz`` are taken a few at a
time, so that they stay in the first-level cache while every channel and filter row passes over
them. The sums stay spread over the lanes until the section ends (``filters_finish``).
"""

from __future__ import annotations

import functools
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from pellucid.kernels.compile import Kernel, compile_kernel
from pellucid.kernels.vector import ACCUMULATORS, COLUMNS, LANES, Emitter, load, total

__all__ = [
    "filter_block",
    "filter_taps",
    "filters_finish",
    "filters_gradient",
    "forward",
    "gradient_block",
    "pack",
    "planes",
]


def filter_block(filters: int) -> int:
    """Return how many filters a register tile takes: all of up to 6, else what wastes least.

    Examples
    --------
    >>> [filter_block(n) for n in (1, 5, 6, 10, 16, 32)]
    [1, 5, 6, 5, 8, 8]
    """
    if filters <= 6:
        return filters
    return min((8, 6, 5, 4), key=lambda block: -(-filters // block) * block)


def gradient_block(filters: int, width: int) -> int:
    """Return how many filters a filter-gradient tile takes; a divisor of :func:`filter_block`.

    Less than all of the block where that would cut a row of taps in two.

    Examples
    --------
    >>> gradient_block(16, 3), gradient_block(16, 5), gradient_block(6, 5)
    (8, 4, 3)
    """
    block = filter_block(filters)
    halved = [part for part in (block, block // 2) if part > 2 and block % part == 0]
    return next((part for part in halved if part * width <= ACCUMULATORS), block)


def planes(filters: int) -> int:
    """Return how many channel planes ``filters`` outputs take, the last block filled up."""
    block = filter_block(filters)
    return -(-filters // block) * block


def filter_taps(width: int, block: int) -> int:
    """Return how many neighbors in a filter row one filter-gradient tile takes."""
    groups = -(-width * block // max(ACCUMULATORS, block))
    return -(-width // groups)


_PACK = (
    "filters bias channels height width block source source_filter source_channel source_row "
    "source_column weights sums"
)


@functools.cache
def pack() -> Kernel:
    """Lay the filters out as the tiles read them: ``[block][c][i][j][filter in the block]``.

    They are found in the parameters by strides, which exchange filters and channels, run backward
    or leave taps out. The bias follows as ``sums[planes]``, zeros where ``bias`` is negative.
    """

    def _pack(op: Any, arena: Any, parameters: Any, gradient: Any) -> None:
        filters, bias, channels, height, width, block = op[0], op[1], op[2], op[3], op[4], op[5]
        source, source_filter, source_channel = op[6], op[7], op[8]
        source_row, source_column, weights, sums = op[9], op[10], op[11], op[12]
        taps = height * width
        blocks = (filters + block - 1) // block
        for k in range(blocks * block):
            inside = k < filters
            arena[sums + k] = parameters[bias + k] if inside and bias >= 0 else 0.0
            for c in range(channels):
                start = source + k * source_filter + c * source_channel
                for i in range(height):
                    to = ((k // block * channels + c) * taps + i * width) * block + k % block
                    for j in range(width):
                        value = types.float32(0.0)
                        if inside:
                            value = parameters[start + i * source_row + j * source_column]
                        arena[weights + to + j * block] = value

    return compile_kernel(_pack, tuple(_PACK.split()))


_FORWARD = (
    "x x_channel x_row x_step_row x_step_column channels height blocks weights sums "
    "rows columns z z_channel z_row z_column floor gate gate_channel gate_row gate_column"
)


@functools.cache
def forward(width: int, block: int) -> Kernel:
    """Correlate, add the bias, hold above ``floor`` (0: ReLU), and close where ``gate <= 0``.

    ``floor`` and ``gate`` are places in the arena. A layer without ReLU has a floor of minus
    infinity, one without a gate reads the same vector of ones everywhere.
    """
    tile = min(COLUMNS, max(1, ACCUMULATORS // block))

    def _forward(op: Any, arena: Any, parameters: Any, gradient: Any) -> None:
        x, x_channel, x_row, x_step_row, x_step_column = op[0], op[1], op[2], op[3], op[4]
        channels, height, blocks, weights, sums = op[5], op[6], op[7], op[8], op[9]
        rows, columns, z, z_channel, z_row, z_column = (
            op[10],
            op[11],
            op[12],
            op[13],
            op[14],
            op[15],
        )
        floor, gate, gate_channel, gate_row, gate_column = op[16], op[17], op[18], op[19], op[20]
        for y in range(rows):
            for k in range(blocks):
                source = x + y * x_step_row
                filters = weights + k * channels * height * width * block
                out = z + k * block * z_channel + y * z_row
                opener = gate + k * block * gate_channel + y * gate_row
                start = 0
                while start < columns:
                    if columns < tile:
                        _tile(
                            arena, source + start * x_step_column, x_channel, x_row, x_step_column,
                            channels, height, filters, sums + k * block,
                            out + start * z_column, z_channel, z_column, floor,
                            opener + start * gate_column, gate_channel, gate_column,
                            width, block, 1,
                        )  # fmt: skip
                        start += 1
                    else:
                        # The last tile steps back over pixels already done: same values again.
                        at = min(start, columns - tile)
                        _tile(
                            arena, source + at * x_step_column, x_channel, x_row, x_step_column,
                            channels, height, filters, sums + k * block,
                            out + at * z_column, z_channel, z_column, floor,
                            opener + at * gate_column, gate_channel, gate_column,
                            width, block, tile,
                        )  # fmt: skip
                        start += tile

    return compile_kernel(_forward, tuple(_FORWARD.split()), width, block)


@intrinsic(prefer_literal=True)
def _tile(
    typingctx: Any,
    arena: Any,
    x: Any,
    x_channel: Any,
    x_row: Any,
    x_step: Any,
    channels: Any,
    height: Any,
    weights: Any,
    sums: Any,
    z: Any,
    z_channel: Any,
    z_column: Any,
    floor: Any,
    gate: Any,
    gate_channel: Any,
    gate_column: Any,
    width: Any,
    block: Any,
    pixels: Any,
) -> Any:
    """One register tile of the correlation: ``block`` filters by ``pixels`` output columns."""
    WIDTH, BLOCK, PIXELS = width.literal_value, block.literal_value, pixels.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        (memory, x, x_channel, x_row, x_step, channels, height, weights, sums,
         z, z_channel, z_column, floor, gate, gate_channel, gate_column) = args[:16]  # fmt: skip
        emit = Emitter(builder)
        acc = [
            [emit.variable(emit.broadcast(memory, sums, k)) for _ in range(PIXELS)]
            for k in range(BLOCK)
        ]
        taps = emit.variable(weights)
        with emit.repeat(channels) as c, emit.repeat(height) as i:
            row = builder.add(x, builder.add(builder.mul(c, x_channel), builder.mul(i, x_row)))
            at = builder.load(taps)
            for j in range(WIDTH):
                images = []
                for p in range(PIXELS):
                    step = builder.mul(x_step, _int(p))
                    images.append(emit.load(memory, builder.add(row, step), j * LANES))
                for k in range(BLOCK):
                    weight = emit.broadcast(memory, at, j * BLOCK + k)
                    for p in range(PIXELS):
                        old = builder.load(acc[k][p])
                        builder.store(emit.fma(weight, images[p], old), acc[k][p])
            builder.store(builder.add(at, _int(WIDTH * BLOCK)), taps)
        least = emit.broadcast(memory, floor)
        for k in range(BLOCK):
            for p in range(PIXELS):
                value = emit.at_least(builder.load(acc[k][p]), least)
                opener = emit.load(memory, _place(builder, gate, k, gate_channel, p, gate_column))
                out = _place(builder, z, k, z_channel, p, z_column)
                emit.store(emit.gate(value, opener), memory, out)
        return context.get_dummy_value()

    return types.void(arena, *[types.intp] * 15, width, block, pixels), codegen


_GRADIENT = (
    "x x_channel x_row x_step_row x_step_column channels height blocks dz dz_channel dz_row "
    "dz_column rows columns rows_together groups sums bias_sums"
)


@functools.cache
def filters_gradient(taps: int, block: int) -> Kernel:
    """Add this chunk's share of ``df`` and ``db`` to the sums, which stay spread over the lanes."""

    def _gradient(op: Any, arena: Any, parameters: Any, gradient: Any) -> None:
        x, x_channel, x_row, x_step_row, x_step_column = op[0], op[1], op[2], op[3], op[4]
        channels, height, blocks, dz, dz_channel, dz_row = op[5], op[6], op[7], op[8], op[9], op[10]
        dz_column, rows, columns, rows_together = op[11], op[12], op[13], op[14]
        groups, sums, bias_sums = op[15], op[16], op[17]
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
                            _gradient_tile(
                                arena, source + group * taps * LANES, x_step_row, x_step_column,
                                upstream, dz_channel, dz_row, dz_column, count, columns, to,
                                taps, block,
                            )  # fmt: skip
                            to += taps * block * LANES
            first += count

    return compile_kernel(_gradient, tuple(_GRADIENT.split()), taps, block)


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
    sums: Any,
    taps: Any,
    block: Any,
) -> Any:
    """``sums[tap, k] += sum_{y, x} dz[k, y, x] x[y s, x s + tap]`` over a few rows."""
    TAPS, BLOCK = taps.literal_value, block.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        (memory, x, x_step_row, x_step, dz, dz_channel, dz_row, dz_column,
         rows, columns, sums) = args[:11]  # fmt: skip
        emit = Emitter(builder)
        acc = [
            [emit.variable(emit.load(memory, sums, (j * BLOCK + k) * LANES)) for j in range(TAPS)]
            for k in range(BLOCK)
        ]
        with emit.repeat(rows) as y, emit.repeat(columns) as column:
            row = builder.add(x, builder.mul(y, x_step_row))
            source = builder.add(row, builder.mul(column, x_step))
            images = [emit.load(memory, source, j * LANES) for j in range(TAPS)]
            upstream = builder.add(builder.mul(y, dz_row), builder.mul(column, dz_column))
            upstream = builder.add(dz, upstream)
            for k in range(BLOCK):
                plane = builder.mul(dz_channel, _int(k))
                delta = emit.load(memory, builder.add(upstream, plane))
                for j in range(TAPS):
                    old = builder.load(acc[k][j])
                    builder.store(emit.fma(delta, images[j], old), acc[k][j])
        for k in range(BLOCK):
            for j in range(TAPS):
                emit.store(builder.load(acc[k][j]), memory, sums, (j * BLOCK + k) * LANES)
        return context.get_dummy_value()

    return types.void(arena, *[types.intp] * 10, taps, block), codegen


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
                plane = builder.mul(dz_channel, _int(k))
                delta = emit.load(memory, builder.add(place, plane))
                builder.store(builder.fadd(builder.load(acc[k]), delta), acc[k])
        for k in range(BLOCK):
            emit.store(builder.load(acc[k]), memory, sums, k * LANES)
        return context.get_dummy_value()

    return types.void(arena, *[types.intp] * 7, block), codegen


_FINISH = "filters channels height width block taps groups sums bias_sums df db"


@functools.cache
def filters_finish() -> Kernel:
    """Add up the lanes of the sums and write ``df[k, c, i, j]`` and ``db[k]``."""

    def _finish(op: Any, arena: Any, parameters: Any, gradient: Any) -> None:
        filters, channels, height, width, block = op[0], op[1], op[2], op[3], op[4]
        taps, groups, sums, bias_sums, df, db = op[5], op[6], op[7], op[8], op[9], op[10]
        for k in range(filters):
            gradient[db + k] = total(load(arena, bias_sums + k * LANES))
            for c in range(channels):
                for i in range(height):
                    row = ((k // block * channels + c) * height + i) * groups * taps * block
                    for j in range(width):
                        at = sums + (row + j * block + k % block) * LANES
                        to = df + ((k * channels + c) * height + i) * width + j
                        gradient[to] = total(load(arena, at))

    return compile_kernel(_finish, tuple(_FINISH.split()))


def _int(value: int) -> Any:
    return ir.Constant(ir.IntType(64), value)


def _place(builder: Any, start: Any, k: int, channel: Any, p: int, column: Any) -> Any:
    plane = builder.mul(channel, _int(k))
    return builder.add(start, builder.add(plane, builder.mul(column, _int(p))))
