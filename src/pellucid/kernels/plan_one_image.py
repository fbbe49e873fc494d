"""The program that takes one image through a network, with the kernels of one_image."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pellucid.kernels.compiling.emit import EIGHT, width_of
from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.layers import one_image
from pellucid.kernels.layers.conv2d import one_image_winograd, winograd, winograd_ops
from pellucid.kernels.layers.conv2d.channels_last import depth
from pellucid.kernels.program.arena import FLOOR_NONE, FLOOR_ZERO, ZEROS, Memory
from pellucid.kernels.program.draft import Stage, border_of, no_kernel, stages_of
from pellucid.kernels.program.ops import make_op, table
from pellucid.network.layers import Conv2D, Dense, MaxPool2D, ReLU, Sigmoid
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
        columns; where the logits appear; how many classes; and room for logits and probabilities as
        softmax takes them.
    """

    begin: NDArray[np.int64]
    forward: NDArray[np.int64]
    size: int
    layout: NDArray[np.int64]


@dataclass
class _Value:
    """An image ``[y, x, c]`` in the arena, or a flat array."""

    start: int
    row: int
    pixel: int
    shape: tuple[int, ...]

    def fields(self, name: str) -> dict[str, int]:
        return {name: self.start, f"{name}_row": self.row, f"{name}_column": self.pixel}


@dataclass
class _Draft:
    memory: Memory = field(default_factory=Memory)
    begin: list[list[int]] = field(default_factory=list)
    forward: list[list[int]] = field(default_factory=list)


@functools.lru_cache(maxsize=32)
def plan_for_one_image(network: Network) -> OneImagePlan:
    """Return the plan of a network for one image; its kernels are compiled or loaded here."""
    draft = _Draft()
    stages = stages_of(network)
    borders = [border_of(stage) for stage in stages]
    # A convolution reads pixel by pixel; whatever else comes first wants whole vectors.
    channels = network.input_shape[0]
    pixel = channels if isinstance(stages[0].layer, Conv2D) else depth(channels)
    image = _array(draft, network.input_shape, borders[0], pixel)
    value = image
    for k, stage in enumerate(stages):
        border = borders[k + 1] if k + 1 < len(stages) else (0, 0, 0, 0)
        if len(stage.takes) == 1 and len(value.shape) == 3:
            value = _flatten(draft, value)
        value = _emit(draft, stage, value, border)
    if len(value.shape) == 3:
        value = _flatten(draft, value)
    classes = network.classes
    room = draft.memory.take(2 * classes * LANES)
    layout = [
        image.start, image.row, image.pixel, *network.input_shape, value.start, classes, room,
        room + classes * LANES,
    ]  # fmt: skip
    return OneImagePlan(
        table(draft.begin), table(draft.forward), draft.memory.size,
        np.array(layout, dtype=np.int64),
    )  # fmt: skip


def _array(
    draft: _Draft, shape: tuple[int, ...], border: tuple[int, int, int, int], pixel: int
) -> _Value:
    """Return new memory for an image in a border of zeros, ``pixel`` floats a pixel."""
    top, bottom, left, right = border
    _, rows, columns = shape
    row = (left + columns + right) * pixel
    start = draft.memory.take((top + rows + bottom) * row)
    return _Value(start + top * row + left * pixel, row, pixel, shape)


def _flatten(draft: _Draft, x: _Value) -> _Value:
    channels, rows, columns = x.shape
    size = math.prod(x.shape)
    to = draft.memory.take(size)
    op = make_op(
        one_image.flatten(), channels=channels, rows=rows, columns=columns, **x.fields("x"), to=to
    )
    draft.forward.append(op)
    return _Value(to, size, 1, (size,))


def _emit(draft: _Draft, stage: Stage, x: _Value, border: tuple[int, int, int, int]) -> _Value:
    """Emit the ops of a stage; return where its output appears."""
    layer, floor = stage.layer, FLOOR_ZERO if stage.has_relu else FLOOR_NONE
    if len(stage.gives) == 1:
        size = stage.gives[0]
        z = _Value(draft.memory.take(size), size, 1, stage.gives)
    else:
        z = _array(draft, stage.gives, border, depth(stage.gives[0]))
    if isinstance(layer, Conv2D):
        has_fewer = winograd_ops.pays(stage)
        op = (_winograd if has_fewer else _conv2d)(draft, stage, layer, x, z, floor)
    elif isinstance(layer, Dense):
        op = make_op(
            one_image.dense(), outputs=stage.gives[0], inputs=stage.takes[0],
            w=stage.parameters[0], bias=stage.parameters[1], x=x.start, z=z.start, floor=floor,
        )  # fmt: skip
    elif isinstance(layer, MaxPool2D):
        step, pool = layer.stride_pair, layer.pool_pair
        op = make_op(
            one_image.maxpool2d(), rows=stage.gives[1], columns=stage.gives[2], depth=x.pixel,
            pool_rows=pool[0], pool_columns=pool[1], **x.fields("x"), x_step_row=step[0] * x.row,
            x_step_column=step[1] * x.pixel, **z.fields("z"),
        )  # fmt: skip
    elif isinstance(layer, ReLU | Sigmoid):
        kernel = one_image.relu() if isinstance(layer, ReLU) else one_image.sigmoid()
        rows, floats = (stage.gives[1], stage.gives[2] * x.pixel) if len(stage.gives) == 3 else (
            1, stage.gives[0]
        )  # fmt: skip
        op = make_op(
            kernel, rows=rows, floats=floats, x=x.start, x_row=x.row, z=z.start, z_row=z.row
        )
    else:
        raise no_kernel(layer)
    draft.forward.append(op)
    return z


def _conv2d(
    draft: _Draft, stage: Stage, layer: Conv2D, x: _Value, z: _Value, floor: int
) -> list[int]:
    filters, channels, (height, width) = stage.gives[0], stage.takes[0], layer.kernel_pair
    (top, _), (left, _) = layer.pads(stage.takes)
    step = layer.stride_pair
    floats, vectors, pixels = one_image.tiling(z.pixel, z.shape[2])
    blocks = z.pixel // (floats * vectors)
    weights = draft.memory.take(z.pixel * channels * height * width)
    biases = draft.memory.take(z.pixel)
    draft.begin.append(
        make_op(
            one_image.pack(), filters=filters, channels=channels, taps=height * width,
            block=floats * vectors, source=stage.parameters[0], bias=stage.parameters[1],
            weights=weights, biases=biases, blocks=blocks,
        )
    )  # fmt: skip
    return make_op(
        one_image.conv2d(floats, vectors, pixels), x=x.start - top * x.row - left * x.pixel,
        x_row=x.row, x_column=x.pixel, x_step_row=step[0] * x.row, x_step_column=step[1] * x.pixel,
        channels=channels, height=height, width=width, blocks=blocks, weights=weights,
        biases=biases, rows=z.shape[1], columns=z.shape[2], **z.fields("z"), floor=floor,
    )  # fmt: skip


def _winograd(
    draft: _Draft, stage: Stage, layer: Conv2D, x: _Value, z: _Value, floor: int
) -> list[int]:
    """Emit the same where the plan for many images does it with fewer multiplications."""
    filters, channels, (height, width) = stage.gives[0], stage.takes[0], layer.kernel_pair
    (top, _), (left, _) = layer.pads(stage.takes)
    tiles, points = winograd.tiles_of(z.shape[2]), winograd.points_of(width)
    floats, group = width_of(z.pixel), one_image_winograd.group_of(tiles, width)
    weights, sums = (
        draft.memory.take(points * z.pixel * channels * height),
        draft.memory.take(z.pixel),
    )
    draft.begin.append(
        make_op(
            winograd.pack(width), filters=filters, channels=channels, height=height, block=floats,
            blocks=z.pixel // floats, **winograd_ops.source_fields(stage),
            weights=weights, to_block=height * channels * points * floats,
            to_tap=points * floats, to_point=floats, sums=sums,
        )
    )  # fmt: skip
    eights = -(-channels // EIGHT) * EIGHT
    return make_op(
        one_image_winograd.forward(width, floats, group),
        x=x.start - top * x.row - left * x.pixel, x_row=x.row, x_column=x.pixel, channels=channels,
        height=height, rows=z.shape[1], columns=z.shape[2], tiles=tiles,
        ring=draft.memory.take(height * points * tiles * eights), weights=weights,
        blocks=z.pixel // floats, sums=sums, **z.fields("z"), floor=floor, zero=ZEROS,
    )  # fmt: skip
