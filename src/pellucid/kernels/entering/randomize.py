"""The four randomizing steps; their equations are in :mod:`pellucid.equations.randomize`.

Each image gets a key of 64 bits from (seed, pass, image) alone, and every number drawn for it is a
hash of that key and the number's place: nothing depends on which worker draws, or when.
:mod:`pellucid.images.augmentation` draws the same numbers in NumPy.

Scaling, rotation and shift are one affine map, sampled bilinearly once. The image lies in a frame
of zeros and the coordinates are held to it, so that no pixel needs a test whether it is inside.
LANES pixels of a row are sampled side by side. Fetching each one's four neighbors is what takes
time: bytes are packed first, four neighbors in one word, so that one fetch does.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from pellucid.kernels.compiling.compile import compile_part
from pellucid.kernels.compiling.emit import int32, splat_int
from pellucid.kernels.compiling.vector import LANES, Emitter, Vector, add, fma, splat, store

__all__ = ["GOLDEN", "image_key", "mix", "pack_neighbors", "randomize", "uniform"]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)

_FLOATS = types.CPointer(types.float32)
_INTEGERS = ir.VectorType(ir.IntType(32), LANES)


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
def randomize(
    arena: Any, framed: int, is_packed: bool, to: int, pitch: int, channels: int, rows: int,
    columns: int, ranges: Any, key: Any,
) -> None:  # fmt: skip
    """Write the randomized image to ``to[c, y, x]``, ``pitch`` floats a row.

    ``framed[c, y, x]`` is the image in a frame of zeros: one row and column before it, two after;
    or, where ``is_packed``, what :func:`pack_neighbors` made of one of bytes.
    """
    scale = uniform(key, 0, ranges[0], ranges[1])
    angle = uniform(key, 1, ranges[2], ranges[3]) * (math.pi / 180.0)
    shift_x = uniform(key, 2, ranges[4], ranges[5])
    shift_y = uniform(key, 3, ranges[4], ranges[5])
    cosine, sine = math.cos(angle) / scale, math.sin(angle) / scale
    center_x, center_y = 0.5 * (columns - 1), 0.5 * (rows - 1)
    # Where the output's pixel (0, 0) comes from; + 1 for the frame.
    first_x = center_x - cosine * (center_x + shift_x) + sine * (center_y + shift_y) + 1.0
    first_y = center_y - sine * (center_x + shift_x) - cosine * (center_y + shift_y) + 1.0
    probability = uniform(key, 4, ranges[6], ranges[7])
    noise_low, noise_size = ranges[8], ranges[9] - ranges[8]
    bits = mix(key + np.uint64(6) * GOLDEN)
    key_low = np.uint32(bits & np.uint64(0xFFFFFFFF))
    key_high = np.uint32(bits >> np.uint64(32))
    frame_row, frame_plane = columns + 3, (rows + 3) * (columns + 3)
    for c in range(channels):
        for y in range(rows):
            row_x = splat(np.float32(first_x - sine * y))
            row_y = splat(np.float32(first_y + cosine * y))
            for x in range(0, columns, LANES):
                place = _count_from(np.int32(x))
                from_x = fma(splat(np.float32(cosine)), place, row_x)
                from_y = fma(splat(np.float32(sine)), place, row_y)
                if is_packed:
                    sample = _sample_packed(
                        arena, framed + c * frame_plane, frame_row, from_x, from_y,
                        np.float32(columns + 1), np.float32(rows + 1),
                    )  # fmt: skip
                else:
                    sample = _sample(
                        arena, framed + c * frame_plane, frame_row, from_x, from_y,
                        np.float32(columns + 1), np.float32(rows + 1),
                    )  # fmt: skip
                pixel = np.int32((c * rows + y) * columns + x)
                added = _noise(
                    pixel, key_low, key_high, np.float32(probability * 65536.0),
                    np.float32(noise_low), np.float32(noise_size),
                )  # fmt: skip
                store(arena, to + (c * rows + y) * pitch + x, _clip(add(sample, added)))


@compile_part
def pack_neighbors(arena: Any, framed: int, columns: int, size: int) -> None:
    """Put each whole number of a frame together with those right of, below and diagonal to it.

    They are bytes in words of 32 bits; ``size`` words are done, ``columns`` of them a row. Up to
    LANES words more are overwritten.
    """
    for at in range(framed, framed + size, LANES):
        _pack(arena, at, columns)


@intrinsic
def _pack(typingctx: Any, arena: Any, at: Any, row: Any) -> Any:
    """Put LANES words together with their neighbors, in place."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        memory, at, row = args
        emit = Emitter(builder)
        below = builder.add(at, row)
        packed = ir.Constant(_INTEGERS, [0] * LANES)
        for byte, (place, offset) in enumerate(((at, 0), (at, 1), (below, 0), (below, 1))):
            word = builder.bitcast(emit.load(memory, place, offset), _INTEGERS)
            shifted = builder.shl(word, ir.Constant(_INTEGERS, [8 * byte] * LANES))
            packed = builder.or_(packed, shifted)
        emit.store(builder.bitcast(packed, emit.vector), memory, at)
        return context.get_dummy_value()

    return types.void(_FLOATS, types.intp, types.intp), codegen


@intrinsic
def _count_from(typingctx: Any, start: Any) -> Any:
    """Return start, start + 1, ... as floats, a lane each."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.sitofp(_counted(builder, args[0]), context.get_value_type(Vector))

    return Vector(types.int32), codegen


@intrinsic
def _sample(
    typingctx: Any, arena: Any, frame: Any, row: Any, x: Any, y: Any, x_end: Any, y_end: Any
) -> Any:
    """Sample a framed plane bilinearly at (x, y), held to [0, x_end] and [0, y_end]."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        memory, frame, row, x, y, x_end, y_end = args
        emit = Emitter(builder)
        x, y, corner = _corner(emit, row, x, y, x_end, y_end)
        base = builder.gep(memory, [frame])
        below = builder.gep(base, [row])
        one = ir.Constant(_INTEGERS, [1] * LANES)
        right = builder.add(corner, one)
        upper = _blend(emit, _gather(builder, base, corner), _gather(builder, base, right), x)
        lower = _blend(emit, _gather(builder, below, corner), _gather(builder, below, right), x)
        return _blend(emit, upper, lower, y)

    floats = types.float32
    return Vector(_FLOATS, types.intp, types.intp, Vector, Vector, floats, floats), codegen


@intrinsic
def _sample_packed(
    typingctx: Any, arena: Any, frame: Any, row: Any, x: Any, y: Any, x_end: Any, y_end: Any
) -> Any:
    """Do the same in a plane of packed neighbors; 255 becomes 1."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        memory, frame, row, x, y, x_end, y_end = args
        emit = Emitter(builder)
        x, y, corner = _corner(emit, row, x, y, x_end, y_end)
        packed = _gather(builder, builder.gep(memory, [frame]), corner)
        packed = builder.bitcast(packed, _INTEGERS)

        def neighbor(byte: int) -> Any:
            word = builder.lshr(packed, ir.Constant(_INTEGERS, [8 * byte] * LANES))
            word = builder.and_(word, ir.Constant(_INTEGERS, [255] * LANES))
            return builder.sitofp(word, emit.vector)

        upper = _blend(emit, neighbor(0), neighbor(1), x)
        lower = _blend(emit, neighbor(2), neighbor(3), x)
        return builder.fmul(_blend(emit, upper, lower, y), emit.constant(1.0 / 255.0))

    floats = types.float32
    return Vector(_FLOATS, types.intp, types.intp, Vector, Vector, floats, floats), codegen


@intrinsic
def _noise(
    typingctx: Any, pixel: Any, key_low: Any, key_high: Any, chance: Any, low: Any, size: Any
) -> Any:
    """Return noise where a pixel's upper 16 random bits are below ``chance``, else 0."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        pixel, key_low, key_high, chance, low, size = args
        emit = Emitter(builder)

        def constant(value: int) -> Any:
            return ir.Constant(_INTEGERS, [value] * LANES)

        # One hash of 32 bits a pixel: multiply and shift as in "lowbias32".
        bits = builder.mul(_counted(builder, pixel), constant(0x9E3779B9))
        bits = builder.add(bits, splat_int(builder, key_low))
        for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
            bits = builder.xor(bits, builder.lshr(bits, constant(shift)))
            bits = builder.mul(bits, constant(factor))
        bits = builder.xor(bits, builder.lshr(bits, constant(16)))
        bits = builder.xor(bits, splat_int(builder, key_high))
        vector = context.get_value_type(Vector)
        upper = builder.sitofp(builder.lshr(bits, constant(16)), vector)
        lower = builder.sitofp(builder.and_(bits, constant(0xFFFF)), vector)
        share = emit.fma(lower, emit.constant(2.0**-16), emit.constant(2.0**-17))
        value = emit.fma(share, emit.splat(size), emit.splat(low))
        chosen = builder.fcmp_ordered("<", upper, emit.splat(chance))
        return builder.select(chosen, value, emit.constant(0.0))

    return Vector(types.int32, types.uint32, types.uint32, *[types.float32] * 3), codegen


@intrinsic
def _clip(typingctx: Any, value: Any) -> Any:
    """Return ``value`` held in [0, 1]; NaN stays NaN."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        emit = Emitter(builder)
        value = emit.at_least(args[0], emit.constant(0.0))
        above = builder.fcmp_ordered(">", value, emit.constant(1.0))
        return builder.select(above, emit.constant(1.0), value)

    return Vector(Vector), codegen


def _split(emit: Emitter, place: Any, end: Any) -> tuple[Any, Any]:
    """Return the fraction and the whole part of a coordinate held in [0, end]."""
    builder = emit.builder
    # Written so that a NaN becomes 0: whatever comes in, the gather stays inside the frame.
    inside = builder.fcmp_ordered(">", place, emit.constant(0.0))
    place = builder.select(inside, place, emit.constant(0.0))
    limit = emit.splat(end)
    place = builder.select(builder.fcmp_ordered(">", place, limit), limit, place)
    whole = builder.fptosi(place, _INTEGERS)
    return builder.fsub(place, builder.sitofp(whole, place.type)), whole


def _corner(
    emit: Emitter, row: Any, x: Any, y: Any, x_end: Any, y_end: Any
) -> tuple[Any, Any, Any]:
    """Return the fractions of held coordinates, and the place of their upper left neighbor."""
    builder = emit.builder
    x, left = _split(emit, x, x_end)
    y, top = _split(emit, y, y_end)
    pitch = splat_int(builder, builder.trunc(row, ir.IntType(32)))
    return x, y, builder.add(builder.mul(top, pitch), left)


def _blend(emit: Emitter, a: Any, b: Any, share: Any) -> Any:
    return emit.fma(emit.builder.fsub(b, a), share, a)


def _gather(builder: Any, base: Any, index: Any) -> Any:
    """Load ``base[index]`` lane by lane; LLVM finds the processor's gather where it has one."""
    vector = ir.VectorType(ir.FloatType(), LANES)
    value = ir.Constant(vector, ir.Undefined)
    for lane in range(LANES):
        at = builder.zext(builder.extract_element(index, int32(lane)), ir.IntType(64))
        scalar = builder.load(builder.gep(base, [at]), align=4)
        value = builder.insert_element(value, scalar, int32(lane))
    return value


def _counted(builder: Any, start: Any) -> Any:
    steps = ir.Constant(_INTEGERS, list(range(LANES)))
    return builder.add(splat_int(builder, start), steps)
