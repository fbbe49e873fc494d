"""Global max pooling; its equations are in :mod:`pellucid.equations.globalmaxpool2d`.

``p[c] = max_{y, x} x[c, y, x]``; ``dx`` at the winner's place is ``dp``, 0 elsewhere

It is :mod:`pellucid.kernels.layers.maxpool2d` with one window, the whole channel: layout, loop
order, and the mask of a ReLU before it are as they are there.
"""

from __future__ import annotations

from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.layers import maxpool2d, one_image
from pellucid.kernels.layers.pool import clipped_fields
from pellucid.kernels.program.arena import View, everywhere
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.layer_ops import LayerOps
from pellucid.kernels.program.one_image import OneImageDraft, Pixels
from pellucid.kernels.program.ops import make_op
from pellucid.kernels.program.stages import Stage
from pellucid.network.layers import GlobalMaxPool2D, MaxPool2D

__all__ = ["OPS"]


class GlobalMaxPool2DOps(LayerOps[GlobalMaxPool2D]):
    """Ops of a global max pool."""

    has_gate = True
    passes_floor = True
    has_one_image = True

    def forward(self, draft: Draft, stage: Stage[GlobalMaxPool2D]) -> None:
        """Emit one op, which keeps the winners for the backward."""
        (x,), p = draft.inputs(stage), draft.output(stage)
        draft.kept[stage.number] = draft.memory.take(x.shape[0] * LANES)
        op = make_op(
            maxpool2d.forward(), channels=x.shape[0], rows=1, columns=1, **_whole(x, "x"),
            **p.fields("p"), place=draft.kept[stage.number],
        )  # fmt: skip
        draft.program.forward.append(op)

    def input_gradient(
        self, draft: Draft, stage: Stage[GlobalMaxPool2D], dz: View, dx: View, gate: View | None
    ) -> None:
        """Emit one op."""
        # The winner passed the ReLU before the pool if the maximum did: the pooled value decides.
        opener = everywhere(dz.shape) if gate is None else draft.output(stage)
        op = make_op(
            maxpool2d.backward(), channels=dx.shape[0], rows=1, columns=1, **_whole(dx, "dx"),
            **dz.fields("dp"), place=draft.kept[stage.number], overlap=0, **opener.fields("gate"),
        )  # fmt: skip
        draft.program.backward.append(op)

    def one_image(
        self,
        draft: OneImageDraft,
        stage: Stage[GlobalMaxPool2D],
        inputs: tuple[Pixels, ...],
        z: Pixels,
    ) -> None:
        """Emit one op."""
        (x,) = inputs
        op = make_op(
            one_image.maxpool2d(), rows=1, columns=1, depth=x.pixel, **_whole(x, "x"),
            **z.fields("z"),
        )  # fmt: skip
        draft.forward.append(op)


def _whole(view: View | Pixels, name: str) -> dict[str, int]:
    """Return the fields for the unpooled array, under one window."""
    rows, columns = view.shape[1:]
    return clipped_fields(MaxPool2D((rows, columns)), view, name)


OPS = GlobalMaxPool2DOps()
