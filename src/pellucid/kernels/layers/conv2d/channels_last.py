"""Between the two layouts of an image: side by side with others, and alone with channels last.

``x[c, y, x, lane]``, images innermost, is what every other kernel works on. Work that goes through
single pixels (:mod:`~pellucid.kernels.layers.conv2d.survivors`) wants ``x[lane, y, x, c]``, where
the neighbors in a filter row, with all their channels, are one piece of memory. There a pixel has
``depth`` floats, the channels filled up to whole vectors, and a row's end may be written over by a
vector's rest: the
next row puts it right, and an image has LANES floats to spare after its last.

The equation is ``to[lane, y, x, c] = x[c, y, x, lane]`` and back; there is no twin, as no number is
changed. Loop order: row, column, channel, which is the order of the wanted layout; LANES of its
floats for LANES images are turned in registers at a time, so that both sides are read and written
in whole vectors. Training only.
"""

from __future__ import annotations

import functools
import itertools

from llvmlite import ir

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.emitter import Emitter, int64
from pellucid.kernels.compiling.vector import FLOATS, LANES, emitted

__all__ = ["depth", "from_channels_last", "to_channels_last"]


def depth(channels: int) -> int:
    """Return the floats that a pixel takes: its channels, filled up to 8 or to whole vectors.

    Examples
    --------
    >>> depth(5), depth(8), depth(32)
    (8, 8, 32)
    """
    return 8 if channels <= 8 else -(-channels // LANES) * LANES


@functools.cache
def to_channels_last() -> Kernel:
    """``to[lane, y, x, c] = x[c, y, x, lane]``, and 0 for the channels there are not.

    ``zero`` is a place with LANES zeros.
    """

    def _to_channels_last(
        arena, parameters, gradient, channels, depth, rows, columns, x, x_channel, x_row, x_column,
        to, to_row, to_lane, zero,
    ):  # fmt: skip
        for y in range(rows):
            for c in range(0, depth, LANES):
                for column in range(0, columns, max(1, LANES // depth)):
                    source = x + c * x_channel + y * x_row + column * x_column
                    there = min(depth, LANES), channels - c, columns - column
                    _turn_in(
                        arena, (source, x_channel, x_column), there, zero,
                        (to + y * to_row + column * depth + c, to_lane),
                    )  # fmt: skip

    return compile_kernel(_to_channels_last)


@functools.cache
def from_channels_last() -> Kernel:
    """``z[c, y, x, lane] = from[lane, y, x, c]``, closed where ``gate <= 0``.

    ``waste`` is a place for LANES floats that nobody reads.
    """

    def _from_channels_last(
        arena, parameters, gradient, channels, depth, rows, columns, from_, from_row, from_lane, z,
        z_channel, z_row, z_column, gate, gate_channel, gate_row, gate_column, waste,
    ):  # fmt: skip
        for y in range(rows):
            for c in range(0, depth, LANES):
                for column in range(0, columns, max(1, LANES // depth)):
                    to = z + c * z_channel + y * z_row + column * z_column
                    there = min(depth, LANES), channels - c, columns - column
                    opener = gate + c * gate_channel + y * gate_row + column * gate_column
                    _turn_out(
                        arena, (from_ + y * from_row + column * depth + c, from_lane), there, waste,
                        (to, z_channel, z_column), (opener, gate_channel, gate_column),
                    )  # fmt: skip

    return compile_kernel(_from_channels_last)


@emitted()
def _turn_in(emit, arena, image, there, zero, to):
    """Turn the LANES floats from one pixel on: LANES vectors of images to one of each image."""
    x, x_channel, x_column = image
    (to, to_lane), part = to, Emitter(emit.builder, FLOATS)
    for first, lane in _squares():
        rows = []
        for slot in range(first, first + FLOATS):
            pixel, channel, is_there = _slot(emit.builder, slot, there)
            place = emit.place(x, (channel, x_channel), (pixel, x_column))
            rows.append(part.load(arena, emit.builder.select(is_there, place, zero), lane))
        for i, row in enumerate(part.transpose(rows)):
            part.store(row, arena, emit.place(to, (lane + i, to_lane)), first)


@emitted()
def _turn_out(emit, arena, source, there, waste, out, gate):
    """Turn LANES floats of each image to LANES vectors of images."""
    source, source_lane = source
    z, z_channel, z_column = out
    gate, gate_channel, gate_column = gate
    part = Emitter(emit.builder, FLOATS)
    for first, lane in _squares():
        places = [emit.place(source, (lane + i, source_lane)) for i in range(FLOATS)]
        rows = [part.load(arena, place, first) for place in places]
        for slot, value in enumerate(part.transpose(rows), first):
            pixel, channel, is_there = _slot(emit.builder, slot, there)
            opener = emit.place(gate, (channel, gate_channel), (pixel, gate_column))
            opener = part.load(arena, emit.builder.select(is_there, opener, waste), lane)
            place = emit.place(z, (channel, z_channel), (pixel, z_column))
            place = emit.builder.select(is_there, place, waste)
            part.store(part.gate(value, opener), arena, place, lane)


def _squares():
    """Return the floats and the images from which squares of FLOATS by FLOATS begin."""
    return itertools.product(range(0, LANES, FLOATS), repeat=2)


def _slot(builder, slot: int, there):
    """Return the pixel and channel of one of LANES floats, and whether there is such a one."""
    depth, channels, columns = there
    # At most two pixels: no division, which could not leave the loop.
    pixel = builder.zext(builder.icmp_signed(">=", int64(slot), depth), ir.IntType(64))
    channel = builder.sub(int64(slot), builder.mul(pixel, depth))
    is_there = builder.and_(
        builder.icmp_signed("<", channel, channels), builder.icmp_signed("<", pixel, columns)
    )
    return pixel, channel, is_there
