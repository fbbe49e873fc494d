"""Which patches of a convolution's input are blank, so that an exact 0 stays one.

A filter over a patch of zeros gives its bias and nothing else. Winograd's transforms
(:mod:`pellucid.kernels.layers.conv2d.winograd`) leave the rounding of the patch's neighbors there,
and a ReLU behind a bias of 0 would open by chance along every edge of ink. So what they give is
held to a mask: all bits where a patch holds something, none where it is blank.

Bits are put together by "or": of a row over its channels (:func:`merge`), over the taps of a filter
row (:func:`widen`), over the rows of a filter (:func:`masks`). -0.0 is blank, NaN is not.
"""

from __future__ import annotations

from llvmlite import ir

from pellucid.kernels.compiling.emit import EIGHT
from pellucid.kernels.compiling.emitter import Emitter, int64
from pellucid.kernels.compiling.vector import LANES, emitted

__all__ = ["hold", "masks", "merge", "merge_pixels", "widen"]


@emitted()
def merge(emit, arena, x, channels, fours, to):
    """``to[v] = x[0, v] | x[1, v] | ...`` over channels, four vectors of a row at a time."""
    x, x_channel = x
    with emit.repeat(fours) as four:
        step = emit.place(int64(0), (four, int64(4 * LANES)))
        found = _four_over(emit, arena, emit.builder.add(x, step), (channels, x_channel))
        for v, bits in enumerate(found):
            _store(emit, bits, arena, emit.builder.add(to, step), v * LANES)


@emitted()
def merge_pixels(emit, arena, x, channels, columns, to):
    """``to[column]`` is 0 where a pixel is blank in all channels, which lie side by side."""
    x, x_column = x
    builder, emit, byte = emit.builder, Emitter(emit.builder, EIGHT), ir.IntType(8)
    numbers = builder.bitcast(arena, ir.IntType(32).as_pointer())
    blocks = builder.lshr(builder.sub(channels, int64(1)), int64(EIGHT.bit_length() - 1))
    rest = builder.sub(channels, builder.mul(blocks, int64(EIGHT)))
    last = builder.trunc(builder.sub(builder.shl(int64(1), rest), int64(1)), byte)

    def flags(place):
        holds = builder.fcmp_unordered("!=", emit.load(arena, place), emit.constant(0.0))
        return builder.bitcast(holds, byte)

    with emit.repeat(columns) as column:
        at = emit.place(x, (column, x_column))
        found = emit.variable(byte(0))
        with emit.repeat(blocks) as block:
            more = flags(emit.place(at, (block, int64(EIGHT))))
            builder.store(builder.or_(builder.load(found), more), found)
        # Beyond the last channel there may be anything.
        more = builder.and_(flags(emit.place(at, (blocks, int64(EIGHT)))), last)
        more = builder.zext(builder.or_(builder.load(found), more), ir.IntType(32))
        builder.store(more, builder.gep(numbers, [builder.add(to, column)]), align=4)


@emitted()
def widen(emit, arena, x, fours, to, TAPS):
    """``to[v] = x[v] | x[v + 1] | ...`` over the taps of a filter row, four vectors at a time.

    ``TAPS`` are how many, and the floats from one to the next.
    """
    WIDTH, STEP = TAPS
    with emit.repeat(fours) as four:
        at = emit.place(x, (four, int64(4 * LANES)))
        loaded = {}
        for v in range(4):
            found = None
            for j in range(WIDTH):
                place = v * LANES + j * STEP
                if place not in loaded:
                    loaded[place] = _bits(emit, emit.load(arena, at, place))
                found = loaded[place] if found is None else emit.builder.or_(found, loaded[place])
            _store(emit, found, arena, emit.place(to, (four, int64(4 * LANES))), v * LANES)


@emitted()
def masks(emit, arena, rows, height, fours, to):
    """``to[v]`` has all bits where one of ``height`` rows holds something, and else none."""
    rows, row = rows
    builder, whole = emit.builder, ir.VectorType(ir.IntType(32), LANES)
    zeros, ones = (ir.Constant(whole, [value] * LANES) for value in (0, 1))
    with emit.repeat(fours) as four:
        step = emit.place(int64(0), (four, int64(4 * LANES)))
        found = _four_over(emit, arena, builder.add(rows, step), (height, row))
        for v, bits in enumerate(found):
            holds = builder.icmp_unsigned("!=", builder.shl(bits, ones), zeros)
            _store(emit, builder.sext(holds, whole), arena, builder.add(to, step), v * LANES)


def _four_over(emit, arena, at, rows):
    """Return four vectors of bits, put together over ``count`` rows ``row`` floats apart."""
    count, row = rows
    builder, whole = emit.builder, ir.VectorType(ir.IntType(32), LANES)
    found = [emit.variable(ir.Constant(whole, [0] * LANES)) for _ in range(4)]
    with emit.repeat(count) as i:
        place = emit.place(at, (i, row))
        for v, variable in enumerate(found):
            bits = _bits(emit, emit.load(arena, place, v * LANES))
            builder.store(builder.or_(builder.load(variable), bits), variable)
    return [builder.load(variable) for variable in found]


def hold(emit, value, mask):
    """Emit ``value`` where the mask has all bits, 0 where it has none."""
    return emit.builder.bitcast(
        emit.builder.and_(_bits(emit, value), _bits(emit, mask)), emit.vector
    )


def _bits(emit, value):
    return emit.builder.bitcast(value, ir.VectorType(ir.IntType(32), emit.lanes))


def _store(emit, bits, arena, place, offset: int = 0):
    emit.store(emit.builder.bitcast(bits, emit.vector), arena, place, offset)
