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

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.emit import EIGHT
from pellucid.kernels.compiling.emitter import Emitter, int64
from pellucid.kernels.compiling.vector import LANES, REGISTERS, emitted
from pellucid.kernels.layers.conv2d import blank
from pellucid.kernels.layers.conv2d.winograd import in_ring, of_tiles, points_of, write_columns
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
        ring, merged, inked, masks, weights, blocks, sums, z, z_row, z_column, floor, zero,
    ):  # fmt: skip
        eight = tiles * points * EIGHT
        fours = (columns + 4 * LANES - 1) // (4 * LANES)
        pixels = fours * 4 * LANES
        slot, row = (channels + EIGHT - 1) // EIGHT * eight, 0
        for y in range(rows):
            while row < y + height:
                to = ring + row % height * slot
                for c in range(0, channels, EIGHT):
                    eights = x + row * x_row + c, x_column, columns + width - 1
                    _transform(arena, eights, tiles, zero, to + c * tiles * points, width)
                source = x + row * x_row
                if channels > 1 or x_column > 1:
                    blank.merge_pixels(
                        arena, (source, x_column), channels, columns + width - 1, merged
                    )
                    source = merged
                blank.widen(arena, source, fours, inked + row % height * pixels, (width, 1))
                row += 1
            blank.masks(arena, (inked, pixels), height, fours, masks)
            for k in range(blocks):
                for start in range(0, tiles, group):
                    # The last group steps back over tiles already done: same values again.
                    tile = min(start, tiles - group)
                    v = ring + tile * points * EIGHT, slot, eight, y % height, height
                    u = weights + k * height * channels * points * floats
                    at = tile * OUTPUTS
                    out = z + y * z_row + at * z_column + k * floats, z_column, columns - at
                    limits = sums + k * floats, floor, masks + at
                    _tile(arena, v, channels, u, limits, out, (width, floats, group))

    return compile_kernel(_forward, width, floats, group)


@emitted()
def _transform(emit, arena, row, tiles, zero, to, WIDTH):
    """``to[tile, p] = (B^T x[tile OUTPUTS:])[p]`` for 8 channels of a row of ``columns``."""
    emit, points = Emitter(emit.builder, EIGHT), points_of(WIDTH)
    with of_tiles(emit, arena, row, tiles, zero, points) as (tile, values):
        place = emit.place(to, (tile, points * EIGHT))
        for p, value in enumerate(matrices(WIDTH).of_input(emit, values)):
            emit.store(value, arena, place, p * EIGHT)


@emitted()
def _tile(emit, arena, ring, channels, u, limits, out, TILE):
    """``m[t, p, k] = sum_{i, c} u[i, c, p, k] v[i, t, p, c]``, ``z = max(floor, b + A^T m)``."""
    WIDTH, FLOATS, GROUP = TILE
    v, slot, eight, first, height = ring
    bias, floor, masks = limits
    builder, points = emit.builder, points_of(WIDTH)
    emit = Emitter(builder, FLOATS)
    acc = [[emit.variable(emit.constant(0.0)) for _ in range(points)] for _ in range(GROUP)]
    at = emit.variable(u)
    with emit.repeat(height) as i:
        row = emit.place(v, (in_ring(builder, first, i, height), slot))
        with emit.repeat(channels) as c:
            inside = builder.and_(c, int64(EIGHT - 1))
            block = builder.lshr(c, int64(EIGHT.bit_length() - 1))
            place = builder.add(emit.place(row, (block, eight)), inside)
            weights = builder.load(at)
            for p in range(points):
                loaded = emit.load(arena, weights, p * FLOATS)
                for t in range(GROUP):
                    value = emit.broadcast(arena, place, (t * points + p) * EIGHT)
                    emit.add_product(acc[t][p], loaded, value)
            builder.store(builder.add(weights, int64(points * FLOATS)), at)

    def mask(column):
        return emit.broadcast(arena, masks, column)

    limits = emit.load(arena, bias), emit.broadcast(arena, floor), mask
    for t in range(GROUP):
        values = matrices(WIDTH).to_output(emit, [builder.load(variable) for variable in acc[t]])
        write_columns(emit, arena, values, limits, out, t * OUTPUTS)
