"""Layers that go over an array element by element: how they become ops."""

from __future__ import annotations

from typing import TypeVar

from pellucid.kernels.compiling.compile import Kernel
from pellucid.kernels.program.arena import View, everywhere
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.one_image import OneImageDraft, Pixels
from pellucid.kernels.program.ops import elementwise, make_op
from pellucid.kernels.program.stages import LayerOps, Stage
from pellucid.network.layers import Layer

__all__ = ["ElementwiseOps"]

L = TypeVar("L", bound=Layer)


class ElementwiseOps(LayerOps[L]):
    """Ops of a layer whose kernels have the fields of every elementwise op.

    Its backward computes ``z`` = dx from ``x`` = dz and ``a`` = what the layer gave.
    """

    has_one_image = True

    def forward_kernel(self) -> Kernel:
        """Return the kernel with ``z = f(x)``."""
        raise NotImplementedError

    def backward_kernel(self) -> Kernel:
        """Return the kernel with ``z = x f'``, where f' is known from ``a``."""
        raise NotImplementedError

    def one_image_kernel(self) -> Kernel:
        """Return the kernel with ``z = f(x)`` for lines of floats."""
        raise NotImplementedError

    def settings(self, layer: L) -> dict[str, int]:
        """Return the fields that say the layer's settings, for all three."""
        return {}

    def forward(self, draft: Draft, stage: Stage[L]) -> None:
        """Emit one op."""
        (x,), settings = draft.inputs(stage), self.settings(stage.layer)
        op = elementwise(
            self.forward_kernel(), x, draft.output(stage), everywhere(x.shape), **settings
        )
        draft.program.forward.append(op)

    def input_gradient(
        self, draft: Draft, stage: Stage[L], dz: View, dx: View, gate: View | None
    ) -> None:
        """Emit one op; nobody gives it a gate."""
        assert gate is None
        a, settings = stage.as_taken(draft.output(stage)), self.settings(stage.layer)
        op = elementwise(self.backward_kernel(), dz, dx, a, **settings)
        draft.program.backward.append(op)

    def one_image(
        self, draft: OneImageDraft, stage: Stage[L], inputs: tuple[Pixels, ...], z: Pixels
    ) -> None:
        """Emit one op over the lines of the image."""
        (x,), (rows, floats) = inputs, z.lines
        op = make_op(
            self.one_image_kernel(), rows=rows, floats=floats, x=x.start, x_row=x.row, z=z.start,
            z_row=z.row, **self.settings(stage.layer),
        )  # fmt: skip
        draft.forward.append(op)
