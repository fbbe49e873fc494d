"""The program that takes one image through a network, with the kernels of one_image."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.layers import one_image
from pellucid.kernels.layers.conv2d.channels_last import depth
from pellucid.kernels.program.arena import Border
from pellucid.kernels.program.layer_ops import ops_of, stages_of
from pellucid.kernels.program.loss import loss_op
from pellucid.kernels.program.one_image import OneImageDraft, Pixels
from pellucid.kernels.program.ops import make_op, table
from pellucid.kernels.program.stages import Stage, readers_of, widest
from pellucid.network.network import Network

__all__ = ["OneImagePlan", "plan_for_one_image"]


@dataclass(frozen=True, eq=False)
class OneImagePlan:
    """The program of a network for one image after another.

    Attributes
    ----------
    begin, forward : ndarray of shape (ops, OP_WIDTH), int64
        The ops to run before the first image, and for each.
    size : int
        Floats in an arena.
    layout : ndarray of int64
        Where the image goes, with the floats of its rows and pixels, and its channels, rows and
        columns; where the logits appear, where the loss takes them, and how many there are.
    loss : ndarray of int64
        The op after forward; whoever runs the plan needs a copy to write into.
    """

    begin: NDArray[np.int64]
    forward: NDArray[np.int64]
    size: int
    layout: NDArray[np.int64]
    loss: NDArray[np.int64]


@functools.lru_cache(maxsize=32)
def plan_for_one_image(network: Network) -> OneImagePlan | None:
    """Return the plan of a network for one image; its kernels are compiled or loaded here.

    None where a layer has no kernel for one image: then few images go the way of many.
    """
    stages = stages_of(network)
    if not all(ops_of(stage.layer).fits_one_image(stage) for stage in stages):
        return None
    planner = _Planner(network, stages)
    for stage in stages:
        planner.emit(stage)
    logits, classes = planner.flat(len(stages)), network.classes
    image, memory = planner.values[0], planner.draft.memory
    room = memory.take(2 * classes * LANES)
    layout = [
        image.start, image.row, image.pixel, *network.input_shape, logits.start, room, classes,
    ]  # fmt: skip
    loss = loss_op(
        network.loss, logits=room, delta=room + classes * LANES, size=classes, is_training=False
    )
    return OneImagePlan(
        table(planner.draft.begin), table(planner.draft.forward), memory.size,
        np.array(layout, dtype=np.int64), loss,
    )  # fmt: skip


class _Planner:
    """Lays out the values of a network for one image, and emits its stages."""

    def __init__(self, network: Network, stages: list[Stage[Any]]) -> None:
        self.draft = OneImageDraft()
        self._readers = readers_of(stages)
        self._flat: dict[int, Pixels] = {}
        channels = network.input_shape[0]
        readers = self._readers.get(0, [])
        reads_pixels = all(ops_of(stage.layer).reads_pixels for stage in readers)
        pixel = channels if reads_pixels else depth(channels)
        self.values = [self.draft.image(network.input_shape, pixel, self._border(0))]

    def emit(self, stage: Stage[Any]) -> None:
        """Emit the ops of a stage; where its output appears is its value."""
        if len(stage.gives) == 1:
            z = self.draft.flat(stage.gives[0])
        else:
            border = self._border(stage.number + 1)
            z = self.draft.image(stage.gives, depth(stage.gives[0]), border)
        is_flat = len(stage.takes) == 1
        inputs = tuple(self.flat(v) if is_flat else self.values[v] for v in stage.inputs)
        ops_of(stage.layer).one_image(self.draft, stage, inputs, z)
        self.values.append(z)

    def flat(self, value: int) -> Pixels:
        """Return a value as a flat array; an image is turned once, for all that want it so."""
        x = self.values[value]
        if len(x.shape) == 1:
            return x
        if value not in self._flat:
            channels, rows, columns = x.shape
            self._flat[value] = self.draft.flat(math.prod(x.shape))
            op = make_op(
                one_image.flatten(), channels=channels, rows=rows, columns=columns,
                **x.fields("x"), to=self._flat[value].start,
            )  # fmt: skip
            self.draft.forward.append(op)
        return self._flat[value]

    def _border(self, value: int) -> Border:
        readers = self._readers.get(value, [])
        return widest(ops_of(stage.layer).border(stage) for stage in readers)
