"""Group normalization; its equations are in :mod:`pellucid.equations.groupnorm`.

``z[c] = g[c] (x[c] - mean) / sqrt(variance + eps) + b[c]``, mean and variance over an image's
values in a group of channels;

``dx = (g dz - m1 - x_hat m2) / sqrt(variance + eps)``, ``m1`` and ``m2`` the group's means of
``g dz`` and of ``g dz x_hat``; ``dg = sum dz x_hat``, ``db = sum dz``

Layout: ``x[c, y, x, lane]``, images innermost, so that every lane is an image with a mean of its
own. Loop order: group, channel, row, column, three times over a group: for the mean; for what it is
off by and the variance; for ``z``. Sums are of rows (cut in blocks in large
images), of channels, of blocks of channels, so that
large images and long arrays lose no more than small ones; the second pass takes from the mean what
rounding left in it, as ``x - mean`` is divided by what may be small.

Backward, in training only: the sums of each channel, ``db`` and ``dg`` of a chunk, come first, and
``m1`` and ``m2`` are sums of them. A ReLU's mask before the layer closes ``dx`` as it is written.

For one image, channels last, eight channels at a time, the sums have the same order, to the same
bits.
"""

from __future__ import annotations

import functools
import math

from numba import types

from pellucid.kernels.compiling.addresses import float_of
from pellucid.kernels.compiling.compile import Kernel, compile_kernel, compile_part
from pellucid.kernels.compiling.vector import (
    LANES,
    Vector,
    add,
    at_least,
    emitted,
    fma,
    gate,
    load,
    mul,
    splat,
    store,
    sub,
    total,
)
from pellucid.kernels.layers.add import add as add_kernel
from pellucid.kernels.layers.one_image import store_eight
from pellucid.kernels.layers.sums import deviations, products
from pellucid.kernels.program.arena import View, everywhere
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.layer_ops import LayerOps
from pellucid.kernels.program.one_image import OneImageDraft, Pixels
from pellucid.kernels.program.ops import bits_of, elementwise, make_op
from pellucid.kernels.program.stages import Stage, Sums
from pellucid.network.layers import GroupNorm

__all__ = ["OPS", "backward", "channel_sums", "finish", "forward", "one_image"]

BLOCK = 32
"""Channels whose sums are added up before they join the group's."""


@functools.cache
def forward() -> Kernel:
    """Keep a group's mean and ``1 / sqrt(variance + eps)``, and write ``z``, above ``floor``."""

    def _forward(
        arena, parameters, gradient, groups, size, rows, columns, x, x_channel, x_row, x_column, z,
        z_channel, z_row, z_column, g, b, kept, share, eps, floor,
    ):  # fmt: skip
        each, least = splat(float_of(share)), splat(arena[floor])
        for group in range(groups):
            source = x + group * size * x_channel
            zero = splat(types.float32(0.0))
            of_values, _ = _sums(
                arena, size, rows, columns, (source, x_channel, x_row, x_column), zero
            )
            mean = fma(of_values, each, zero)
            left, squares = _sums(
                arena, size, rows, columns, (source, x_channel, x_row, x_column), mean
            )
            mean = fma(left, each, mean)
            inverse = _inverse(left, squares, each, splat(float_of(eps)))
            store(arena, kept + 2 * group * LANES, mean)
            store(arena, kept + (2 * group + 1) * LANES, inverse)
            for c in range(group * size, (group + 1) * size):
                scale, shift = mul(inverse, splat(parameters[g + c])), splat(parameters[b + c])
                for y in range(rows):
                    at, to = x + c * x_channel + y * x_row, z + c * z_channel + y * z_row
                    for _ in range(columns):
                        value = fma(sub(load(arena, at), mean), scale, shift)
                        store(arena, to, at_least(value, least))
                        at, to = at + x_column, to + z_column

    return compile_kernel(_forward)


@compile_part
def _sums(arena, size, rows, columns, x, mean):
    """Return the group's sums of ``x - mean`` and of its square."""
    x, x_channel, x_row, x_column = x
    zero = splat(types.float32(0.0))
    values, squares = zero, zero
    for block in range(0, size, BLOCK):
        of_block, squares_of_block = zero, zero
        for c in range(block, min(block + BLOCK, size)):
            image = x + c * x_channel, x_row, x_column
            of_channel, squares_of_channel = deviations(arena, image, rows, columns, mean)
            of_block = add(of_block, of_channel)
            squares_of_block = add(squares_of_block, squares_of_channel)
        values, squares = add(values, of_block), add(squares, squares_of_block)
    return values, squares


@emitted(Vector)
def _inverse(emit, left, squares, share, eps):
    """Return ``1 / sqrt(variance + eps)`` from the sums that a mean left, and their squares.

    Emitted into the kernel, and fused by us: in a part, LLVM may fuse it in two ways, or take an
    estimate of the root, to other bits.
    """
    builder, zero = emit.builder, emit.constant(0.0)
    off = builder.fmul(left, share)
    variance = emit.fma(builder.fsub(zero, off), off, builder.fmul(squares, share))
    deviation = emit.sqrt(builder.fadd(emit.at_least(variance, zero), eps))
    return builder.fdiv(emit.constant(1.0), deviation)


@functools.cache
def channel_sums() -> Kernel:
    """``dg[c] = sum dz x_hat``, then ``db[c] = sum dz``, of a chunk, lane by lane."""

    def _channel_sums(
        arena, parameters, gradient, groups, size, rows, columns, x, x_channel, x_row, x_column, dz,
        dz_channel, dz_row, dz_column, kept,
    ):  # fmt: skip
        to = kept + 2 * groups * LANES
        for c in range(groups * size):
            group = c // size
            mean = load(arena, kept + 2 * group * LANES)
            inverse = load(arena, kept + (2 * group + 1) * LANES)
            image = x + c * x_channel, x_row, x_column
            upstream = dz + c * dz_channel, dz_row, dz_column
            hats, deltas = products(arena, image, upstream, rows, columns, mean)
            store(arena, to + c * LANES, mul(hats, inverse))
            store(arena, to + (groups * size + c) * LANES, deltas)

    return compile_kernel(_channel_sums)


@functools.cache
def backward() -> Kernel:
    """``dx = (g dz - m1 - x_hat m2) / sqrt(variance + eps)``, gated; ``sums`` are the channels'."""

    def _backward(
        arena, parameters, gradient, groups, size, rows, columns, x, x_channel, x_row, x_column, dz,
        dz_channel, dz_row, dz_column, dx, dx_channel, dx_row, dx_column, gate_, gate_channel,
        gate_row, gate_column, kept, g, share,
    ):  # fmt: skip
        each, zero = splat(float_of(share)), splat(types.float32(0.0))
        sums, channels = kept + 2 * groups * LANES, groups * size
        for group in range(groups):
            mean = load(arena, kept + 2 * group * LANES)
            inverse = load(arena, kept + (2 * group + 1) * LANES)
            hats, deltas = zero, zero
            for block in range(group * size, (group + 1) * size, BLOCK):
                hats_of_block, of_block = zero, zero
                for c in range(block, min(block + BLOCK, (group + 1) * size)):
                    scale = splat(parameters[g + c])
                    hats_of_block = fma(scale, load(arena, sums + c * LANES), hats_of_block)
                    delta = load(arena, sums + (channels + c) * LANES)
                    of_block = fma(scale, delta, of_block)
                hats, deltas = add(hats, hats_of_block), add(deltas, of_block)
            first, slope = mul(deltas, each), mul(mul(hats, each), inverse)
            for c in range(group * size, (group + 1) * size):
                scale = splat(parameters[g + c])
                for y in range(rows):
                    at, source = x + c * x_channel + y * x_row, dz + c * dz_channel + y * dz_row
                    to = dx + c * dx_channel + y * dx_row
                    opener = gate_ + c * gate_channel + y * gate_row
                    for _ in range(columns):
                        delta = sub(mul(scale, load(arena, source)), first)
                        delta = sub(delta, mul(sub(load(arena, at), mean), slope))
                        store(arena, to, gate(mul(delta, inverse), load(arena, opener)))
                        at, source = at + x_column, source + dz_column
                        to, opener = to + dx_column, opener + gate_column

    return compile_kernel(_backward)


@functools.cache
def finish() -> Kernel:
    """Write sums of vectors into the gradient, each added up over its lanes."""

    def _finish(arena, parameters, gradient, count, sums, to):
        for i in range(count):
            gradient[to + i] = total(load(arena, sums + i * LANES))

    return compile_kernel(_finish)


@functools.cache
def one_image() -> Kernel:
    """``z`` for one image, above ``floor``; ``room`` holds six numbers a channel meanwhile."""

    def _one_image(
        arena, parameters, gradient, groups, size, rows, columns, x, x_row, x_column, z, z_row,
        z_column, g, b, room, share, eps, floor,
    ):  # fmt: skip
        depth = -(-groups * size // 8) * 8
        means, sums, squares, spreads = room, room + depth, room + 2 * depth, room + 3 * depth
        scales, shifts = room + 4 * depth, room + 5 * depth
        each, least = splat(float_of(share)), splat(arena[floor])
        for c in range(0, depth, 8):
            store_eight(arena, means + c, splat(types.float32(0.0)))
        for _ in range(2):
            for c in range(0, depth, 8):
                mean = load(arena, means + c)
                values, of_squares = deviations(
                    arena, (x + c, x_row, x_column), rows, columns, mean
                )
                store_eight(arena, sums + c, values)
                store_eight(arena, squares + c, of_squares)
            # Here, and in no part of its own: parts may add up in another order.
            for first in range(sums, sums + 2 * depth, depth):
                for group in range(groups):
                    at, value = first + group * size, types.float32(0.0)
                    for block in range(0, size, BLOCK):
                        of_block = types.float32(0.0)
                        for c in range(block, min(block + BLOCK, size)):
                            of_block += arena[at + c]
                        value += of_block
                    for c in range(size):
                        arena[at + c] = value
            for c in range(0, depth, 8):
                left = load(arena, sums + c)
                store_eight(arena, means + c, fma(left, each, load(arena, means + c)))
                inverse = _inverse(left, load(arena, squares + c), each, splat(float_of(eps)))
                store_eight(arena, spreads + c, inverse)
        for c in range(groups * size):
            arena[scales + c], arena[shifts + c] = parameters[g + c], parameters[b + c]
        for c in range(0, depth, 8):
            mean, shift = load(arena, means + c), load(arena, shifts + c)
            scale = mul(load(arena, spreads + c), load(arena, scales + c))
            for y in range(rows):
                at, to = x + c + y * x_row, z + c + y * z_row
                for _ in range(columns):
                    value = fma(sub(load(arena, at), mean), scale, shift)
                    store_eight(arena, to, at_least(value, least))
                    at, to = at + x_column, to + z_column

    return compile_kernel(_one_image)


class GroupNormOps(LayerOps[GroupNorm]):
    """Ops of a group normalization."""

    has_floor = True
    has_gate = True
    has_one_image = True

    def forward(self, draft: Draft, stage: Stage[GroupNorm]) -> None:
        """Emit one op."""
        (x,), z, (g, b) = draft.inputs(stage), draft.output(stage), stage.parameters
        kept = draft.kept[stage.number] = draft.memory.take(
            2 * (stage.layer.groups + stage.takes[0]) * LANES
        )
        op = make_op(
            forward(), **_sizes(stage, x), **x.fields("x"), **z.fields("z"), g=g, b=b, kept=kept,
            share=_share(stage), eps=bits_of(stage.layer.eps), floor=stage.floor,
        )  # fmt: skip
        draft.program.forward.append(op)

    def sums(self, draft: Draft, stage: Stage[GroupNorm]) -> Sums:
        """Return a vector for each scale, then one for each shift."""
        channels = stage.takes[0]
        start = draft.memory.take(2 * channels * LANES)
        return Sums(start, start + channels * LANES)

    def parameter_gradient(self, draft: Draft, stage: Stage[GroupNorm], dz: View) -> None:
        """Emit the sums of the channels, the op that adds them up, and the one that ends them."""
        of_chunk = _vectors(self._emit_sums(draft, stage, dz), stage)
        sums = _vectors(draft.sums[stage.number].weights, stage)
        draft.program.backward.append(elementwise(add_kernel(), sums, sums, of_chunk, None))
        (g, _), count = stage.parameters, sums.shape[0]
        draft.program.end.append(make_op(finish(), count=count, sums=sums.start, to=g))

    def input_gradient(
        self, draft: Draft, stage: Stage[GroupNorm], dz: View, dx: View, gate: View | None
    ) -> None:
        """Emit one op, after the sums of the channels."""
        if stage.number not in draft.sums:
            self._emit_sums(draft, stage, dz)
        (x,), opener = draft.inputs(stage), gate or everywhere(dx.shape)
        op = make_op(
            backward(), **_sizes(stage, x), **x.fields("x"), **dz.fields("dz"), **dx.fields("dx"),
            **opener.fields("gate"), kept=draft.kept[stage.number], g=stage.parameters[0],
            share=_share(stage),
        )  # fmt: skip
        draft.program.backward.append(op)

    def one_image(
        self, draft: OneImageDraft, stage: Stage[GroupNorm], inputs: tuple[Pixels, ...], z: Pixels
    ) -> None:
        """Emit one op."""
        (x,), (g, b), channels = inputs, stage.parameters, stage.takes[0]
        _, rows, columns = x.shape if len(x.shape) == 3 else (0, 1, 1)
        groups = stage.layer.groups
        op = make_op(
            one_image(), groups=groups, size=channels // groups, rows=rows, columns=columns,
            **x.fields("x"), **z.fields("z"), g=g, b=b,
            room=draft.memory.take(6 * (channels + 8) + LANES), share=_share(stage),
            eps=bits_of(stage.layer.eps), floor=stage.floor,
        )  # fmt: skip
        draft.forward.append(op)

    def _emit_sums(self, draft: Draft, stage: Stage[GroupNorm], dz: View) -> int:
        """Emit the op that sums up each channel; return where its vectors lie."""
        (x,), kept = draft.inputs(stage), draft.kept[stage.number]
        op = make_op(
            channel_sums(), **_sizes(stage, x), **x.fields("x"), **dz.fields("dz"), kept=kept,
        )  # fmt: skip
        draft.program.backward.append(op)
        return kept + 2 * stage.layer.groups * LANES


def _sizes(stage: Stage[GroupNorm], x: View) -> dict[str, int]:
    groups = stage.layer.groups
    return {
        "groups": groups, "size": x.shape[0] // groups, "rows": x.shape[1], "columns": x.shape[2],
    }  # fmt: skip


def _vectors(start: int, stage: Stage[GroupNorm]) -> View:
    """Return a vector for each scale and each shift, as an array."""
    return View(start, LANES, LANES, LANES, (2 * stage.takes[0], 1, 1))


def _share(stage: Stage[GroupNorm]) -> int:
    """Return one over the values of a group, as a field holds it."""
    return bits_of(stage.layer.groups / math.prod(stage.takes))


OPS = GroupNormOps()
