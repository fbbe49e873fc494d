"""Convolution; its equations are in :mod:`pellucid.equations.conv2d`.

Layout: ``x[c, y, x, lane]``, the images of a chunk innermost, borders of zeros already around the
image. All strides are in floats.

Forward, ``z[k, y, x] = b[k] + sum_{c, i, j} f[k, c, i, j] x[c, y s + i, x s + j]``: a register tile
holds BLOCK filters by up to COLUMNS pixels of FLOATS images, as registers hold their sums. Each
vector of the image that is loaded serves BLOCK filters, each weight that is broadcast serves the
tile's pixels, and a sum leaves the registers once.

The gradient of the input is the same loop: the full correlation of ``dz``, in a border of zeros,
with the flipped filters. Where the stride is s, each of the s x s phases of the input's pixels has
the taps to itself that reach it, so it is a correlation with these alone (``pack`` picks them).
Dilation and groups take the same loop: taps lie further apart, or an op has the channels and
filters of one group. Filter rows that lie in that border altogether are passed over.

The gradient of the filters is in :mod:`pellucid.kernels.layers.conv2d.filters_gradient`.
"""

from __future__ import annotations

import functools

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.emitter import Emitter, int64
from pellucid.kernels.compiling.vector import ACCUMULATORS, COLUMNS, FLOATS, LANES, emitted
from pellucid.kernels.program.blocks import filter_block

__all__ = ["block_of", "forward", "pack"]


def block_of(filters: int, columns: int, sums: int = ACCUMULATORS) -> int:
    """Return how many filters a register tile takes: so few that there is room for two columns.

    A divisor of :func:`filter_block`; all of that where there is one column (or, in
    :mod:`pellucid.kernels.layers.conv2d.winograd`, one tile of them).

    Examples
    --------
    >>> block_of(16, 9, 25), block_of(16, 9, 12), block_of(16, 1, 12), block_of(5, 9, 12)
    (8, 4, 8, 5)
    """
    block = filter_block(filters)
    if columns == 1:
        return block
    return next(part for part in range(block, 0, -1) if block % part == 0 and 2 * part <= sums)


@functools.cache
def pack() -> Kernel:
    """Lay the filters out as the tiles read them: ``[block][c][i][j][filter in the block]``.

    They are found in the parameters by strides, which exchange filters and channels, run backward
    or leave taps out. The bias follows as ``sums[planes]``, zeros where ``bias`` is negative.
    """

    def _pack(
        arena, parameters, gradient, filters, bias, channels, height, width, block, source,
        source_filter, source_channel, source_row, source_column, weights, sums,
    ):  # fmt: skip
        blocks = (filters + block - 1) // block
        for k in range(blocks * block):
            arena[sums + k] = parameters[bias + k] if k < filters and bias >= 0 else 0.0
        to = weights
        for first in range(0, blocks * block, block):
            count = min(block, filters - first)
            for c in range(channels):
                for i in range(height):
                    start = source + first * source_filter + c * source_channel + i * source_row
                    for j in range(width):
                        for k in range(count):
                            at = start + j * source_column + k * source_filter
                            arena[to + k] = parameters[at]
                        for k in range(count, block):
                            arena[to + k] = 0.0
                        to += block

    return compile_kernel(_pack)


@functools.cache
def forward(width: int, block: int, dilation: int = 1) -> Kernel:
    """Correlate, add the bias, hold above ``floor`` (0: ReLU), and close where ``gate <= 0``.

    ``floor`` and ``gate`` are places in the arena. A layer without ReLU has a floor of minus
    infinity, one without a gate reads the same vector of ones everywhere. Of the rows of ``x``,
    which may be stepped through one by one then, those before ``above`` and from ``present`` on
    are zeros. Taps of a filter row are ``dilation`` columns apart, filter rows ``x_row`` floats.
    """
    constants = (width, block) if dilation == 1 else (width, block, dilation)
    tile = min(COLUMNS, max(1, ACCUMULATORS // block))

    def _forward(
        arena, parameters, gradient, x, x_channel, x_row, x_step_row, x_step_column, channels,
        height, blocks, weights, sums, rows, columns, z, z_channel, z_row, z_column, floor, gate,
        gate_channel, gate_row, gate_column, above, present,
    ):  # fmt: skip
        for y in range(rows):
            first = max(0, above - y)
            count = max(0, min(height, present - y) - first)
            for k in range(blocks):
                source = x + y * x_step_row + first * x_row
                filters = weights + (k * channels * height + first) * width * block
                bias = sums + k * block
                out = z + k * block * z_channel + y * z_row
                opener = gate + k * block * gate_channel + y * gate_row
                start = 0
                while start < columns:
                    # The last tile steps back over pixels already done: same values again.
                    at = start if columns < tile else min(start, columns - tile)
                    for lane in range(0, LANES, FLOATS):
                        pixels = source + at * x_step_column + lane
                        image = pixels, x_channel, x_row, x_step_column
                        size = channels, height, count
                        to = out + at * z_column + lane, z_channel, z_column, floor
                        passed = opener + at * gate_column + lane, gate_channel, gate_column
                        if columns < tile:
                            _tile(
                                arena, image, size, (filters, bias), to, passed,
                                (width, block, 1, dilation),
                            )  # fmt: skip
                        else:
                            _tile(
                                arena, image, size, (filters, bias), to, passed,
                                (width, block, tile, dilation),
                            )  # fmt: skip
                    start += 1 if columns < tile else tile

    return compile_kernel(_forward, *constants)


@emitted()
def _tile(emit, arena, image, size, weights, out, gate, TILE):
    """One register tile of the correlation: BLOCK filters by PIXELS columns, of FLOATS images."""
    WIDTH, BLOCK, PIXELS, DILATION = TILE
    x, x_channel, x_row, x_step = image
    channels, height, count = size
    filters, sums = weights
    z, z_channel, z_column, floor = out
    gate, gate_channel, gate_column = gate
    builder, emit = emit.builder, Emitter(emit.builder, FLOATS)
    acc = [
        [emit.variable(emit.broadcast(arena, sums, k)) for _ in range(PIXELS)] for k in range(BLOCK)
    ]
    taps = emit.variable(filters)
    skipped = builder.mul(builder.sub(height, count), int64(WIDTH * BLOCK))
    with emit.repeat(channels) as c:
        plane = emit.place(x, (c, x_channel))
        with emit.repeat(count) as i:
            at = builder.load(taps)
            row = emit.place(plane, (i, x_row))
            for j in range(WIDTH):
                images = [
                    emit.load(arena, emit.place(row, (p, x_step)), j * DILATION * LANES)
                    for p in range(PIXELS)
                ]
                for k in range(BLOCK):
                    weight = emit.broadcast(arena, at, j * BLOCK + k)
                    for p in range(PIXELS):
                        emit.add_product(acc[k][p], weight, images[p])
            builder.store(builder.add(at, int64(WIDTH * BLOCK)), taps)
        builder.store(builder.add(builder.load(taps), skipped), taps)
    least = emit.broadcast(arena, floor)
    for k in range(BLOCK):
        for p in range(PIXELS):
            value = emit.at_least(builder.load(acc[k][p]), least)
            opener = emit.load(arena, emit.place(gate, (k, gate_channel), (p, gate_column)))
            emit.store(
                emit.gate(value, opener), arena, emit.place(z, (k, z_channel), (p, z_column))
            )
