"""What the kernels that change images as they enter have in common: samples, noise, counting."""

from __future__ import annotations

from llvmlite import ir

from pellucid.kernels.compiling.emit import splat_int
from pellucid.kernels.compiling.emitter import int32
from pellucid.kernels.compiling.vector import LANES, Vector, emitted

__all__ = [
    "INTEGERS",
    "between",
    "between_packed",
    "clip",
    "clipped",
    "count_from",
    "counted",
    "in_all",
    "kept",
    "noise_of",
]

INTEGERS = ir.VectorType(ir.IntType(32), LANES)


@emitted(Vector)
def count_from(emit, start):
    """Return start, start + 1, ... as floats, a lane each."""
    return emit.builder.sitofp(counted(emit.builder, start), emit.vector)


@emitted(Vector)
def noise_of(emit, pixel, keys, chance, ends):
    """Return noise where a pixel's upper 16 random bits are below ``chance``, else 0."""
    low, size = ends
    key_low, key_high = keys
    builder = emit.builder
    # One hash of 32 bits a pixel: multiply and shift as in "lowbias32".
    bits = builder.mul(counted(builder, pixel), in_all(0x9E3779B9))
    bits = builder.add(bits, splat_int(builder, key_low))
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        bits = builder.xor(bits, builder.lshr(bits, in_all(shift)))
        bits = builder.mul(bits, in_all(factor))
    bits = builder.xor(bits, builder.lshr(bits, in_all(16)))
    bits = builder.xor(bits, splat_int(builder, key_high))
    upper = builder.sitofp(builder.lshr(bits, in_all(16)), emit.vector)
    lower = builder.sitofp(builder.and_(bits, in_all(0xFFFF)), emit.vector)
    share = emit.fma(lower, emit.constant(2.0**-16), emit.constant(2.0**-17))
    value = emit.fma(share, emit.splat(size), emit.splat(low))
    chosen = builder.fcmp_ordered("<", upper, emit.splat(chance))
    return builder.select(chosen, value, emit.constant(0.0))


@emitted(Vector)
def kept(emit, value, count):
    """Return the first ``count`` lanes of ``value``, and 0 in the others."""
    lanes = ir.Constant(INTEGERS, list(range(LANES)))
    is_kept = emit.builder.icmp_signed("<", lanes, splat_int(emit.builder, count))
    return emit.builder.select(is_kept, value, emit.constant(0.0))


@emitted(Vector)
def clip(emit, value):
    """Return ``value`` held in [0, 1]; NaN stays NaN."""
    return clipped(emit, value)


def clipped(emit, value):
    """Return the same, in code that is emitted."""
    value = emit.at_least(value, emit.constant(0.0))
    above = emit.builder.fcmp_ordered(">", value, emit.constant(1.0))
    return emit.builder.select(above, emit.constant(1.0), value)


def in_all(value: int):
    """Return a whole number of 32 bits in every lane."""
    return ir.Constant(INTEGERS, [value] * LANES)


def counted(builder, start):
    """Return start, start + 1, ... as whole numbers, a lane each."""
    steps = ir.Constant(INTEGERS, list(range(LANES)))
    return builder.add(splat_int(builder, start), steps)


def between(emit, base, row, corner, x, y):
    """Return what lies at fractions x, y between pixels of a plane and their neighbors.

    ``corner`` are the upper left ones, counted from ``base``; ``row`` floats are a row.
    """
    builder = emit.builder
    below, right = builder.gep(base, [row]), builder.add(corner, in_all(1))
    upper = _blend(emit, _gather(builder, base, corner), _gather(builder, base, right), x)
    lower = _blend(emit, _gather(builder, below, corner), _gather(builder, below, right), x)
    return _blend(emit, upper, lower, y)


def between_packed(emit, base, corner, x, y):
    """Return the same of a plane of packed neighbors; 255 becomes 1."""
    builder = emit.builder
    packed = builder.bitcast(_gather(builder, base, corner), INTEGERS)

    def neighbor(byte: int):
        word = builder.and_(builder.lshr(packed, in_all(8 * byte)), in_all(255))
        return builder.sitofp(word, emit.vector)

    upper = _blend(emit, neighbor(0), neighbor(1), x)
    lower = _blend(emit, neighbor(2), neighbor(3), x)
    return builder.fmul(_blend(emit, upper, lower, y), emit.constant(1.0 / 255.0))


def _blend(emit, a, b, share):
    return emit.fma(emit.builder.fsub(b, a), share, a)


def _gather(builder, base, index):
    """Load ``base[index]`` lane by lane; LLVM finds the processor's gather where it has one."""
    value = ir.Constant(ir.VectorType(ir.FloatType(), LANES), ir.Undefined)
    for lane in range(LANES):
        at = builder.zext(builder.extract_element(index, int32(lane)), ir.IntType(64))
        scalar = builder.load(builder.gep(base, [at]), align=4)
        value = builder.insert_element(value, scalar, int32(lane))
    return value
