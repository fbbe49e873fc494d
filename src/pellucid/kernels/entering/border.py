"""Sampling an image along straight lines, whatever lies outside it.

A vector of output pixels is sampled from all channels at once, for these share the places: where
one comes from, and how its place is brought back into the image, is found once. An axis is
described by numbers alone, so there is one code for all borders:

====================  ==================  ==================  =======
of an axis of n       least, most         period              turn
====================  ==================  ==================  =======
zeros                 -1, n               0                   never
repeat                0, n - 1            0                   never
reflect               0, n - 1            2 (n - 1)           n - 1
====================  ==================  ==================  =======

A place is its whole pixel and the fraction to the next one. The whole pixel is taken modulo the
period; from the turn on, the place lies on the way back. Then it is held from least to most: pixel
-1 and pixel n are zeros in the frame around the image.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir

from pellucid.kernels.compiling.compile import compile_part
from pellucid.kernels.compiling.emit import splat_int
from pellucid.kernels.compiling.emitter import int32
from pellucid.kernels.compiling.vector import emitted
from pellucid.kernels.entering.pixels import (
    INTEGERS,
    between,
    between_packed,
    clipped,
    counted,
    in_all,
)

__all__ = ["REFLECT", "REPEAT", "ZEROS", "axis_of", "sample_channels"]

ZEROS, REPEAT, REFLECT = range(3)

_FAR = 2.0**20
"""Pixels beyond which nothing is told apart; whole numbers twice as large are exact as floats."""

_NEVER = np.int32(2**30)


@compile_part
def axis_of(size, border):
    """Return an axis's least, most, period, turn, and the inverse of its period."""
    least, most, period, turn, inverse = np.int32(0), size - 1, np.int32(0), _NEVER, 0.0
    if border == ZEROS:
        least, most = np.int32(-1), size
    elif border == REFLECT and size > 1:
        period, turn = np.int32(2 * (size - 1)), np.int32(size - 1)
        inverse = 1.0 / period
    return least, np.int32(most), period, turn, np.float32(inverse)


@emitted()
def sample_channels(emit, arena, frame, to, channels, x, y, columns, rows, IS_PACKED):
    """Write LANES pixels of every channel, each sampled from the image and held in [0, 1].

    Parameters
    ----------
    frame, to : (start, row, plane)
        Where the framed image begins, or what was packed of it, and the floats from row to row and
        from channel to channel; and ``(start, plane)`` of where the pixels go.
    x, y : (int32, float32, float32)
        The first pixel's place, its whole part and the rest, and the step from one to the next.
    columns, rows : tuple
        What :func:`axis_of` says of either axis.
    """
    builder = emit.builder
    (start, row, plane), (to, to_plane) = frame, to
    x, left = _place(emit, x, columns)
    y, top = _place(emit, y, rows)
    pitch = splat_int(builder, builder.trunc(row, ir.IntType(32)))
    # The frame has a row and a column before the image.
    corner = builder.add(builder.mul(builder.add(top, in_all(1)), pitch), left)
    corner = builder.add(corner, in_all(1))
    with emit.repeat(channels) as channel:
        base = builder.gep(arena, [emit.place(start, (channel, plane))])
        if IS_PACKED:
            value = between_packed(emit, base, corner, x, y)
        else:
            value = between(emit, base, row, corner, x, y)
        emit.store(clipped(emit, value), arena, emit.place(to, (channel, to_plane)))


def _place(emit, at, axis):
    """Return the fractions and the whole pixels of places along an axis, inside of it."""
    builder = emit.builder
    whole, rest, step = at
    least, most, period, turn, inverse = axis
    steps = builder.sitofp(counted(builder, int32(0)), emit.vector)
    place = emit.fma(emit.splat(step), steps, emit.splat(rest))
    # Written so that a NaN becomes a number: whatever comes in, what is read lies in the frame.
    for sign, limit in ((">", -_FAR), ("<", _FAR)):
        held = emit.constant(limit)
        place = builder.select(builder.fcmp_ordered(sign, place, held), place, held)
    down = emit.floor(place)
    fraction = builder.fsub(place, down)
    index = builder.add(builder.fptosi(down, INTEGERS), splat_int(builder, whole))
    period, turn = splat_int(builder, period), splat_int(builder, turn)
    index, is_back = _folded(emit, index, period, turn, inverse)
    fraction = builder.select(is_back, builder.fsub(emit.constant(1.0), fraction), fraction)
    least, most = splat_int(builder, least), splat_int(builder, most)
    before = builder.icmp_signed("<", index, least)
    after = builder.icmp_signed(">=", index, most)
    index = builder.select(before, least, builder.select(after, most, index))
    is_outside = builder.or_(before, after)
    return builder.select(is_outside, emit.constant(0.0), fraction), index


def _folded(emit, index, period, turn, inverse):
    """Return whole pixels modulo the period, those on the way back turned, and which these are."""
    builder = emit.builder
    times = emit.floor(builder.fmul(builder.sitofp(index, emit.vector), emit.splat(inverse)))
    index = builder.sub(index, builder.mul(builder.fptosi(times, INTEGERS), period))
    # The quotient may be rounded across a whole number.
    below = builder.icmp_signed("<", index, in_all(0))
    index = builder.select(below, builder.add(index, period), index)
    above = builder.icmp_signed(">=", index, period)
    index = builder.select(above, builder.sub(index, period), index)
    is_back = builder.icmp_signed(">=", index, turn)
    turned = builder.sub(builder.sub(period, in_all(1)), index)
    return builder.select(is_back, turned, index), is_back
