"""How a convolution becomes ops: which of its ways is taken where.

A cost model over the shapes decides, so that the bits depend on the network alone: all products
(``direct_ops``), fewer products (``winograd_ops``, ``winograd_filters_ops``), or, backward through
a max pool, only the pixels that survive it (``survivors_ops``).
"""

from __future__ import annotations

from pellucid.kernels.layers.conv2d import (
    direct_ops,
    survivors_ops,
    winograd_filters_ops,
    winograd_ops,
)
from pellucid.kernels.program.arena import Border, View
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.layer_ops import LayerOps, ops_of
from pellucid.kernels.program.one_image import OneImageDraft, Pixels
from pellucid.kernels.program.stages import Stage, Sums
from pellucid.network.layers import Conv2D

__all__ = ["OPS"]


class Conv2DOps(LayerOps[Conv2D]):
    """Ops of a convolution."""

    has_floor = True
    has_gate = True
    reads_pixels = True

    def fits_one_image(self, stage: Stage[Conv2D]) -> bool:
        """Return whether it has no groups, or one for each channel."""
        return direct_ops.has_one_image(stage)

    def border(self, stage: Stage[Conv2D]) -> Border:
        """Return its padding."""
        (top, bottom), (left, right) = stage.layer.pads(stage.takes)
        return top, bottom, left, right

    def gradient_border(self, stage: Stage[Conv2D]) -> Border:
        """Return what the flipped filters reach beyond ``dz``."""
        return direct_ops.gradient_border(stage)

    def forward(self, draft: Draft, stage: Stage[Conv2D]) -> None:
        """Emit one op, or one for each group, and as many that pack its filters."""
        if winograd_ops.pays(stage) and not draft.keeps_ties:
            draft.program.forward.append(winograd_ops.op_of(draft, stage))
        else:
            direct_ops.emit_forward(draft, stage)

    def sums(self, draft: Draft, stage: Stage[Conv2D]) -> Sums:
        """Return room for the sums of the way that its backward takes."""
        if stage.number in draft.taken_over:
            return survivors_ops.allocate(draft, stage)
        return direct_ops.parameter_sums(draft, stage)

    def parameter_gradient(self, draft: Draft, stage: Stage[Conv2D], dz: View) -> None:
        """Emit the gradient of filters and bias from all of ``dz``."""
        way = winograd_filters_ops if winograd_filters_ops.pays(stage) else direct_ops
        way.emit_parameter_gradient(draft, stage, dz)

    def input_gradient(
        self, draft: Draft, stage: Stage[Conv2D], dz: View, dx: View, gate: View | None
    ) -> None:
        """Emit the gradient of the input from all of ``dz``."""
        way = winograd_ops if winograd_ops.gradient_pays(stage) else direct_ops
        way.emit_input_gradient(draft, stage, dz, dx, gate)

    def takes_over(self, draft: Draft, stage: Stage[Conv2D]) -> bool:
        """Return whether to go through the survivors of the pool after it."""
        return survivors_ops.pays(draft, stage)

    def backward_over(
        self, draft: Draft, stage: Stage[Conv2D], dp: View, to: View | None, gate: View | None
    ) -> None:
        """Emit both gradients by survivors; the input's from all of ``dz`` where that is less."""
        pool = survivors_ops.pool_after(draft, stage)
        assert pool is not None
        if to is None or not survivors_ops.passes_on_densely(stage, pool):
            survivors_ops.emit_survivors(draft, stage, pool, dp, to, gate)
            return
        dz = draft.memory.array(stage.gives)
        opener = draft.output(stage) if stage.has_relu else None
        ops_of(pool.layer).input_gradient(draft, pool, dp, dz, opener)
        winograd_ops.emit_input_gradient(draft, stage, dz, to, gate)
        survivors_ops.emit_survivors(draft, stage, pool, dp, None, None)

    def one_image(
        self, draft: OneImageDraft, stage: Stage[Conv2D], inputs: tuple[Pixels, ...], z: Pixels
    ) -> None:
        """Emit one op, and one that packs its filters, as forward does."""
        way = winograd_ops if winograd_ops.pays(stage) else direct_ops
        draft.forward.append(way.one_image_op(draft, stage, inputs[0], z))


OPS = Conv2DOps()
