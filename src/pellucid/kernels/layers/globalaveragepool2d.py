"""Global average pooling; its equations are in :mod:`pellucid.equations.globalaveragepool2d`.

``p[c] = sum_{y, x} x[c, y, x] / (H W)``; ``dx[c, y, x] = dp[c] / (H W)``

Layout: ``x[c, y, x, lane]``, images innermost; ``p`` is flat. Loop order: channel, row, column. A
row is summed in a register, and the rows' sums in another; those of large images in blocks
(:mod:`pellucid.kernels.layers.sums`), so that they lose no more than small ones. Backward, in
training only, a ReLU's mask before the pool closes pixels as they are written.

For one image, channels last, eight channels at a time, the sums have the same order, to the same
bits.
"""

from __future__ import annotations

import functools

from numba import types

from pellucid.kernels.compiling.addresses import float_of
from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.vector import add, gate, load, mul, splat, store
from pellucid.kernels.layers.one_image import store_eight
from pellucid.kernels.layers.sums import is_long, sum_in_blocks
from pellucid.kernels.program.arena import View, everywhere
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.layer_ops import LayerOps
from pellucid.kernels.program.one_image import OneImageDraft, Pixels
from pellucid.kernels.program.ops import bits_of, make_op
from pellucid.kernels.program.stages import Stage
from pellucid.network.layers import GlobalAveragePool2D, Shape

__all__ = ["OPS", "backward", "forward", "one_image"]


@functools.cache
def forward(in_blocks: bool) -> Kernel:
    """``p[c]`` is the sum of its channel times ``share``."""

    def _forward(
        arena, parameters, gradient, channels, rows, columns, x, x_channel, x_row, x_column, p,
        p_channel, share,
    ):  # fmt: skip
        each = splat(float_of(share))
        for c in range(channels):
            total = splat(types.float32(0.0))
            if in_blocks:
                total = sum_in_blocks(arena, x + c * x_channel, rows, columns, x_row, x_column)
            else:
                for y in range(rows):
                    at, of_row = x + c * x_channel + y * x_row, splat(types.float32(0.0))
                    for _ in range(columns):
                        of_row = add(of_row, load(arena, at))
                        at += x_column
                    total = add(total, of_row)
            store(arena, p + c * p_channel, mul(total, each))

    return compile_kernel(_forward, int(in_blocks))


@functools.cache
def backward() -> Kernel:
    """``dx[c, y, x] = dp[c] share``, gated."""

    def _backward(
        arena, parameters, gradient, channels, rows, columns, dx, dx_channel, dx_row, dx_column, dp,
        dp_channel, gate_, gate_channel, gate_row, gate_column, share,
    ):  # fmt: skip
        each = splat(float_of(share))
        for c in range(channels):
            delta = mul(load(arena, dp + c * dp_channel), each)
            for y in range(rows):
                to, opener = dx + c * dx_channel + y * dx_row, gate_ + c * gate_channel
                opener += y * gate_row
                for _ in range(columns):
                    store(arena, to, gate(delta, load(arena, opener)))
                    to, opener = to + dx_column, opener + gate_column

    return compile_kernel(_backward)


@functools.cache
def one_image(in_blocks: bool) -> Kernel:
    """``z[c]`` is the sum of its channel times ``share``, eight channels at a time."""

    def _one_image(
        arena, parameters, gradient, rows, columns, depth, x, x_row, x_column, z, share
    ):  # fmt: skip
        each = splat(float_of(share))
        for c in range(0, depth, 8):
            total = splat(types.float32(0.0))
            if in_blocks:
                total = sum_in_blocks(arena, x + c, rows, columns, x_row, x_column)
            else:
                for y in range(rows):
                    at, of_row = x + c + y * x_row, splat(types.float32(0.0))
                    for _ in range(columns):
                        of_row = add(of_row, load(arena, at))
                        at += x_column
                    total = add(total, of_row)
            store_eight(arena, z + c, mul(total, each))

    return compile_kernel(_one_image, int(in_blocks))


class GlobalAveragePool2DOps(LayerOps[GlobalAveragePool2D]):
    """Ops of a global average pool."""

    has_gate = True
    has_one_image = True

    def forward(self, draft: Draft, stage: Stage[GlobalAveragePool2D]) -> None:
        """Emit one op."""
        (x,), p = draft.inputs(stage), draft.output(stage)
        op = make_op(
            forward(is_long(*x.shape[1:])), channels=x.shape[0], rows=x.shape[1],
            columns=x.shape[2], **x.fields("x"), p=p.start, p_channel=p.channel,
            share=_share(stage.takes),
        )  # fmt: skip
        draft.program.forward.append(op)

    def input_gradient(
        self, draft: Draft, stage: Stage[GlobalAveragePool2D], dz: View, dx: View, gate: View | None
    ) -> None:
        """Emit one op."""
        opener = gate or everywhere(dx.shape)
        op = make_op(
            backward(), channels=dx.shape[0], rows=dx.shape[1], columns=dx.shape[2],
            **dx.fields("dx"), dp=dz.start, dp_channel=dz.channel, **opener.fields("gate"),
            share=_share(stage.takes),
        )  # fmt: skip
        draft.program.backward.append(op)

    def one_image(
        self,
        draft: OneImageDraft,
        stage: Stage[GlobalAveragePool2D],
        inputs: tuple[Pixels, ...],
        z: Pixels,
    ) -> None:
        """Emit one op."""
        (x,) = inputs
        op = make_op(
            one_image(is_long(*stage.takes[1:])), rows=stage.takes[1], columns=stage.takes[2],
            depth=x.pixel, **x.fields("x"), z=z.start, share=_share(stage.takes),
        )  # fmt: skip
        draft.forward.append(op)


def _share(shape: Shape) -> int:
    """Return one over the pixels of a channel, as a field holds it."""
    return bits_of(1.0 / (shape[1] * shape[2]))


OPS = GlobalAveragePool2DOps()
