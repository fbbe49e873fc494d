"""Max pooling; its equations are in :mod:`pellucid.equations.maxpool2d`.

``p[c, y, x] = max_{i, j} x[c, y s + i - top, x s + j - left]``, over what lies in the image; ``dx``
at the winner's place is ``dp``, summed over the windows that it wins, 0 elsewhere

Layout: ``x[c, y, x, lane]``, images innermost. Forward keeps, beside the largest value, which place
of the window it came from, counted row by row, as a float of the same layout. Loop order: channel,
row and column of the output, then the window, whose best value and place stay in registers; the
first of equals wins because the window is gone through row by row. Of a window that reaches beyond
the image, the rows and columns inside are gone through; places are counted in the whole window.

Backward, in training only, gives each pooled gradient to that place. Windows that do not overlap
write every pixel they cover once and nothing has to be cleared; the pixels that no window covers
were zero from the start. Overlapping windows add, after the pixels were set to zero. Where a ReLU
comes before the pool, its mask is applied to the pooled gradient: the winner passed the ReLU if the
maximum did.
"""

from __future__ import annotations

import functools
import math

from numba import types

from pellucid.kernels.compiling import vector
from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.vector import (
    LANES,
    add,
    load,
    splat,
    store,
    where_equal,
    winner,
)
from pellucid.kernels.layers import one_image
from pellucid.kernels.layers.pool import clipped_fields
from pellucid.kernels.program.arena import View, everywhere
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.layer_ops import LayerOps
from pellucid.kernels.program.one_image import OneImageDraft, Pixels
from pellucid.kernels.program.ops import make_op
from pellucid.kernels.program.stages import Stage
from pellucid.network.layers import MaxPool2D

__all__ = ["OPS", "backward", "forward"]


@functools.cache
def forward() -> Kernel:
    """``p[c, y, x]`` is the largest of its window; the first of equals, and NaN over all."""

    def _forward(
        arena, parameters, gradient, channels, rows, columns, pool_rows, pool_columns, step_row,
        step_column, top, left, x, x_channel, x_row, x_column, x_rows, x_columns, p, p_channel,
        p_row, p_column, place,
    ):  # fmt: skip
        for c in range(channels):
            for row in range(rows):
                y = row * step_row - top
                above, below = max(0, -y), min(pool_rows, x_rows - y)
                for column in range(columns):
                    u = column * step_column - left
                    before, end = max(0, -u), min(pool_columns, x_columns - u)
                    corner = x + c * x_channel + y * x_row + u * x_column
                    best = load(arena, corner + above * x_row + before * x_column)
                    first = splat(types.float32(above * pool_columns + before))
                    for i in range(above, below):
                        for j in range(before, end):
                            value = load(arena, corner + i * x_row + j * x_column)
                            here = splat(types.float32(i * pool_columns + j))
                            first = winner(value, best, here, first)
                            best = winner(value, best, value, best)
                    store(arena, p + c * p_channel + row * p_row + column * p_column, best)
                    store(arena, place, first)
                    place += LANES

    return compile_kernel(_forward)


@functools.cache
def backward() -> Kernel:
    """``dx`` at the winner's place is ``dp``, summed over windows, 0 elsewhere."""

    def _backward(
        arena, parameters, gradient, channels, rows, columns, pool_rows, pool_columns, step_row,
        step_column, top, left, dx, dx_channel, dx_row, dx_column, dx_rows, dx_columns, dp,
        dp_channel, dp_row, dp_column, place, overlap, gate, gate_channel, gate_row, gate_column,
    ):  # fmt: skip
        zero = splat(types.float32(0.0))
        if overlap:
            for c in range(channels):
                for y in range(dx_rows):
                    for column in range(dx_columns):
                        store(arena, dx + c * dx_channel + y * dx_row + column * dx_column, zero)
        for c in range(channels):
            for row in range(rows):
                y = row * step_row - top
                above, below = max(0, -y), min(pool_rows, dx_rows - y)
                for column in range(columns):
                    u = column * step_column - left
                    before, end = max(0, -u), min(pool_columns, dx_columns - u)
                    delta = load(arena, dp + c * dp_channel + row * dp_row + column * dp_column)
                    passed = gate + c * gate_channel + row * gate_row + column * gate_column
                    delta = vector.gate(delta, load(arena, passed))
                    first = load(arena, place)
                    place += LANES
                    corner = dx + c * dx_channel + y * dx_row + u * dx_column
                    for i in range(above, below):
                        for j in range(before, end):
                            at = corner + i * dx_row + j * dx_column
                            here = splat(types.float32(i * pool_columns + j))
                            share = where_equal(first, here, delta)
                            if overlap:
                                share = add(share, load(arena, at))
                            store(arena, at, share)

    return compile_kernel(_backward)


class MaxPool2DOps(LayerOps[MaxPool2D]):
    """Ops of a max pool."""

    has_gate = True
    passes_floor = True
    has_one_image = True

    def forward(self, draft: Draft, stage: Stage[MaxPool2D]) -> None:
        """Emit one op, which keeps the winners for the backward."""
        (x,), p = draft.inputs(stage), draft.output(stage)
        draft.kept[stage.number] = draft.memory.take(math.prod(stage.gives) * LANES)
        op = make_op(
            forward(), channels=p.shape[0], rows=p.shape[1], columns=p.shape[2],
            **clipped_fields(stage.layer, x, "x"), **p.fields("p"),
            place=draft.kept[stage.number],
        )  # fmt: skip
        draft.program.forward.append(op)

    def input_gradient(
        self, draft: Draft, stage: Stage[MaxPool2D], dz: View, dx: View, gate: View | None
    ) -> None:
        """Emit one op."""
        # The winner passed the ReLU before the pool if the maximum did: the pooled value decides.
        opener = everywhere(dz.shape) if gate is None else draft.output(stage)
        step, pool = stage.layer.stride_pair, stage.layer.pool_pair
        op = make_op(
            backward(), channels=dz.shape[0], rows=dz.shape[1], columns=dz.shape[2],
            **clipped_fields(stage.layer, dx, "dx"), **dz.fields("dp"),
            place=draft.kept[stage.number],
            overlap=int(step[0] < pool[0] or step[1] < pool[1]), **opener.fields("gate"),
        )  # fmt: skip
        draft.program.backward.append(op)

    def one_image(
        self, draft: OneImageDraft, stage: Stage[MaxPool2D], inputs: tuple[Pixels, ...], z: Pixels
    ) -> None:
        """Emit one op."""
        (x,) = inputs
        op = make_op(
            one_image.maxpool2d(), rows=stage.gives[1], columns=stage.gives[2], depth=x.pixel,
            **clipped_fields(stage.layer, x, "x"), **z.fields("z"),
        )  # fmt: skip
        draft.forward.append(op)


OPS = MaxPool2DOps()
