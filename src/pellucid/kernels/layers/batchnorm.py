"""Batch normalization; its equations are in :mod:`pellucid.equations.batchnorm2d`.

``z[c] = g[c] (x[c] - mean[c]) / sqrt(variance[c] + eps) + b[c]``; in training the statistics are
those of all images of a section, ``dx = g (dz - m1 - x_hat m2) / sqrt(variance + eps)`` with ``m1``
and ``m2`` the means of ``dz`` and of ``dz x_hat``, and ``dg = sum dz x_hat``, ``db = sum dz``

Layout: ``x[c, y, x, lane]``, images innermost. Loop order: channel, row, column. Rows are summed in
a register and their sums in another, of large images in blocks, then the lanes that have an image;
what rounding left in a chunk's mean is taken from it in a second pass, with which its squares are
summed.

In training a chunk does three things forward, and waits after the first: it sums up its channels;
once for all chunks, a join merges mean and squares in their order, in float64, and writes to each
chunk's arena what follows; each chunk writes ``z``. Backward likewise: the chunk's ``dg`` and
``db``, a join that adds them up, ``dx``. In place of a gradient of the running statistics stand the
section's own, times its images. In inference the statistics are read from the parameters, once.

For one image, channels last, eight channels at a time, each number is computed alike.
"""

from __future__ import annotations

import functools

import numpy as np
from numba import types

from pellucid.kernels.compiling.addresses import float_of
from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.vector import (
    LANES,
    at_least,
    fma,
    gate,
    load,
    mul,
    splat,
    store,
    sub,
    total,
)
from pellucid.kernels.layers.one_image import store_eight
from pellucid.kernels.layers.sums import deviations, products
from pellucid.kernels.program.arena import (
    CHUNKS,
    COUNT,
    IN_USE,
    ONES,
    View,
    everywhere,
)
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.layer_ops import LayerOps
from pellucid.kernels.program.one_image import OneImageDraft, Pixels
from pellucid.kernels.program.ops import Join, bits_of, make_op
from pellucid.kernels.program.stages import Stage, Sums
from pellucid.network.layers import BatchNorm1D, BatchNorm2D

__all__ = [
    "BatchNormOps",
    "backward",
    "forward",
    "join_gradients",
    "join_statistics",
    "one_image",
    "read_running",
    "statistics",
    "sum_gradients",
]

MEAN, SLOPE, SCALE, SHIFT, FIRST, SECOND, ARRAYS = range(7)
"""What is kept of each channel, as arrays one after another, ``pad`` floats apart: the mean and
``1 / sqrt(variance + eps)``; ``g`` times that; ``b``; and, backward, ``m1`` and ``m2``. Before a
join stand the chunk's own there: its mean and its squares; ``db`` and ``dg``."""


@functools.cache
def statistics() -> Kernel:
    """Keep a chunk's mean and its squares about that, of each channel."""

    def _statistics(
        arena, parameters, gradient, channels, rows, columns, x, x_channel, x_row, x_column, kept,
        pad,
    ):  # fmt: skip
        in_use = load(arena, IN_USE)
        count = np.float64(arena[COUNT]) * rows * columns
        for c in range(channels):
            mean = types.float32(0.0)
            for _ in range(2):
                image = x + c * x_channel, x_row, x_column
                values, squares = deviations(arena, image, rows, columns, splat(mean))
                left = np.float64(total(mul(values, in_use)))
                about = np.float64(total(mul(squares, in_use))) - left * left / count
                mean = types.float32(np.float64(mean) + left / count)
            arena[kept + c] = mean
            arena[kept + pad + c] = max(about, 0.0)

    return compile_kernel(_statistics)


@functools.cache
def join_statistics() -> Kernel:
    """Merge all chunks' statistics; write the section's to the gradient and to every arena."""

    def _join_statistics(
        arena, parameters, gradient, stride, channels, pixels, kept, pad, g, b, m, v, eps
    ):  # fmt: skip
        chunks = int(arena[CHUNKS])
        for c in range(channels):
            count, mean, squares, images = 0.0, 0.0, 0.0, 0.0
            for chunk in range(chunks):
                base = chunk * stride
                more = np.float64(arena[base + COUNT]) * pixels
                off = np.float64(arena[base + kept + c]) - mean
                squares += np.float64(arena[base + kept + pad + c])
                squares += off * off * (count * more / (count + more))
                mean += off * (more / (count + more))
                count += more
                images += np.float64(arena[base + COUNT])
            inverse = 1.0 / np.sqrt(squares / count + np.float64(float_of(eps)))
            gradient[m + c] = images * mean
            gradient[v + c] = images * (squares / max(count - 1.0, 1.0))
            for chunk in range(chunks):
                at = chunk * stride + kept + c
                arena[at + MEAN * pad] = mean
                arena[at + SLOPE * pad] = inverse
                arena[at + SCALE * pad] = inverse * np.float64(parameters[g + c])
                arena[at + SHIFT * pad] = parameters[b + c]

    return compile_kernel(_join_statistics)


@functools.cache
def read_running() -> Kernel:
    """Make the arrays of the running statistics."""

    def _read_running(arena, parameters, gradient, channels, kept, pad, g, b, m, v, eps):
        for c in range(channels):
            at = kept + c
            inverse = 1.0 / np.sqrt(np.float64(parameters[v + c]) + np.float64(float_of(eps)))
            arena[at + MEAN * pad] = parameters[m + c]
            arena[at + SLOPE * pad] = inverse
            arena[at + SCALE * pad] = inverse * np.float64(parameters[g + c])
            arena[at + SHIFT * pad] = parameters[b + c]

    return compile_kernel(_read_running)


@functools.cache
def forward() -> Kernel:
    """``z[c] = scale[c] (x[c] - mean[c]) + shift[c]``, above ``floor``."""

    def _forward(
        arena, parameters, gradient, channels, rows, columns, x, x_channel, x_row, x_column, z,
        z_channel, z_row, z_column, kept, pad, floor,
    ):  # fmt: skip
        least = splat(arena[floor])
        for c in range(channels):
            mean, scale = splat(arena[kept + c]), splat(arena[kept + SCALE * pad + c])
            shift = splat(arena[kept + SHIFT * pad + c])
            for y in range(rows):
                at, to = x + c * x_channel + y * x_row, z + c * z_channel + y * z_row
                for _ in range(columns):
                    value = fma(sub(load(arena, at), mean), scale, shift)
                    store(arena, to, at_least(value, least))
                    at, to = at + x_column, to + z_column

    return compile_kernel(_forward)


@functools.cache
def sum_gradients() -> Kernel:
    """``dg[c] = sum dz x_hat`` and ``db[c] = sum dz`` of a chunk."""

    def _sum_gradients(
        arena, parameters, gradient, channels, rows, columns, x, x_channel, x_row, x_column, dz,
        dz_channel, dz_row, dz_column, kept, pad,
    ):  # fmt: skip
        for c in range(channels):
            mean = splat(arena[kept + c])
            image = x + c * x_channel, x_row, x_column
            upstream = dz + c * dz_channel, dz_row, dz_column
            hats, deltas = products(arena, image, upstream, rows, columns, mean)
            arena[kept + FIRST * pad + c] = total(deltas)
            arena[kept + SECOND * pad + c] = total(hats) * arena[kept + SLOPE * pad + c]

    return compile_kernel(_sum_gradients)


@functools.cache
def join_gradients() -> Kernel:
    """Add up all chunks' ``dg`` and ``db``; write their means to every arena."""

    def _join_gradients(
        arena, parameters, gradient, stride, channels, pixels, kept, pad, g, b
    ):  # fmt: skip
        chunks = int(arena[CHUNKS])
        for c in range(channels):
            count, of_scale, of_shift = 0.0, 0.0, 0.0
            for chunk in range(chunks):
                base = chunk * stride
                of_shift += np.float64(arena[base + kept + FIRST * pad + c])
                of_scale += np.float64(arena[base + kept + SECOND * pad + c])
                count += np.float64(arena[base + COUNT]) * pixels
            gradient[g + c], gradient[b + c] = of_scale, of_shift
            for chunk in range(chunks):
                at = chunk * stride + kept + c
                arena[at + FIRST * pad] = of_shift / count
                arena[at + SECOND * pad] = of_scale / count

    return compile_kernel(_join_gradients)


@functools.cache
def backward() -> Kernel:
    """``dx = scale (dz - m1 - x_hat m2)`` where a lane has an image, gated."""

    def _backward(
        arena, parameters, gradient, channels, rows, columns, x, x_channel, x_row, x_column, dz,
        dz_channel, dz_row, dz_column, dx, dx_channel, dx_row, dx_column, gate_, gate_channel,
        gate_row, gate_column, kept, pad, in_use,
    ):  # fmt: skip
        for c in range(channels):
            mean, first = splat(arena[kept + c]), splat(arena[kept + FIRST * pad + c])
            slope = mul(splat(arena[kept + SLOPE * pad + c]), splat(arena[kept + SECOND * pad + c]))
            scale = mul(splat(arena[kept + SCALE * pad + c]), load(arena, in_use))
            for y in range(rows):
                at, source = x + c * x_channel + y * x_row, dz + c * dz_channel + y * dz_row
                to, opener = dx + c * dx_channel + y * dx_row, gate_ + c * gate_channel
                opener += y * gate_row
                for _ in range(columns):
                    delta = sub(load(arena, source), first)
                    delta = sub(delta, mul(sub(load(arena, at), mean), slope))
                    store(arena, to, gate(mul(delta, scale), load(arena, opener)))
                    at, source = at + x_column, source + dz_column
                    to, opener = to + dx_column, opener + gate_column

    return compile_kernel(_backward)


@functools.cache
def one_image() -> Kernel:
    """``z[c] = scale[c] (x[c] - mean[c]) + shift[c]``, above ``floor``, for one image."""

    def _one_image(
        arena, parameters, gradient, rows, columns, depth, x, x_row, x_column, z, z_row, z_column,
        kept, pad, floor,
    ):  # fmt: skip
        least = splat(arena[floor])
        for c in range(0, depth, 8):
            mean, scale = load(arena, kept + c), load(arena, kept + SCALE * pad + c)
            shift = load(arena, kept + SHIFT * pad + c)
            for y in range(rows):
                at, to = x + c + y * x_row, z + c + y * z_row
                for _ in range(columns):
                    value = fma(sub(load(arena, at), mean), scale, shift)
                    store_eight(arena, to, at_least(value, least))
                    at, to = at + x_column, to + z_column

    return compile_kernel(_one_image)


class BatchNormOps(LayerOps[BatchNorm2D | BatchNorm1D]):
    """Ops of a batch normalization, of images or of flat arrays."""

    has_floor = True
    has_gate = True
    has_one_image = True

    def forward(self, draft: Draft, stage: Stage[BatchNorm2D | BatchNorm1D]) -> None:
        """Emit the op that normalizes, and before it what finds or reads the statistics."""
        (x,), z, program = draft.inputs(stage), draft.output(stage), draft.program
        draft.kept[stage.number] = draft.memory.take(ARRAYS * _pad(stage))
        arrays = _arrays(draft, stage)
        if draft.in_training:
            program.forward.append(make_op(statistics(), **_sizes(x), **x.fields("x"), **arrays))
            join = make_op(
                join_statistics(), stride=0, channels=x.shape[0], pixels=x.shape[1] * x.shape[2],
                **arrays, **_places(stage),
            )  # fmt: skip
            program.forward_joins.append(Join(len(program.forward), join))
        else:
            program.begin.append(
                make_op(read_running(), channels=x.shape[0], **arrays, **_places(stage))
            )
        op = make_op(
            forward(), **_sizes(x), **x.fields("x"), **z.fields("z"), **arrays, floor=stage.floor
        )
        program.forward.append(op)

    def sums(self, draft: Draft, stage: Stage[BatchNorm2D | BatchNorm1D]) -> Sums:
        """Return no place: a chunk keeps its own sums, and a join adds them up."""
        return Sums(0, 0)

    def parameter_gradient(
        self, draft: Draft, stage: Stage[BatchNorm2D | BatchNorm1D], dz: View
    ) -> None:
        """Emit the op that sums up each channel, and the join that adds up and writes the sums."""
        (x,), program = draft.inputs(stage), draft.program
        arrays = _arrays(draft, stage)
        op = make_op(sum_gradients(), **_sizes(x), **x.fields("x"), **dz.fields("dz"), **arrays)
        program.backward.append(op)
        g, b, _, _ = stage.parameters
        join = make_op(
            join_gradients(), stride=0, channels=x.shape[0], pixels=x.shape[1] * x.shape[2],
            **arrays, g=g, b=b,
        )  # fmt: skip
        program.backward_joins.append(Join(len(program.backward), join))

    def input_gradient(
        self,
        draft: Draft,
        stage: Stage[BatchNorm2D | BatchNorm1D],
        dz: View,
        dx: View,
        gate: View | None,
    ) -> None:
        """Emit one op; in inference the statistics are held fast, and their gradients are 0."""
        (x,), opener = draft.inputs(stage), gate or everywhere(dx.shape)
        op = make_op(
            backward(), **_sizes(x), **x.fields("x"), **dz.fields("dz"), **dx.fields("dx"),
            **opener.fields("gate"), **_arrays(draft, stage),
            in_use=IN_USE if draft.in_training else ONES,
        )  # fmt: skip
        draft.program.backward.append(op)

    def one_image(
        self,
        draft: OneImageDraft,
        stage: Stage[BatchNorm2D | BatchNorm1D],
        inputs: tuple[Pixels, ...],
        z: Pixels,
    ) -> None:
        """Emit one op, and the one that reads the statistics."""
        (x,), channels = inputs, stage.takes[0]
        arrays = {"kept": draft.memory.take(ARRAYS * _pad(stage)), "pad": _pad(stage)}
        draft.begin.append(make_op(read_running(), channels=channels, **arrays, **_places(stage)))
        _, rows, columns = x.shape if len(x.shape) == 3 else (0, 1, 1)
        op = make_op(
            one_image(), rows=rows, columns=columns, depth=-(-channels // 8) * 8, **x.fields("x"),
            **z.fields("z"), **arrays, floor=stage.floor,
        )  # fmt: skip
        draft.forward.append(op)


def _pad(stage: Stage[BatchNorm2D | BatchNorm1D]) -> int:
    """Return the floats of a number a channel, whole vectors of them."""
    return -(-stage.takes[0] // LANES) * LANES


def _arrays(draft: Draft, stage: Stage[BatchNorm2D | BatchNorm1D]) -> dict[str, int]:
    return {"kept": draft.kept[stage.number], "pad": _pad(stage)}


def _sizes(x: View) -> dict[str, int]:
    return dict(zip(("channels", "rows", "columns"), x.shape, strict=True))


def _places(stage: Stage[BatchNorm2D | BatchNorm1D]) -> dict[str, int]:
    places = dict(zip("gbmv", stage.parameters, strict=True))
    return {**places, "eps": bits_of(stage.layer.eps)}
