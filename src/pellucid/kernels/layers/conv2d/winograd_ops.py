"""Convolutions that are computed with fewer multiplications, and where that pays.

A part of :mod:`pellucid.kernels.layers.conv2d.ops`.
"""

from __future__ import annotations

import math

from pellucid.kernels.compiling.emit import EIGHT, width_of
from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.layers.conv2d import forward as conv2d
from pellucid.kernels.layers.conv2d import one_image_winograd, winograd, winograd_gradient
from pellucid.kernels.layers.conv2d.winograd_matrices import WIDTHS
from pellucid.kernels.program import blocks
from pellucid.kernels.program.arena import ZEROS, Shared, View, everywhere
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.one_image import OneImageDraft, Pixels
from pellucid.kernels.program.ops import make_op
from pellucid.kernels.program.stages import Stage
from pellucid.network.layers import Conv2D

__all__ = [
    "emit_input_gradient",
    "fits",
    "gradient_cost",
    "gradient_pays",
    "has_points",
    "one_image_op",
    "op_of",
    "pays",
    "source_fields",
]


FEWEST = 8
"""Sums of a register tile below which a multiply-add waits for the one before."""


def has_points(layer: Conv2D) -> bool:
    """Return whether a layer has stride 1, no groups or dilation, and a width with points."""
    is_plain = (layer.stride_pair, layer.dilation_pair, layer.groups) == ((1, 1), (1, 1), 1)
    return is_plain and layer.kernel_pair[1] in WIDTHS


def fits(stage: Stage[Conv2D], planes: int | None = None) -> bool:
    """Return whether there is a kernel for a stage: its stride is 1, and its rows fill a group.

    There is none for groups and dilation. It gives ``planes`` channels: by default the stage's
    filters.
    """
    tiles = winograd.tiles_of(stage.gives[2])
    # A processor with fewer registers takes fewer tiles together, but goes the same way.
    group = winograd.group_of(tiles, blocks.filter_block(planes or stage.gives[0]), blocks.SUMS)
    return has_points(stage.layer) and tiles >= group


def pays(stage: Stage[Conv2D]) -> bool:
    """Return whether a stage, a convolution, should take the transforms upon itself."""
    layer = stage.layer
    if not fits(stage):
        return False
    rows, columns = stage.gives[1:]
    planes = blocks.planes(stage.gives[0])
    direct = planes * rows * columns * stage.takes[0] * math.prod(layer.kernel_pair)
    return _cost(stage, stage.takes[0], stage.gives[0]) < direct


def gradient_cost(stage: Stage[Conv2D]) -> float:
    """Return what the gradient of the stage's input costs, in cycles for one image."""
    if not fits(stage, stage.takes[0]):
        return math.inf
    return _cost(stage, stage.gives[0], stage.takes[0]) / LANES


def gradient_pays(stage: Stage[Conv2D]) -> bool:
    """Return whether the gradient of the stage's input should be computed so, too."""
    layer = stage.layer
    planes, (rows, columns) = blocks.planes(stage.takes[0]), stage.takes[1:]
    direct = planes * rows * columns * stage.gives[0] * math.prod(layer.kernel_pair)
    return gradient_cost(stage) < direct / LANES


def _cost(stage: Stage[Conv2D], channels: int, filters: int) -> float:
    """Return what a stage costs, in vector instructions for LANES images.

    Fitted to measurements; what it depends on is the network's shapes alone. For the gradient of
    the input the channels are the filters, and the other way round.
    """
    layer = stage.layer
    height, width = layer.kernel_pair
    rows, columns = stage.gives[1:]
    planes, points = blocks.planes(filters), winograd.points_of(width)
    tiles = winograd.tiles_of(columns)
    group = winograd.group_of(tiles, blocks.filter_block(filters), blocks.SUMS)
    done = -(-tiles // group) * group
    # A tile of few sums waits for each of them.
    idle = max(1.0, FEWEST / (group * blocks.filter_block(filters)))
    products = planes * rows * done * points * channels * height * idle
    inputs = (rows + height - 1) * channels * tiles * 4 * points
    outputs = planes * rows * done * 4 * points
    return products + inputs + outputs


def op_of(draft: Draft, stage: Stage[Conv2D]) -> list[int]:
    """Return the op of such a stage; its filters are transformed when a section begins."""
    layer, (x,), z = stage.layer, draft.inputs(stage), draft.output(stage)
    filters, channels, (height, width) = stage.gives[0], stage.takes[0], layer.kernel_pair
    points, tiles = winograd.points_of(width), winograd.tiles_of(z.shape[2])
    planes, block = blocks.planes(filters), conv2d.block_of(filters, tiles)
    group, take = winograd.group_of(tiles, block), draft.memory.take
    whole = -(-tiles // group) * group * LANES
    weights = Shared(take(points * planes * height * channels))
    sums = Shared(take(planes))
    fours = -(-z.shape[2] // 4)
    assert x.column == LANES
    draft.program.begin.append(
        make_op(
            winograd.pack(width), filters=filters, channels=channels, height=height, block=block,
            blocks=planes // block, **source_fields(stage), weights=weights,
            to_block=height * channels * block, to_tap=block,
            to_point=planes * height * channels, sums=sums,
        )
    )  # fmt: skip
    (top, _), (left, _) = layer.pads(stage.takes)
    return make_op(
        winograd.forward(width, block, group), x=x.start - top * x.row - left * x.column,
        x_channel=x.channel, x_row=x.row, channels=channels, height=height, rows=z.shape[1],
        columns=z.shape[2], tiles=tiles, ring=Shared(take(height * points * channels * whole)),
        scratch=Shared(take(points * (planes * whole + LANES))),
        merged=Shared(take((4 * fours + width + 3) * LANES)),
        inked=Shared(take(height * 4 * fours * LANES)), masks=Shared(take(4 * fours * LANES)),
        weights=weights,
        blocks=planes // block, sums=sums, z=z.start, z_channel=z.channel, z_row=z.row,
        floor=stage.floor, zero=ZEROS,
    )  # fmt: skip


def source_fields(stage: Stage[Conv2D]) -> dict[str, int]:
    """Return where a stage's filters and biases are found in the parameters."""
    layer = stage.layer
    height, width = layer.kernel_pair
    return {
        "source": stage.parameters[0], "source_filter": stage.takes[0] * height * width,
        "source_channel": height * width, "source_row": width, "bias": stage.bias,
    }  # fmt: skip


def emit_input_gradient(
    draft: Draft, stage: Stage[Conv2D], dz: View, dx: View, gate: View | None
) -> None:
    """Emit the gradient of a stage's input, closed where ``gate`` is not positive."""
    layer = stage.layer
    filters, channels, (height, width) = stage.gives[0], stage.takes[0], layer.kernel_pair
    points, tiles = winograd.points_of(width), winograd.tiles_of(dz.shape[2])
    planes, block = blocks.planes(channels), conv2d.block_of(channels, tiles)
    group, take = winograd.group_of(tiles, block), draft.memory.take
    whole = -(-tiles // group) * group * LANES
    weights = Shared(take(points * planes * height * filters))
    assert dz.column == dx.column == LANES
    draft.program.begin.append(
        make_op(
            winograd.pack(width), filters=channels, channels=filters, height=height, block=block,
            blocks=planes // block, source=stage.parameters[0] + (height - 1) * width,
            source_filter=height * width, source_channel=channels * height * width,
            source_row=-width, bias=-1, weights=weights, to_block=height * filters * block,
            to_tap=block, to_point=planes * height * filters, sums=take(planes),
        )
    )  # fmt: skip
    (top, _), (left, _) = layer.pads(stage.takes)
    op = make_op(
        winograd_gradient.input_gradient(width, block, group), dz=dz.start, dz_channel=dz.channel,
        dz_row=dz.row, filters=filters, height=height, rows=dz.shape[1], columns=dz.shape[2],
        tiles=tiles, ring=Shared(take(height * points * filters * whole)),
        scratch=Shared(take(points * (planes * whole + LANES))), weights=weights,
        blocks=planes // block,
        dx=dx.start, dx_channel=dx.channel, dx_row=dx.row, dx_rows=dx.shape[1],
        dx_columns=dx.shape[2], top=top, left=left, zero=ZEROS,
        **(gate or everywhere(dx.shape)).fields("gate"),
    )  # fmt: skip
    draft.program.backward.append(op)


def one_image_op(draft: OneImageDraft, stage: Stage[Conv2D], x: Pixels, z: Pixels) -> list[int]:
    """Return the op for a single image; its filters are transformed when the parameters change."""
    layer, floor = stage.layer, stage.floor
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
            blocks=z.pixel // floats, **source_fields(stage),
            weights=weights, to_block=height * channels * points * floats,
            to_tap=points * floats, to_point=floats, sums=sums,
        )
    )  # fmt: skip
    eights = -(-channels // EIGHT) * EIGHT
    row = -(-z.shape[2] // (4 * LANES)) * 4 * LANES
    return make_op(
        one_image_winograd.forward(width, floats, group),
        x=x.start - top * x.row - left * x.pixel, x_row=x.row, x_column=x.pixel, channels=channels,
        height=height, rows=z.shape[1], columns=z.shape[2], tiles=tiles,
        ring=draft.memory.take(height * points * tiles * eights),
        merged=draft.memory.take(row + width), inked=draft.memory.take(height * row),
        masks=draft.memory.take(row), weights=weights, blocks=z.pixel // floats, sums=sums,
        **z.fields("z"), floor=floor, zero=ZEROS,
    )  # fmt: skip
