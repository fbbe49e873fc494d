"""Average pooling; its equations are in :mod:`pellucid.equations.averagepool2d`.

``p[c, y, x] = sum_{i, j} x_padded[c, y s + i, x s + j] / (PH PW)``; ``dx`` is the sum of
``dp / (PH PW)`` over the windows that a pixel lies in

Layout: ``x[c, y, x, lane]``, images innermost, padding a border of zeros around the image. Loop
order, forward: channel, row and column of the output, then the window, row by row. A row is summed
in a register, and the rows' sums in another; those of large windows in blocks
(:mod:`pellucid.kernels.layers.sums`), so that they lose no more than small ones. Backward, in
training only: channel, row and column of the input, then the windows that reach it, so that every
pixel is written once, overlap or not, and one that no window reaches becomes 0. A ReLU's mask
before the pool closes pixels as they are written.

For one image, channels last, the window is gone through in the same order, to the same bits.
"""

from __future__ import annotations

import functools
import math

from numba import types

from pellucid.kernels.compiling.addresses import float_of
from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.vector import add, gate, load, mul, splat, store
from pellucid.kernels.layers.one_image import store_eight
from pellucid.kernels.layers.pool import clipped_fields, pool_fields
from pellucid.kernels.layers.sums import LINE, is_long, sum_in_blocks
from pellucid.kernels.program.arena import Border, View, everywhere
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.layer_ops import LayerOps
from pellucid.kernels.program.one_image import OneImageDraft, Pixels
from pellucid.kernels.program.ops import bits_of, make_op
from pellucid.kernels.program.stages import Stage
from pellucid.network.layers import AveragePool2D

__all__ = ["OPS", "backward", "forward", "one_image"]


@functools.cache
def forward(in_blocks: bool) -> Kernel:
    """``p[c, y, x]`` is the sum of its window times ``share``."""

    def _forward(
        arena, parameters, gradient, channels, rows, columns, pool_rows, pool_columns, x, x_channel,
        x_row, x_column, x_step_row, x_step_column, p, p_channel, p_row, p_column, share,
    ):  # fmt: skip
        each = splat(float_of(share))
        for c in range(channels):
            for row in range(rows):
                for column in range(columns):
                    corner = x + c * x_channel + row * x_step_row + column * x_step_column
                    total = splat(types.float32(0.0))
                    if in_blocks:
                        total = sum_in_blocks(
                            arena, corner, pool_rows, pool_columns, x_row, x_column
                        )
                    else:
                        for i in range(pool_rows):
                            of_row = splat(types.float32(0.0))
                            for j in range(pool_columns):
                                of_row = add(of_row, load(arena, corner + i * x_row + j * x_column))
                            total = add(total, of_row)
                    to = p + c * p_channel + row * p_row + column * p_column
                    store(arena, to, mul(total, each))

    return compile_kernel(_forward, int(in_blocks))


@functools.cache
def backward(in_blocks: bool) -> Kernel:
    """``dx`` is the sum of ``dp`` over the windows that reach it, times ``share``, gated."""

    def _backward(
        arena, parameters, gradient, channels, rows, columns, pool_rows, pool_columns, step_row,
        step_column, top, left, dx, dx_channel, dx_row, dx_column, dx_rows, dx_columns, dp,
        dp_channel, dp_row, dp_column, gate_, gate_channel, gate_row, gate_column, share,
    ):  # fmt: skip
        each = splat(float_of(share))
        for c in range(channels):
            for y in range(dx_rows):
                # The windows whose rows, or columns, reach this one.
                first = max(0, (y + top - pool_rows + step_row) // step_row)
                last = min(rows, (y + top) // step_row + 1)
                for u in range(dx_columns):
                    before = max(0, (u + left - pool_columns + step_column) // step_column)
                    end = min(columns, (u + left) // step_column + 1)
                    total = splat(types.float32(0.0))
                    if in_blocks:
                        at = dp + c * dp_channel + first * dp_row + before * dp_column
                        total = sum_in_blocks(
                            arena, at, last - first, end - before, dp_row, dp_column
                        )
                    else:
                        for row in range(first, last):
                            for column in range(before, end):
                                at = dp + c * dp_channel + row * dp_row + column * dp_column
                                total = add(total, load(arena, at))
                    opener = load(arena, gate_ + c * gate_channel + y * gate_row + u * gate_column)
                    to = dx + c * dx_channel + y * dx_row + u * dx_column
                    store(arena, to, gate(mul(total, each), opener))

    return compile_kernel(_backward, int(in_blocks))


@functools.cache
def one_image(in_blocks: bool) -> Kernel:
    """``z[y, x, c]`` is the sum of its window times ``share``, eight channels at a time."""

    def _one_image(
        arena, parameters, gradient, rows, columns, depth, pool_rows, pool_columns, x, x_row,
        x_column, x_step_row, x_step_column, z, z_row, z_column, share,
    ):  # fmt: skip
        each = splat(float_of(share))
        for row in range(rows):
            for column in range(columns):
                corner = x + row * x_step_row + column * x_step_column
                to = z + row * z_row + column * z_column
                for c in range(0, depth, 8):
                    total = splat(types.float32(0.0))
                    if in_blocks:
                        total = sum_in_blocks(
                            arena, corner + c, pool_rows, pool_columns, x_row, x_column
                        )
                    else:
                        for i in range(pool_rows):
                            at, of_row = corner + c + i * x_row, splat(types.float32(0.0))
                            for j in range(pool_columns):
                                of_row = add(of_row, load(arena, at + j * x_column))
                            total = add(total, of_row)
                    store_eight(arena, to + c, mul(total, each))

    return compile_kernel(_one_image, int(in_blocks))


class AveragePool2DOps(LayerOps[AveragePool2D]):
    """Ops of an average pool."""

    has_gate = True
    has_one_image = True

    def border(self, stage: Stage[AveragePool2D]) -> Border:
        """Return its padding."""
        top, left = stage.layer.pad_pair
        return top, top, left, left

    def forward(self, draft: Draft, stage: Stage[AveragePool2D]) -> None:
        """Emit one op."""
        (x,), p = draft.inputs(stage), draft.output(stage)
        op = make_op(
            forward(is_long(*stage.layer.pool_pair)), channels=p.shape[0], rows=p.shape[1],
            columns=p.shape[2], **pool_fields(stage.layer, x, "x"), **p.fields("p"),
            share=_share(stage.layer),
        )  # fmt: skip
        draft.program.forward.append(op)

    def input_gradient(
        self, draft: Draft, stage: Stage[AveragePool2D], dz: View, dx: View, gate: View | None
    ) -> None:
        """Emit one op."""
        opener = gate or everywhere(dx.shape)
        op = make_op(
            backward(_is_reached_by_many(stage.layer)), channels=dz.shape[0], rows=dz.shape[1],
            columns=dz.shape[2], **clipped_fields(stage.layer, dx, "dx"), **dz.fields("dp"),
            **opener.fields("gate"), share=_share(stage.layer),
        )  # fmt: skip
        draft.program.backward.append(op)

    def one_image(
        self,
        draft: OneImageDraft,
        stage: Stage[AveragePool2D],
        inputs: tuple[Pixels, ...],
        z: Pixels,
    ) -> None:
        """Emit one op."""
        (x,) = inputs
        op = make_op(
            one_image(is_long(*stage.layer.pool_pair)), rows=stage.gives[1],
            columns=stage.gives[2], depth=x.pixel,
            **pool_fields(stage.layer, x, "x"), **z.fields("z"), share=_share(stage.layer),
        )  # fmt: skip
        draft.forward.append(op)


def _is_reached_by_many(layer: AveragePool2D) -> bool:
    """Return whether a pixel lies in so many windows that their gradients are added in blocks."""
    sides = zip(layer.pool_pair, layer.stride_pair, strict=True)
    return math.prod(-(-pool // step) for pool, step in sides) > LINE


def _share(layer: AveragePool2D) -> int:
    """Return one over the values of a window, as a field holds it."""
    return bits_of(1.0 / (layer.pool_pair[0] * layer.pool_pair[1]))


OPS = AveragePool2DOps()
