"""Add; its equations are in :mod:`pellucid.equations.add`.

``z = x + a``, ``dx = da = dz``

The kernel also adds up the gradients of a value that several layers read. Layout: ``[channel, row,
column, lane]``, images innermost, each array with strides of its own, as some lie inside a border.
Channel, row, column, in the order of memory. Backward there is nothing to compute: both inputs take
``dz`` as it is.
"""

from __future__ import annotations

import functools

from pellucid.kernels.compiling import vector
from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.layer_ops import LayerOps
from pellucid.kernels.program.one_image import OneImageDraft, Pixels
from pellucid.kernels.program.ops import elementwise, make_op
from pellucid.kernels.program.stages import Stage
from pellucid.network.layers import Add

__all__ = ["OPS", "add", "add_one_image"]


@functools.cache
def add() -> Kernel:
    """``z = x + a``."""

    def _add(
        arena, parameters, gradient, channels, rows, columns, x, x_channel, x_row, x_column, z,
        z_channel, z_row, z_column, a, a_channel, a_row, a_column,
    ):  # fmt: skip
        for c in range(channels):
            for y in range(rows):
                first, to = x + c * x_channel + y * x_row, z + c * z_channel + y * z_row
                second = a + c * a_channel + y * a_row
                for _ in range(columns):
                    total = vector.add(vector.load(arena, first), vector.load(arena, second))
                    vector.store(arena, to, total)
                    first, to, second = first + x_column, to + z_column, second + a_column

    return compile_kernel(_add)


@functools.cache
def add_one_image() -> Kernel:
    """``z = x + a``, for lines of floats."""

    def _add_one_image(
        arena, parameters, gradient, rows, floats, x, x_row, a, a_row, z, z_row
    ):  # fmt: skip
        for y in range(rows):
            for at in range(floats):
                arena[z + y * z_row + at] = arena[x + y * x_row + at] + arena[a + y * a_row + at]

    return compile_kernel(_add_one_image)


class AddOps(LayerOps[Add]):
    """Ops of the sum that a Residual ends in."""

    is_sum = True
    has_one_image = True

    def forward(self, draft: Draft, stage: Stage[Add]) -> None:
        """Emit one op."""
        x, a = draft.inputs(stage)
        draft.program.forward.append(elementwise(add(), x, draft.output(stage), a, None))

    def one_image(
        self, draft: OneImageDraft, stage: Stage[Add], inputs: tuple[Pixels, ...], z: Pixels
    ) -> None:
        """Emit one op over the lines of the image."""
        (x, a), (rows, floats) = inputs, z.lines
        op = make_op(
            add_one_image(), rows=rows, floats=floats, x=x.start, x_row=x.row, a=a.start,
            a_row=a.row, z=z.start, z_row=z.row,
        )  # fmt: skip
        draft.forward.append(op)


OPS = AddOps()
