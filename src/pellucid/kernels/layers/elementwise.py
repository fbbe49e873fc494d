"""Layers that make one number of each: the loops over them, and how they become ops.

A layer's file says what a vector of numbers becomes, in a part ``value(x, setting)``, and what a
gradient does, in ``value(da, a, setting)`` with ``a`` what the layer gave, or what it took where
its ops say ``reads_input``. ``setting`` is a vector of the layer's one setting, where it has one.

Layout: ``[channel, row, column, lane]``, images innermost, each array with strides of its own, as
some lie inside a border. Channel, row, column, in the order of memory: every number is read and
written once. For one image: rows of pixels, channels last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pellucid.kernels.compiling.addresses import float_of
from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.vector import load, splat, store
from pellucid.kernels.layers.one_image import store_eight
from pellucid.kernels.program.arena import View, everywhere
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.layer_ops import LayerOps
from pellucid.kernels.program.one_image import OneImageDraft, Pixels
from pellucid.kernels.program.ops import bits_of, elementwise, make_op
from pellucid.kernels.program.stages import Stage
from pellucid.network.layers import Layer

__all__ = ["ElementwiseOps", "backward_of", "forward_of", "one_image_of"]

L = TypeVar("L", bound=Layer)


def forward_of(value: Any) -> Kernel:
    """Compile ``z = value(x)``; ``a`` is not read."""

    def _forward(
        arena, parameters, gradient, channels, rows, columns, x, x_channel, x_row, x_column, z,
        z_channel, z_row, z_column, a, a_channel, a_row, a_column, setting,
    ):  # fmt: skip
        known = splat(float_of(setting))
        for c in range(channels):
            for y in range(rows):
                source, to = x + c * x_channel + y * x_row, z + c * z_channel + y * z_row
                for _ in range(columns):
                    store(arena, to, value(load(arena, source), known))
                    source, to = source + x_column, to + z_column

    _forward.__module__ = value.__module__
    return compile_kernel(_forward)


def backward_of(value: Any) -> Kernel:
    """Compile ``z = value(x, a)``: ``x`` is da, ``z`` is dz, ``a`` the layer's output, or input."""

    def _backward(
        arena, parameters, gradient, channels, rows, columns, x, x_channel, x_row, x_column, z,
        z_channel, z_row, z_column, a, a_channel, a_row, a_column, setting,
    ):  # fmt: skip
        known = splat(float_of(setting))
        for c in range(channels):
            for y in range(rows):
                source, to = x + c * x_channel + y * x_row, z + c * z_channel + y * z_row
                output = a + c * a_channel + y * a_row
                for _ in range(columns):
                    store(arena, to, value(load(arena, source), load(arena, output), known))
                    source, to, output = source + x_column, to + z_column, output + a_column

    _backward.__module__ = value.__module__
    return compile_kernel(_backward)


def one_image_of(value: Any) -> Kernel:
    """Compile ``z = value(x)`` for lines of floats, each a whole number of eights."""

    def _one_image(
        arena, parameters, gradient, rows, floats, x, x_row, z, z_row, setting
    ):  # fmt: skip
        known = splat(float_of(setting))
        for y in range(rows):
            for at in range(0, floats, 8):
                store_eight(
                    arena, z + y * z_row + at, value(load(arena, x + y * x_row + at), known)
                )

    _one_image.__module__ = value.__module__
    return compile_kernel(_one_image)


class ElementwiseOps(LayerOps[L]):
    """Ops of such a layer, from its three kernels.

    With ``reads_input`` the backward is given what the layer took, in place of what it gave.
    """

    has_one_image = True

    def __init__(
        self,
        forward_kernel: Callable[[], Kernel],
        backward_kernel: Callable[[], Kernel],
        one_image_kernel: Callable[[], Kernel],
        *,
        reads_input: bool = False,
    ) -> None:
        self._forward = forward_kernel
        self._backward = backward_kernel
        self._one_image = one_image_kernel
        self._reads_input = reads_input

    def setting(self, layer: L) -> float:
        """Return the layer's setting."""
        return 0.0

    def forward(self, draft: Draft, stage: Stage[L]) -> None:
        """Emit one op."""
        (x,), setting = draft.inputs(stage), self.setting(stage.layer)
        op = elementwise(self._forward(), x, draft.output(stage), everywhere(x.shape), setting)
        draft.program.forward.append(op)

    def input_gradient(
        self, draft: Draft, stage: Stage[L], dz: View, dx: View, gate: View | None
    ) -> None:
        """Emit one op; nobody gives it a gate."""
        assert gate is None
        known = draft.inputs(stage)[0] if self._reads_input else draft.output(stage)
        a, setting = stage.as_taken(known), self.setting(stage.layer)
        draft.program.backward.append(elementwise(self._backward(), dz, dx, a, setting))

    def one_image(
        self, draft: OneImageDraft, stage: Stage[L], inputs: tuple[Pixels, ...], z: Pixels
    ) -> None:
        """Emit one op over the lines of the image."""
        (x,), (rows, floats) = inputs, z.lines
        op = make_op(
            self._one_image(), rows=rows, floats=floats, x=x.start, x_row=x.row, z=z.start,
            z_row=z.row, setting=bits_of(self.setting(stage.layer)),
        )  # fmt: skip
        draft.forward.append(op)
