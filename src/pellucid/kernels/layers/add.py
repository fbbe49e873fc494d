"""Add; its equations are in :mod:`pellucid.equations.add`.

``z = x + a``, ``dx = da = dz``

The kernel also adds up the gradients of a value that several layers read. Layout: ``[channel, row,
column, lane]``, images innermost, each array with strides of its own, as some lie inside a border.
Channel, row, column, in the order of memory. Backward there is nothing to compute: both inputs take
``dz`` as it is.
"""

from __future__ import annotations

import functools
from typing import Any

from pellucid.kernels.compiling import vector
from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.layers.relu import FIELDS
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.one_image import OneImageDraft, Pixels
from pellucid.kernels.program.ops import elementwise, make_op
from pellucid.kernels.program.stages import LayerOps, Stage
from pellucid.network.layers import Add

__all__ = ["OPS", "add", "add_one_image"]


@functools.cache
def add() -> Kernel:
    """``z = x + a``."""

    def _add(op: Any, arena: Any, parameters: Any, gradient: Any) -> None:
        for c in range(op[0]):
            for y in range(op[1]):
                x, z = op[3] + c * op[4] + y * op[5], op[7] + c * op[8] + y * op[9]
                a = op[11] + c * op[12] + y * op[13]
                for _ in range(op[2]):
                    total = vector.add(vector.load(arena, x), vector.load(arena, a))
                    vector.store(arena, z, total)
                    x, z, a = x + op[6], z + op[10], a + op[14]

    return compile_kernel(_add, tuple(FIELDS.split()))


_ONE_IMAGE = "rows floats x x_row a a_row z z_row"


@functools.cache
def add_one_image() -> Kernel:
    """``z = x + a``, for lines of floats."""

    def _add_one_image(op: Any, arena: Any, parameters: Any, gradient: Any) -> None:
        rows, floats, x, x_row, a, a_row, z, z_row = (
            op[0], op[1], op[2], op[3], op[4], op[5], op[6], op[7]
        )  # fmt: skip
        for y in range(rows):
            for at in range(floats):
                arena[z + y * z_row + at] = arena[x + y * x_row + at] + arena[a + y * a_row + at]

    return compile_kernel(_add_one_image, tuple(_ONE_IMAGE.split()))


class AddOps(LayerOps[Add]):
    """Ops of the sum that a Residual ends in."""

    is_sum = True
    has_one_image = True

    def forward(self, draft: Draft, stage: Stage[Add]) -> None:
        """Emit one op."""
        x, a = draft.inputs(stage)
        draft.program.forward.append(elementwise(add(), x, draft.output(stage), a))

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
