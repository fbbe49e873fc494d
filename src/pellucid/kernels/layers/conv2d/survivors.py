"""A convolution's backward through the max pool after it: only the pixels that survive.

The equations are those of :mod:`pellucid.equations.conv2d` and :mod:`pellucid.equations.maxpool2d`.
A pool passes a gradient to one pixel of each window, and a ReLU before it closes more of them, so
most of ``dz`` is 0. Here each image's survivors are gone through one by one. For the survivor of
filter k at pixel (y, x), with the gradient d:

``df[k, c, i, j] += d * x[c, y s + i, x s + j]``, ``dx[c, y s + i, x s + j] += d * f[k, c, i, j]``

Layout: ``x[lane, y, x, c]`` (:mod:`pellucid.kernels.layers.conv2d.channels_last`), so that a filter
row with all its channels is one piece of memory, in ``x``, ``dx``, ``f`` and ``df`` alike. Pixels
begin on whole vectors of WIDTH floats; no load crosses a cache line, and what was just stored can
be loaded again without waiting.

Loop order: image, filter, rows of the filter as many as the registers hold, survivors. The sums of
``df`` for these rows stay in registers over all survivors of an image; ``dx`` of one image stays in
the first-level cache. Survivors are found in words of 64 places: a word's set bits are counted
through, so there is no branch to mispredict for every place.

Of large images, with more than SHORT words of windows, sums are cut: those of BLOCK words are
added up by themselves, MANY of these sums again, and then joined to ``df``; those of the bias
likewise. So they lose no more than the sums of small ones.
"""

from __future__ import annotations

import functools

from llvmlite import ir
from numba import types

from pellucid.kernels.compiling import vector
from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.emit import splat_int, transpose
from pellucid.kernels.compiling.emitter import Emitter, int64
from pellucid.kernels.compiling.vector import (
    FLOATS,
    LANES,
    REGISTERS,
    Vector,
    add,
    emitted,
    load,
    splat,
    store,
    total,
)
from pellucid.kernels.program import blocks

__all__ = ["WORD", "collect", "finish", "is_long", "pack", "rows_together", "walk"]

WORD = 64
"""Places that are looked at together; a list of places is filled up to whole words."""
SHORT, BLOCK, MANY = 16, 4, 64
"""Words whose survivors are added up one by one, in small images and in large; sums of these."""


def is_long(words: int) -> bool:
    """Return whether images have so many words of windows that their sums are cut.

    Examples
    --------
    >>> is_long(SHORT), is_long(SHORT + 1)
    (False, True)
    """
    return words > SHORT


def rows_together(height: int, vectors: int, registers: int = REGISTERS) -> int:
    """Return how many filter rows of ``vectors`` vectors the registers hold, twice over.

    Examples
    --------
    >>> rows_together(5, 100)
    1
    """
    most = max(1, (registers - 2) // (2 * vectors))
    passes = -(-height // most)
    return -(-height // passes)


@functools.cache
def pack() -> Kernel:
    """``f[k, i, j, c]``, channels last and filled up with zeros, from the parameters."""

    def _pack(arena, parameters, gradient, filters, channels, height, width, depth, source, f):
        taps = height * width
        for k in range(filters):
            for tap in range(taps):
                to = f + (k * taps + tap) * depth
                for c in range(channels):
                    arena[to + c] = parameters[source + (k * channels + c) * taps + tap]
                for c in range(channels, depth):
                    arena[to + c] = types.float32(0.0)

    return compile_kernel(_pack)


@functools.cache
def collect(in_blocks: bool) -> Kernel:
    """List each image's pooled gradients and where their winners' patches begin in ``x``.

    ``deltas[lane, k, p]`` is the gradient of window p, 0 where ``gate <= 0``;
    ``offsets[lane, k, p]`` the whole number of floats from the first pixel to the patch. The bias's
    sums get the gradients on the way. ``turned`` is room for 2 LANES vectors. The first window
    begins ``before`` floats before the first pixel's patch.
    """

    def _collect(
        arena, parameters, gradient, filters, rows, columns, pool_columns, dp, dp_channel, dp_row,
        dp_column, place, gate, gate_channel, gate_row, gate_column, deltas, offsets, lane, filter,
        step_row, step_column, inner_row, inner_column, before, bias_sums, turned,
    ):  # fmt: skip
        zero = splat(types.float32(0.0))
        for k in range(filters):
            bias = load(arena, bias_sums + k * LANES)
            of_many, of_block, count = zero, zero, 0
            slot, to = 0, k * filter
            for row in range(rows):
                for column in range(columns):
                    delta = load(arena, dp + k * dp_channel + row * dp_row + column * dp_column)
                    passed = gate + k * gate_channel + row * gate_row + column * gate_column
                    delta = vector.gate(delta, load(arena, passed))
                    if in_blocks:
                        of_block, count = add(of_block, delta), count + 1
                        if count % (BLOCK * WORD) == 0:
                            of_many, of_block = add(of_many, of_block), zero
                        if count % (MANY * BLOCK * WORD) == 0:
                            bias, of_many = add(bias, of_many), zero
                    else:
                        bias = add(bias, delta)
                    corner = row * step_row + column * step_column - before
                    offset = _offset(
                        load(arena, place), corner, pool_columns, (inner_row, inner_column)
                    )
                    place += LANES
                    store(arena, turned + slot * LANES, delta)
                    store(arena, turned + (LANES + slot) * LANES, offset)
                    slot += 1
                    if slot == LANES:
                        transpose(arena, turned, LANES, arena, deltas + to, lane)
                        transpose(arena, turned + LANES * LANES, LANES, arena, offsets + to, lane)
                        slot, to = 0, to + LANES
            if slot > 0:
                for rest in range(slot, LANES):
                    store(arena, turned + rest * LANES, zero)
                transpose(arena, turned, LANES, arena, deltas + to, lane)
                transpose(arena, turned + LANES * LANES, LANES, arena, offsets + to, lane)
            if in_blocks:
                bias = add(bias, add(of_many, of_block))
            store(arena, bias_sums + k * LANES, bias)

    return compile_kernel(_collect, int(in_blocks))


@functools.cache
def walk(height: int, vectors: int, width: int, passes_on: bool, in_blocks: bool) -> Kernel:
    """Add every survivor's share to ``df`` and, where it ``passes_on``, to ``dx``.

    A filter has ``height`` rows of ``vectors`` vectors of ``width`` floats. ``dx`` is set to zero
    first: ``dx_floats`` of each image. The shares of a pixel of ``dx`` come filter row by filter
    row of those that are taken together, so these are as many on every processor; one with narrower
    vectors goes through a part of the channels after another, which changes no sum.
    """
    together = rows_together(height, vectors, blocks.REGISTERS if passes_on else REGISTERS)
    rest = height % together
    last = max(1, rest)
    row_floats, narrow = vectors * width, min(width, FLOATS)
    has_dx, is_cut = int(passes_on), int(in_blocks)

    def _walk(
        arena, parameters, gradient, filters, words, deltas, offsets, lane, filter, x, x_row,
        x_lane, dx, dx_floats, f, df,
    ):  # fmt: skip
        zero = splat(types.float32(0.0))
        for image in range(LANES):
            source, to = x + image * x_lane, dx + image * x_lane
            if has_dx:
                for at in range(to, to + dx_floats, LANES):
                    store(arena, at, zero)
            for k in range(filters):
                listed = image * lane + k * filter
                weights = k * height * row_floats
                survivors = deltas + listed, offsets + listed, words
                for i in range(0, height - rest, together):
                    for part in range(0, width, narrow):
                        start, at = i * x_row + part, weights + i * row_floats + part
                        pixels = source + start, to + start, x_row
                        _tile(
                            arena, survivors, pixels, (f + at, df + at),
                            (together, vectors, width, has_dx, is_cut),
                        )  # fmt: skip
                if rest:
                    i = height - rest
                    for part in range(0, width, narrow):
                        start, at = i * x_row + part, weights + i * row_floats + part
                        pixels = source + start, to + start, x_row
                        _tile(
                            arena, survivors, pixels, (f + at, df + at),
                            (last, vectors, width, has_dx, is_cut),
                        )  # fmt: skip

    return compile_kernel(_walk, height, vectors, width, has_dx, is_cut)


@functools.cache
def finish() -> Kernel:
    """Write ``df[k, c, i, j]`` from sums with channels last, and ``db[k]`` from its lanes.

    ``db`` is negative where there is no bias.
    """

    def _finish(
        arena, parameters, gradient, filters, channels, height, width, depth, sums, bias_sums, df,
        db,
    ):  # fmt: skip
        taps = height * width
        for k in range(filters):
            if db >= 0:
                gradient[db + k] = total(load(arena, bias_sums + k * LANES))
            for c in range(channels):
                for tap in range(taps):
                    value = arena[sums + (k * taps + tap) * depth + c]
                    gradient[df + (k * channels + c) * taps + tap] = value

    return compile_kernel(_finish)


@emitted(Vector)
def _offset(emit, place, corner, columns, inner):
    """Return ``corner + place // columns * inner_row + place % columns * inner_column``.

    Whole numbers of 32 bits, in the shape of floats.
    """
    builder = emit.builder
    whole = ir.VectorType(ir.IntType(32), LANES)
    corner, columns, inner_row, inner_column = (
        splat_int(builder, builder.trunc(number, ir.IntType(32)))
        for number in (corner, columns, *inner)
    )
    half = builder.fadd(place, emit.constant(0.5))
    row = builder.fptosi(builder.fdiv(half, builder.sitofp(columns, place.type)), whole)
    column = builder.sub(builder.fptosi(place, whole), builder.mul(row, columns))
    offset = builder.add(builder.mul(row, inner_row), builder.mul(column, inner_column))
    return builder.bitcast(builder.add(offset, corner), place.type)


@emitted()
def _tile(emit, arena, survivors, image, filters, TILE):
    """One image's survivors of one filter: ROWS rows of VECTORS vectors, WIDTH floats apart."""
    ROWS, VECTORS, WIDTH, HAS_DX, IS_CUT = TILE
    deltas, offsets, words = survivors
    x, dx, x_row = image
    f, df = filters
    builder = emit.builder
    wide, emit = emit, Emitter(builder, min(WIDTH, FLOATS))
    cells = {
        (i, v): (i * VECTORS + v) * WIDTH for i in range(ROWS) for v in range(VECTORS)
    }  # fmt: skip
    steps = [builder.mul(x_row, int64(i)) for i in range(ROWS)]
    zero = emit.constant(0.0)
    acc = {
        cell: emit.variable(zero if IS_CUT else emit.load(arena, df, at))
        for cell, at in cells.items()
    }
    kept = {cell: emit.load(arena, f, at) for cell, at in cells.items() if HAS_DX}

    def add_word(word) -> None:
        first = builder.mul(word, int64(WORD))
        alive = emit.variable(_set_bits(wide, arena, builder.add(deltas, first)))
        with _while_any(builder, alive) as place:
            at = builder.add(first, place)
            delta = emit.broadcast(arena, builder.add(deltas, at))
            offset = _load_int(builder, arena, builder.add(offsets, at))
            for i in range(ROWS):
                row = builder.add(offset, steps[i])
                source, to = builder.add(x, row), builder.add(dx, row)
                for v in range(VECTORS):
                    pixels = emit.load(arena, source, v * WIDTH)
                    emit.add_product(acc[i, v], delta, pixels)
                    if HAS_DX:
                        old = emit.load(arena, to, v * WIDTH)
                        emit.store(emit.fma(delta, kept[i, v], old), arena, to, v * WIDTH)

    if not IS_CUT:
        with emit.repeat(words) as word:
            add_word(word)
        for cell, at in cells.items():
            emit.store(builder.load(acc[cell]), arena, df, at)
        return
    many = {cell: emit.variable(zero) for cell in cells}

    def join(cell, at) -> None:
        sums = builder.fadd(emit.load(arena, df, at), builder.load(many[cell]))
        emit.store(sums, arena, df, at)
        builder.store(zero, many[cell])

    with emit.repeat(builder.sdiv(builder.add(words, int64(BLOCK - 1)), int64(BLOCK))) as block:
        first = builder.mul(block, int64(BLOCK))
        left = builder.sub(words, first)
        is_last = builder.icmp_signed("<", left, int64(BLOCK))
        with emit.repeat(builder.select(is_last, left, int64(BLOCK))) as number:
            add_word(builder.add(first, number))
        for cell in cells:
            sums = builder.fadd(builder.load(many[cell]), builder.load(acc[cell]))
            builder.store(sums, many[cell])
            builder.store(zero, acc[cell])
        place = builder.and_(block, int64(MANY - 1))
        with builder.if_then(builder.icmp_signed("==", place, int64(MANY - 1))):
            for cell, at in cells.items():
                join(cell, at)
    for cell, at in cells.items():
        join(cell, at)


def _set_bits(emit, arena, first):
    """Return a word with a bit for each of WORD floats that is not 0; NaN is not 0."""
    builder = emit.builder
    word = int64(0)
    for start in range(0, WORD, LANES):
        value = emit.load(arena, first, start)
        is_set = builder.fcmp_unordered("!=", value, emit.constant(0.0))
        bits = builder.zext(builder.bitcast(is_set, ir.IntType(LANES)), ir.IntType(64))
        word = builder.or_(word, builder.shl(bits, int64(start)))
    return word


class _while_any:  # noqa: N801 (used like a function)
    """A loop over the set bits of a word, lowest first: ``with _while_any(...) as place:``."""

    def __init__(self, builder, word):
        self._builder, self._word = builder, word

    def __enter__(self):
        builder = self._builder
        self._test = builder.append_basic_block("survivor.test")
        body = builder.append_basic_block("survivor.body")
        self._end = builder.append_basic_block("survivor.end")
        builder.branch(self._test)
        builder.position_at_end(self._test)
        word = builder.load(self._word)
        builder.cbranch(builder.icmp_unsigned("!=", word, int64(0)), body, self._end)
        builder.position_at_end(body)
        lowered = builder.and_(word, builder.sub(word, int64(1)))
        builder.store(lowered, self._word)
        return builder.cttz(word, ir.Constant(ir.IntType(1), 1))

    def __exit__(self, *error):
        self._builder.branch(self._test)
        self._builder.position_at_end(self._end)


def _load_int(builder, arena, index):
    """Return the whole number of 32 bits that stands in the place of a float."""
    address = builder.gep(arena, [index])
    address = builder.bitcast(address, ir.IntType(32).as_pointer())
    return builder.sext(builder.load(address, align=4), ir.IntType(64))
