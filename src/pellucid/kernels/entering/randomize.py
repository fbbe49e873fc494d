"""The four randomizing steps; their equations are in :mod:`pellucid.equations.randomize`.

Each image gets a key of 64 bits from (seed, pass, image) alone, and every number drawn for it is a
hash of that key and the number's place: nothing depends on which worker draws, or when.
:mod:`pellucid.images.augmentation` draws the same numbers in NumPy.

Scaling, rotation and shift are one affine map, sampled bilinearly once. The image lies in a frame
of zeros and the coordinates are held to it, so that no pixel needs a test whether it is inside.
LANES pixels of a row are sampled side by side. Where the first of them comes from is found in
float64 and split into a whole pixel and a rest, to which the others are relative: large pictures
are sampled as exactly as small ones. Fetching each one's four neighbors is what takes
time: bytes are packed first, four neighbors in one word, so that one fetch does.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir

from pellucid.kernels.compiling.compile import compile_part
from pellucid.kernels.compiling.elementary import cosine_and_sine
from pellucid.kernels.compiling.emit import splat_int
from pellucid.kernels.compiling.emitter import int32
from pellucid.kernels.compiling.vector import LANES, Vector, add, emitted, fma, splat, store
from pellucid.kernels.entering.pixels import (
    INTEGERS,
    between,
    between_packed,
    clip,
    count_from,
    in_all,
    noise_of,
)

__all__ = ["GOLDEN", "image_key", "mix", "pack_neighbors", "randomize", "split_off", "uniform"]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)

_FAR = 2.0**23
"""Pixels from the picture beyond which all is outside; float32 holds such numbers exactly."""


@compile_part
def mix(value: Any) -> Any:
    """Return a well-mixed hash of 64 bits (the finalizer of SplitMix64)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@compile_part
def image_key(seed: Any, pass_number: Any, image: Any) -> Any:
    """Return the key of one image in one pass."""
    key = mix(np.uint64(seed) + GOLDEN)
    key = mix((key ^ np.uint64(pass_number)) + GOLDEN)
    return mix((key ^ np.uint64(image)) + GOLDEN)


@compile_part
def uniform(key: Any, place: int, low: float, high: float) -> float:
    """Return the draw at a place of the key's sequence: 24 random bits, spread over [low, high)."""
    bits = mix(key + np.uint64(place + 1) * GOLDEN) >> np.uint64(40)
    return low + (high - low) * (np.float64(bits) * 2.0**-24)


@compile_part
def randomize(arena, framed, is_packed, to, shape, ranges, key):
    """Write the randomized image to ``to[c, y, x]``.

    ``to`` is where it begins, and how many floats a row has there. ``framed[c, y, x]`` is the image
    in a frame of zeros: one row and column before it, two after; or, where ``is_packed``, what
    :func:`pack_neighbors` made of one of bytes.
    """
    to, pitch = to
    channels, rows, columns = shape
    scale = uniform(key, 0, ranges[0], ranges[1])
    cosine, sine = cosine_and_sine(uniform(key, 1, ranges[2], ranges[3]) / 360.0)
    shift_x = uniform(key, 2, ranges[4], ranges[5])
    shift_y = uniform(key, 3, ranges[4], ranges[5])
    cosine, sine = cosine / scale, sine / scale
    center_x, center_y = 0.5 * (columns - 1), 0.5 * (rows - 1)
    # Where the output's pixel (0, 0) comes from; + 1 for the frame.
    first_x = center_x - cosine * (center_x + shift_x) + sine * (center_y + shift_y) + 1.0
    first_y = center_y - sine * (center_x + shift_x) - cosine * (center_y + shift_y) + 1.0
    probability = uniform(key, 4, ranges[6], ranges[7])
    chance = np.float32(probability * 65536.0)
    noise = np.float32(ranges[8]), np.float32(ranges[9] - ranges[8])
    bits = mix(key + np.uint64(6) * GOLDEN)
    keys = np.uint32(bits & np.uint64(0xFFFFFFFF)), np.uint32(bits >> np.uint64(32))
    frame_row, frame_plane = columns + 3, (rows + 3) * (columns + 3)
    end = np.int32(columns + 1), np.int32(rows + 1)
    counted = count_from(np.int32(0))
    for c in range(channels):
        for y in range(rows):
            for x in range(0, columns, LANES):
                left, rest_x = split_off(first_x - sine * y + cosine * x)
                top, rest_y = split_off(first_y + cosine * y + sine * x)
                from_x = fma(splat(np.float32(cosine)), counted, splat(rest_x))
                from_y = fma(splat(np.float32(sine)), counted, splat(rest_y))
                frame = framed + c * frame_plane, frame_row
                corner = left, top
                if is_packed:
                    sample = _sample_packed(arena, frame, from_x, from_y, corner, end)
                else:
                    sample = _sample(arena, frame, from_x, from_y, corner, end)
                pixel = np.int32((c * rows + y) * columns + x)
                added = noise_of(pixel, keys, chance, noise)
                store(arena, to + (c * rows + y) * pitch + x, clip(add(sample, added)))


@compile_part
def pack_neighbors(arena: Any, framed: int, columns: int, size: int) -> None:
    """Put each whole number of a frame together with those right of, below and diagonal to it.

    They are bytes in words of 32 bits; ``size`` words are done, ``columns`` of them a row. Up to
    LANES words more are overwritten.
    """
    for at in range(framed, framed + size, LANES):
        _pack(arena, at, columns)


@emitted()
def _pack(emit, arena, at, row):
    """Put LANES words together with their neighbors, in place."""
    builder = emit.builder
    below = builder.add(at, row)
    packed = ir.Constant(INTEGERS, [0] * LANES)
    for byte, (place, offset) in enumerate(((at, 0), (at, 1), (below, 0), (below, 1))):
        word = builder.bitcast(emit.load(arena, place, offset), INTEGERS)
        packed = builder.or_(packed, builder.shl(word, in_all(8 * byte)))
    emit.store(builder.bitcast(packed, emit.vector), arena, at)


@compile_part
def split_off(place):
    """Return the whole pixel before a coordinate, and the rest; what is far away is held near."""
    place = min(max(place, -_FAR), _FAR)
    whole = math.floor(place)
    return np.int32(whole), np.float32(place - whole)


@emitted(Vector)
def _sample(emit, arena, frame, x, y, whole, end):
    """Sample a framed plane bilinearly at (x, y) + whole, held to [0, end]."""
    frame, row = frame
    builder = emit.builder
    x, y, corner = _corner(emit, row, x, y, whole, end)
    return between(emit, builder.gep(arena, [frame]), row, corner, x, y)


@emitted(Vector)
def _sample_packed(emit, arena, frame, x, y, whole, end):
    """Do the same in a plane of packed neighbors; 255 becomes 1."""
    frame, row = frame
    builder = emit.builder
    x, y, corner = _corner(emit, row, x, y, whole, end)
    return between_packed(emit, builder.gep(arena, [frame]), corner, x, y)


def _split(emit, place, start, end):
    """Return the fraction and the whole part of ``start + place``, held in [0, end]."""
    builder = emit.builder
    least, most = (
        builder.sitofp(splat_int(builder, builder.sub(limit, start)), place.type)
        for limit in (int32(0), end)
    )
    # Written so that a NaN becomes 0: whatever comes in, the gather stays inside the frame.
    inside = builder.fcmp_ordered(">", place, least)
    place = builder.select(inside, place, least)
    place = builder.select(builder.fcmp_ordered(">", place, most), most, place)
    down = emit.floor(place)
    whole = builder.add(builder.fptosi(down, INTEGERS), splat_int(builder, start))
    return builder.fsub(place, down), whole


def _corner(emit, row, x, y, whole, end):
    """Return the fractions of held coordinates, and the place of their upper left neighbor."""
    builder = emit.builder
    x, left = _split(emit, x, whole[0], end[0])
    y, top = _split(emit, y, whole[1], end[1])
    pitch = splat_int(builder, builder.trunc(row, ir.IntType(32)))
    return x, y, builder.add(builder.mul(top, pitch), left)
