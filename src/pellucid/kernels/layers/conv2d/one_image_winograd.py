"""Fewer multiplications for a convolution of a single image: filters side by side in a vector.

The equation is that of :mod:`pellucid.equations.conv2d`, computed as
``z = A^T sum_{i, c} (G f) * (B^T x)`` by the same sums in the same order as in
:mod:`pellucid.kernels.layers.conv2d.winograd`, so an image alone has the same bits as among others.
Images have channels last, as everywhere in :mod:`pellucid.kernels.layers.one_image`. Inference
only.

Layout: ``v[row, block of 8 channels, tile, p, c]`` is a ring of as many rows as a filter has, and
``u[block of filters, i, c, p, k]`` lies as it is read. Loop order: output row, vector of filters,
group of tiles; a register tile is ``group`` tiles by all points, so that what was added up over
filter rows and channels is transformed without leaving the registers.
"""

from __future__ import annotations

import functools
from typing import Any

from numba import types
from numba.extending import intrinsic

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.emit import EIGHT, int64
from pellucid.kernels.compiling.vector import REGISTERS, Emitter
from pellucid.kernels.layers.conv2d.winograd import in_ring, points_of
from pellucid.kernels.layers.conv2d.winograd_matrices import OUTPUTS, matrices

__all__ = ["forward", "group_of"]


def group_of(tiles: int, width: int) -> int:
    """Return how many tiles the registers hold.

    Examples
    --------
    >>> group_of(1, 5)
    1
    """
    return max(1, min(tiles, (REGISTERS - 8) // points_of(width)))


@functools.cache
def forward(width: int, floats: int, group: int) -> Kernel:
    """Correlate, add the bias, and hold above ``floor`` (0: ReLU).

    Filter rows have ``width`` taps. ``zero`` is a place with LANES zeros: what stands right of the
    last column.
    """
    points = points_of(width)

    def _forward(
        arena, parameters, gradient, x, x_row, x_column, channels, height, rows, columns, tiles,
        ring, weights, blocks, sums, z, z_row, z_column, floor, zero,
    ):  # fmt: skip
        eight = tiles * points * EIGHT
        slot, row = (channels + EIGHT - 1) // EIGHT * eight, 0
        for y in range(rows):
            while row < y + height:
                to = ring + row % height * slot
                for c in range(0, channels, EIGHT):
                    _transform(
                        arena, x + row * x_row + c, x_column, columns + width - 1, tiles, zero,
                        to + c * tiles * points, width,
                    )  # fmt: skip
                row += 1
            for k in range(blocks):
                for start in range(0, tiles, group):
                    # The last group steps back over tiles already done: same values again.
                    tile = min(start, tiles - group)
                    _tile(
                        arena, ring + tile * points * EIGHT, slot, eight, y % height, height,
                        channels, weights + k * height * channels * points * floats,
                        sums + k * floats, floor,
                        z + y * z_row + tile * OUTPUTS * z_column + k * floats, z_column,
                        columns - tile * OUTPUTS, width, floats, group,
                    )  # fmt: skip

    return compile_kernel(_forward, width, floats, group)


@intrinsic(prefer_literal=True)
def _transform(
    typingctx: Any, arena: Any, x: Any, x_column: Any, columns: Any, tiles: Any, zero: Any, to: Any,
    width: Any,
) -> Any:  # fmt: skip
    """``to[tile, p] = (B^T x[tile OUTPUTS:])[p]`` for 8 channels of a row of ``columns``."""
    WIDTH = width.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        memory, x, x_column, columns, tiles, zero, to = args[:7]
        emit, points = Emitter(builder, EIGHT), points_of(WIDTH)
        with emit.repeat(tiles) as tile:
            first = builder.mul(tile, int64(OUTPUTS))
            values = []
            for j in range(points):
                column = builder.add(first, int64(j))
                place = builder.add(x, builder.mul(column, x_column))
                inside = builder.icmp_signed("<", column, columns)
                values.append(emit.load(memory, builder.select(inside, place, zero)))
            place = builder.add(to, builder.mul(tile, int64(points * EIGHT)))
            for p, value in enumerate(matrices(WIDTH).of_input(emit, values)):
                emit.store(value, memory, place, p * EIGHT)
        return context.get_dummy_value()

    return types.void(arena, *[types.intp] * 6, width), codegen


@intrinsic(prefer_literal=True)
def _tile(
    typingctx: Any, arena: Any, v: Any, slot: Any, eight: Any, first: Any, height: Any,
    channels: Any, u: Any, bias: Any, floor: Any, z: Any, z_column: Any, columns: Any, width: Any,
    floats: Any, group: Any,
) -> Any:  # fmt: skip
    """``m[t, p, k] = sum_{i, c} u[i, c, p, k] v[i, t, p, c]``, ``z = max(floor, b + A^T m)``."""
    WIDTH, FLOATS, GROUP = width.literal_value, floats.literal_value, group.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        memory, v, slot, eight, first, height, channels, u = args[:8]
        bias, floor, z, z_column, columns = args[8:13]
        emit, points = Emitter(builder, FLOATS), points_of(WIDTH)
        acc = [[emit.variable(emit.constant(0.0)) for _ in range(points)] for _ in range(GROUP)]
        at = emit.variable(u)
        with emit.repeat(height) as i:
            row = builder.add(v, builder.mul(in_ring(builder, first, i, height), slot))
            with emit.repeat(channels) as c:
                inside = builder.and_(c, int64(EIGHT - 1))
                block = builder.mul(builder.lshr(c, int64(EIGHT.bit_length() - 1)), eight)
                place, weights = builder.add(builder.add(row, block), inside), builder.load(at)
                for p in range(points):
                    loaded = emit.load(memory, weights, p * FLOATS)
                    for t in range(GROUP):
                        value = emit.broadcast(memory, place, (t * points + p) * EIGHT)
                        old = builder.load(acc[t][p])
                        builder.store(emit.fma(loaded, value, old), acc[t][p])
                builder.store(builder.add(weights, int64(points * FLOATS)), at)
        start, least = emit.load(memory, bias), emit.broadcast(memory, floor)
        for t in range(GROUP):
            found = matrices(WIDTH).to_output(emit, [builder.load(slot_) for slot_ in acc[t]])
            for j, value in enumerate(found):
                column = t * OUTPUTS + j
                with builder.if_then(builder.icmp_signed(">", columns, int64(column)), likely=True):
                    value = emit.at_least(builder.fadd(value, start), least)
                    emit.store(value, memory, builder.add(z, builder.mul(z_column, int64(column))))
        return context.get_dummy_value()

    return types.void(arena, *[types.intp] * 12, width, floats, group), codegen
