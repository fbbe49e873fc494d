"""The forward pass of a single image: channels side by side in a vector, in place of images.

The equations are those of :mod:`pellucid.equations`; ``conv2d``, ``maxpool2d``, ``flatten`` and
``dense`` here are twins of the files of these names there, and each states its equation; what goes
element by element is in its layer's own file. The other kernels work on LANES images at once, which
a single one would wait for in vain. Inference only.

Layout: ``x[y, x, c]``, channels last, a pixel of
:func:`pellucid.kernels.layers.conv2d.channels_last.depth` floats, zeros where a convolution wants
padding.

Loop order: of a convolution block of filters, row, group of columns, so that a block's weights stay
in the first-level cache for the whole image; within a register tile of a few pixels by a few
vectors of filters channel, filter row and tap, so that each vector of weights that is loaded serves
every pixel. A dense layer takes eight outputs at a time, which share each vector of PARTS inputs.

Every sum is added up in the order of :mod:`pellucid.kernels.layers.conv2d.forward` and
:mod:`pellucid.kernels.layers.dense`, so an image alone has the same bits as among others.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager

from llvmlite import ir
from numba import types

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.emit import transpose, width_of
from pellucid.kernels.compiling.emitter import Emitter, int32, int64
from pellucid.kernels.compiling.vector import (
    LANES,
    REGISTERS,
    emitted,
)
from pellucid.kernels.program.blocks import PARTS, TOGETHER

__all__ = ["blocks_of", "conv2d", "dense", "flatten", "maxpool2d", "pack", "store_eight", "tiling"]


def tiling(depth: int, columns: int) -> tuple[int, int, int]:
    """Return a vector's floats, and the vectors of filters and the columns that a tile takes.

    ``depth`` floats a pixel; the tiles of a row of ``columns`` overlap as little as may be.
    """
    width = width_of(depth)
    tiles = [
        (vectors, pixels)
        for vectors in (1, 2, 3, 4)
        if depth // width % vectors == 0
        for pixels in range(1, min(12, (REGISTERS - 8) // vectors, columns) + 1)
    ]

    def cost(tile: tuple[int, int]) -> float:
        vectors, pixels = tile
        # Columns that are done, and a load for each vector of filters and each pixel.
        return -(-columns // pixels) * pixels * (1.0 + 1.0 / vectors / pixels)

    return (width, *min(tiles, key=cost))


@functools.cache
def pack() -> Kernel:
    """``weights[block, c, i, j, filter in the block]``, and the biases, filled up with zeros.

    All biases are 0 where ``bias`` is negative.
    """

    def _pack(
        arena, parameters, gradient, filters, channels, taps, block, source, bias, weights, biases,
        blocks,
    ):  # fmt: skip
        size = channels * taps
        turned = 0
        if block % LANES == 0:
            # Whole squares of LANES filters by LANES taps are turned in registers.
            turned = size // LANES * LANES
            for k in range(0, filters // LANES * LANES, LANES):
                to = weights + k // block * size * block + k % block
                for tap in range(0, turned, LANES):
                    transpose(
                        parameters, source + k * size + tap, size, arena, to + tap * block, block
                    )
        for k in range(blocks * block):
            to = weights + k // block * size * block + k % block
            start = turned if k < filters // LANES * LANES else 0
            if k < filters:
                arena[biases + k] = parameters[bias + k] if bias >= 0 else types.float32(0.0)
                for tap in range(start, size):
                    arena[to + tap * block] = parameters[source + k * size + tap]
            else:
                arena[biases + k] = types.float32(0.0)
                for tap in range(size):
                    arena[to + tap * block] = types.float32(0.0)

    return compile_kernel(_pack)


@functools.cache
def conv2d(floats: int, vectors: int, pixels: int) -> Kernel:
    """``z[y, x, k] = b[k] + sum_{c, i, j} f[k, c, i, j] x[y s + i, x s + j, c]``, above ``floor``.

    A tile has ``pixels`` columns of ``vectors`` vectors of ``floats`` filters.
    """
    block = floats * vectors

    def _conv2d(
        arena, parameters, gradient, x, x_row, x_column, x_step_row, x_step_column, channels,
        height, width, blocks, weights, biases, rows, columns, z, z_row, z_column, floor,
    ):  # fmt: skip
        for k in range(blocks):
            filters, bias = weights + k * channels * height * width * block, biases + k * block
            for y in range(rows):
                source, to = x + y * x_step_row, z + y * z_row + k * block
                for start in range(0, columns, pixels):
                    # The last tile steps back over pixels already done: same values again.
                    at = min(start, columns - pixels)
                    _tile(
                        arena, (source + at * x_step_column, x_row, x_column, x_step_column),
                        (channels, height, width), (filters, bias),
                        (to + at * z_column, z_column, floor), (floats, vectors, pixels),
                    )  # fmt: skip

    return compile_kernel(_conv2d, floats, vectors, pixels)


@emitted()
def _tile(emit, arena, image, size, weights, out, TILE):
    """One register tile: PIXELS columns by VECTORS vectors of filters."""
    WIDTH, VECTORS, PIXELS = TILE
    x, x_row, x_column, x_step = image
    channels, height, taps = size
    weights, bias = weights
    z, z_column, floor = out
    builder = emit.builder
    emit = Emitter(builder, WIDTH)
    starts = [emit.load(arena, bias, v * WIDTH) for v in range(VECTORS)]
    acc = [[emit.variable(start) for start in starts] for _ in range(PIXELS)]
    at = emit.variable(weights)
    steps = [builder.mul(x_step, int64(p)) for p in range(PIXELS)]
    with emit.repeat(channels) as c, emit.repeat(height) as i:
        row = emit.place(builder.add(x, c), (i, x_row))
        with emit.repeat(taps) as j:
            place = emit.place(row, (j, x_column))
            filters = builder.load(at)
            loaded = [emit.load(arena, filters, v * WIDTH) for v in range(VECTORS)]
            for p in range(PIXELS):
                pixel = emit.broadcast(arena, builder.add(place, steps[p]))
                for v in range(VECTORS):
                    emit.add_product(acc[p][v], loaded[v], pixel)
            builder.store(builder.add(filters, int64(WIDTH * VECTORS)), at)
    least = emit.broadcast(arena, floor)
    for p in range(PIXELS):
        to = emit.place(z, (p, z_column))
        for v in range(VECTORS):
            emit.store(emit.at_least(builder.load(acc[p][v]), least), arena, to, v * WIDTH)


@functools.cache
def maxpool2d() -> Kernel:
    """``z[y, x, c]`` is the largest of its window, and NaN over all."""

    def _maxpool2d(
        arena, parameters, gradient, rows, columns, depth, pool_rows, pool_columns, step_row,
        step_column, top, left, x, x_row, x_column, x_rows, x_columns, z, z_row, z_column,
    ):  # fmt: skip
        for row in range(rows):
            y = row * step_row - top
            above, below = max(0, -y), min(pool_rows, x_rows - y)
            for column in range(columns):
                u = column * step_column - left
                before, end = max(0, -u), min(pool_columns, x_columns - u)
                corner = x + (y + above) * x_row + (u + before) * x_column
                to = z + row * z_row + column * z_column
                for c in range(0, depth, 8):
                    window = corner + c, x_row, x_column
                    _largest(arena, window, (below - above, end - before), to + c)

    return compile_kernel(_maxpool2d)


@emitted()
def _largest(emit, arena, image, window, to):
    """Write the largest of a window for 8 channels."""
    x, x_row, x_column = image
    rows, columns = window
    builder = emit.builder
    emit = Emitter(builder, 8)
    best = emit.variable(emit.load(arena, x))
    with emit.repeat(rows) as i, emit.repeat(columns) as j:
        value = emit.load(arena, emit.place(x, (i, x_row), (j, x_column)))
        old = builder.load(best)
        builder.store(builder.select(emit.larger(value, old), value, old), best)
    emit.store(builder.load(best), arena, to)


@emitted()
def store_eight(emit, arena, to, value):
    """Write the first 8 floats of a vector: pixels begin every 8, vectors may be longer."""
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), 8), list(range(8)))
    Emitter(emit.builder, 8).store(emit.builder.shuffle_vector(value, value, lanes), arena, to)


@functools.cache
def flatten() -> Kernel:
    """``to[c, y, x] = x[y, x, c]`` in one piece."""

    def _flatten(arena, parameters, gradient, channels, rows, columns, x, x_row, x_column, to):
        for c in range(channels):
            for y in range(rows):
                for column in range(columns):
                    arena[to] = arena[x + c + y * x_row + column * x_column]
                    to += 1

    return compile_kernel(_flatten)


@functools.cache
def dense() -> Kernel:
    """``z[o] = b[o] + sum_i w[o, i] x[i]``, above ``floor``; ``w`` and ``b`` are parameters.

    ``bias`` is negative for none.
    """

    def _dense(arena, parameters, gradient, outputs, inputs, w, bias, x, z, floor):
        whole = outputs // 8 * 8
        for o in range(0, whole, 8):
            _rows(
                arena, parameters, (w + o * inputs, bias, o), (x, inputs), (z + o, floor), 8
            )  # fmt: skip
        for o in range(whole, outputs):
            _rows(
                arena, parameters, (w + o * inputs, bias, o), (x, inputs), (z + o, floor), 1
            )  # fmt: skip

    return compile_kernel(_dense)


@contextmanager
def blocks_of(emit, rounds, sums):
    """Emit a loop over ``rounds``; give each one's number.

    After every TOGETHER of them but the last each sum, a pair of variables, is carried from the
    first to the second and begun anew.
    """
    builder, sums = emit.builder, list(sums)
    blocks = builder.sdiv(builder.add(rounds, int64(TOGETHER - 1)), int64(TOGETHER))
    with emit.repeat(blocks) as block:
        first = builder.mul(block, int64(TOGETHER))
        with builder.if_then(builder.icmp_signed(">", block, int64(0))):
            for last, before in sums:
                builder.store(builder.fadd(builder.load(before), builder.load(last)), before)
                builder.store(emit.constant(0.0), last)
        left = builder.sub(rounds, first)
        is_last = builder.icmp_signed("<", left, int64(TOGETHER))
        with emit.repeat(builder.select(is_last, left, int64(TOGETHER))) as number:
            yield builder.add(first, number)


@emitted()
def _rows(emit, arena, parameters, weights, image, out, BLOCK):
    """BLOCK outputs of a dense layer, each as a vector of PARTS sums."""
    w, bias, output = weights
    x, inputs = image
    z, floor = out
    builder, one = emit.builder, Emitter(emit.builder, 1)
    emit = Emitter(builder, PARTS)
    starts = [builder.mul(inputs, int64(o)) for o in range(BLOCK)]
    acc = [emit.variable(emit.constant(0.0)) for _ in range(BLOCK)]
    with builder.if_then(builder.icmp_signed(">=", bias, int64(0))):
        for o in range(BLOCK):
            address = builder.gep(parameters, [builder.add(bias, builder.add(output, int64(o)))])
            first = builder.load(address, align=4)
            builder.store(builder.insert_element(emit.constant(0.0), first, int32(0)), acc[o])
    rounds = builder.sdiv(inputs, int64(PARTS))
    carried = [emit.variable(emit.constant(0.0)) for _ in range(BLOCK)]
    with blocks_of(emit, rounds, zip(acc, carried, strict=True)) as number:
        i = builder.mul(number, int64(PARTS))
        values = emit.load(arena, builder.add(x, i))
        for o in range(BLOCK):
            row = emit.load(parameters, builder.add(w, builder.add(i, starts[o])))
            emit.add_product(acc[o], row, values)
    for part in range(PARTS - 1):
        i = emit.place(int64(part), (rounds, PARTS))
        with builder.if_then(builder.icmp_signed("<", i, inputs)):
            value = one.load(arena, builder.add(x, i))
            for o in range(BLOCK):
                weight = one.load(parameters, builder.add(w, builder.add(i, starts[o])))
                sums = builder.load(acc[o])
                old = one.splat(builder.extract_element(sums, int32(part)))
                new = builder.extract_element(one.fma(weight, value, old), int32(0))
                builder.store(builder.insert_element(sums, new, int32(part)), acc[o])
    least = builder.load(builder.gep(arena, [floor]), align=4)
    for o in range(BLOCK):
        value = emit.total(builder.fadd(builder.load(carried[o]), builder.load(acc[o])))
        below = builder.fcmp_ordered("<", value, least)
        value = builder.select(below, least, value)
        builder.store(value, builder.gep(arena, [builder.add(z, int64(o))]), align=4)
