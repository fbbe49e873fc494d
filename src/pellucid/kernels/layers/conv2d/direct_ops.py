"""The ops of a convolution that multiplies every pixel with every weight."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

from pellucid.kernels.compiling.vector import ACCUMULATORS, LANES
from pellucid.kernels.layers import one_image
from pellucid.kernels.layers.conv2d import depthwise, filters_gradient
from pellucid.kernels.layers.conv2d import forward as conv2d
from pellucid.kernels.program import blocks
from pellucid.kernels.program.arena import (
    FLOOR_NONE,
    IS_FIRST,
    Border,
    Shared,
    View,
    everywhere,
)
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.one_image import OneImageDraft, Pixels
from pellucid.kernels.program.ops import make_op
from pellucid.kernels.program.stages import Stage, Sums
from pellucid.network.layers import Conv2D

__all__ = [
    "emit_forward",
    "emit_input_gradient",
    "emit_parameter_gradient",
    "gradient_border",
    "has_one_image",
    "one_image_op",
    "parameter_gradient_cost",
    "parameter_sums",
]

_CACHED_BYTES = 24 * 1024
"""Bytes of ``dz`` that a filter-gradient pass keeps in the first-level cache."""


class _Group(NamedTuple):
    """Which filters of a convolution read which channels.

    Attributes
    ----------
    filter, filters : int
        The first filter, and how many there are.
    channel, channels : int
        The channels likewise.
    weights, bias : int
        Where their parameters begin in the flat vector; -1 where there is no bias.
    """

    filter: int
    filters: int
    channel: int
    channels: int
    weights: int
    bias: int


def _groups(stage: Stage[Conv2D]) -> list[_Group]:
    """Return the groups: one, where all filters read all channels."""
    groups = stage.layer.groups
    filters, channels = stage.gives[0] // groups, stage.takes[0] // groups
    size = filters * channels * math.prod(stage.layer.kernel_pair)
    return [
        _Group(
            g * filters, filters, g * channels, channels, stage.parameters[0] + g * size,
            stage.bias + g * filters if stage.bias >= 0 else -1,
        )
        for g in range(groups)
    ]  # fmt: skip


def _block(stage: Stage[Conv2D], planes: int, columns: int) -> int:
    """Return how many of the planes that an op gives a register tile takes."""
    if stage.layer.groups == 1:
        return conv2d.block_of(planes, columns)
    return blocks.whole_block(planes, min(8, ACCUMULATORS // 2))


def emit_forward(draft: Draft, stage: Stage[Conv2D]) -> None:
    """Emit an op for each group; its filters are laid out for the tiles when a section begins."""
    layer, (all_x,), all_z = stage.layer, draft.inputs(stage), draft.output(stage)
    (height, width), dilation = layer.kernel_pair, layer.dilation_pair
    for group in _groups(stage):
        x = all_x.planes(group.channel, group.channels)
        z = all_z.planes(group.filter, group.filters)
        block = _block(stage, group.filters, z.shape[2])
        weights, sums = _pack_filters(
            draft, height, width, block, filters=group.filters, channels=group.channels,
            bias=group.bias, source=group.weights,
            source_filter=group.channels * height * width, source_channel=height * width,
            source_row=width, source_column=1,
        )  # fmt: skip
        op = make_op(
            conv2d.forward(width, block, dilation[1]), **_source(stage, x),
            channels=group.channels, height=height, blocks=-(-group.filters // block),
            weights=weights, sums=sums, rows=z.shape[1], columns=z.shape[2], **z.fields("z"),
            floor=stage.floor,
            **everywhere(z.shape).fields("gate"), above=0, present=z.shape[1] + height,
        )  # fmt: skip
        draft.program.forward.append(op)


def _pack_filters(
    draft: Draft, height: int, width: int, block: int, **fields: int
) -> tuple[int, int]:
    """Emit the op that lays filters out for the tiles; return where, and where the bias is."""
    count = -(-fields["filters"] // block) * block
    weights = Shared(draft.memory.take(count * fields["channels"] * height * width))
    sums = Shared(draft.memory.take(count))
    op = make_op(
        conv2d.pack(), height=height, width=width, block=block, weights=weights, sums=sums, **fields
    )
    draft.program.begin.append(op)
    return weights, sums


def _source(stage: Stage[Conv2D], x: View) -> dict[str, int]:
    """Return the fields for reading a convolution's input, from the corner of its border."""
    layer = stage.layer
    (top, _), (left, _) = layer.pads(stage.takes)
    step = layer.stride_pair
    return {
        "x": x.start - top * x.row - left * x.column,
        "x_channel": x.channel,
        "x_row": layer.dilation_pair[0] * x.row,
        "x_step_row": step[0] * x.row,
        "x_step_column": step[1] * x.column,
    }


def gradient_border(stage: Stage[Conv2D]) -> Border:
    """Return the zeros around ``dz`` that the gradient of the input reaches into."""
    sides = []
    for axis in range(2):
        phases = _phases(stage, axis)
        last = max((p.source + p.rows - 1 + p.apart * (p.taps - 1) for p in phases), default=0)
        sides += [
            max(0, -min((p.source for p in phases), default=0)),
            max(0, last - (stage.gives[1 + axis] - 1)),
        ]
    top, bottom, left, right = sides
    return top, bottom, left, right


class _Phase(NamedTuple):
    """Every step-th row (or column) of a convolution's input, from one of them on.

    Attributes
    ----------
    first, rows : int
        Which rows.
    tap, taps, step : int
        The filter's rows that reach them: ``taps`` of them, every ``step``-th, the last is ``tap``.
    source : int
        The row of the output that the last of these taps brings to the first row; where it is
        negative, it lies in the border.
    apart : int
        Rows of the output from there to that of the tap before.
    """

    first: int
    rows: int
    tap: int
    taps: int
    step: int
    source: int
    apart: int


def _phases(stage: Stage[Conv2D], axis: int) -> list[_Phase]:
    """Return the phases of one axis; rows that no tap reaches are in none of them."""
    layer = stage.layer
    size, kernel = stage.takes[1 + axis], layer.kernel_pair[axis]
    step, dilation = layer.stride_pair[axis], layer.dilation_pair[axis]
    before, shared = layer.pads(stage.takes)[axis][0], math.gcd(step, dilation)
    found = []
    for first in range(min(step, size)):
        taps = [i for i in range(kernel) if (first + before - i * dilation) % step == 0]
        if taps:
            rows, tap = len(range(first, size, step)), taps[-1]
            source = (first + before - tap * dilation) // step
            found.append(
                _Phase(first, rows, tap, len(taps), step // shared, source, dilation // shared)
            )
    return found


def parameter_sums(draft: Draft, stage: Stage[Conv2D]) -> Sums:
    """Return room for the sums of the bias; those of the filters need no clearing."""
    bias_sums = draft.memory.take(blocks.planes(stage.gives[0]) * LANES)
    return Sums(bias_sums, bias_sums)


def parameter_gradient_cost(stage: Stage[Conv2D]) -> float:
    """Return what the gradient of the filters costs, in cycles for one image as such costs are."""
    (filters, rows, columns), channels = stage.gives, stage.takes[0]
    height, width = stage.layer.kernel_pair
    block = filters_gradient.block_of(filters, width, blocks.SUMS)
    taps = filters_gradient.taps_of(width, block, blocks.SUMS)
    padded = -(-width // taps) * taps
    return 1.05 * filters * rows * columns * channels * height * padded / LANES


def emit_parameter_gradient(draft: Draft, stage: Stage[Conv2D], dz: View) -> None:
    """Emit the op that adds up the gradients of filters and bias, and the one that ends it."""
    layer, (all_x,), sums = stage.layer, draft.inputs(stage), draft.sums[stage.number]
    (height, width), dilation = layer.kernel_pair, layer.dilation_pair[1]
    for group in _groups(stage):
        x = all_x.planes(group.channel, group.channels)
        part = dz.planes(group.filter, group.filters)
        taps, parts, block = _tiling(layer, group.filters)
        # How many rows are added up by themselves is the same on every processor.
        row_bytes = _tiling(layer, group.filters, blocks.SUMS)[2] * dz.shape[2] * LANES * 4
        shape = {"channels": group.channels, "height": height}
        planes, take = -(-group.filters // block) * block, draft.memory.take
        count = planes * math.prod(shape.values()) * parts * taps
        bias_sums = Shared(sums.bias + group.filter * LANES)
        place = {"groups": parts, "sums": Shared(take(count * LANES)), "bias_sums": bias_sums}
        more = {}
        if filters_gradient.is_long(*dz.shape[1:]):
            kernel = filters_gradient.filters_gradient_in_blocks(taps, block, dilation)
            size = count * LANES
            more = {"parts": take(size), "bias_parts": take(planes * LANES), "size": size}
        else:
            kernel = filters_gradient.filters_gradient(taps, block, dilation)
        op = make_op(
            kernel, **_source(stage, x), **shape,
            blocks=planes // block, **part.fields("dz"), rows=dz.shape[1], columns=dz.shape[2],
            rows_together=max(1, _CACHED_BYTES // row_bytes), **place, is_first=IS_FIRST,
            zeros=take(taps * block * LANES), **more,
        )  # fmt: skip
        end = make_op(
            filters_gradient.filters_finish(), **shape, filters=group.filters, width=width,
            block=block, taps=taps, **place, df=group.weights, db=group.bias,
        )  # fmt: skip
        draft.program.backward.append(op)
        draft.program.end.append(end)


def emit_input_gradient(
    draft: Draft, stage: Stage[Conv2D], dz: View, dx: View, gate: View | None
) -> None:
    """Emit the gradient of a convolution's input: one correlation for each phase of its pixels."""
    opener = gate or everywhere(dx.shape)
    phases = [*itertools.product(_phases(stage, 0), _phases(stage, 1))]
    for group in _groups(stage):
        from_dz = dz.planes(group.filter, group.filters)
        to_dx = dx.planes(group.channel, group.channels)
        passed = opener.planes(group.channel, group.channels)
        for y, x in phases:
            _emit_phase(draft, stage, group, y, x, from_dz, to_dx, passed)


def _emit_phase(
    draft: Draft, stage: Stage[Conv2D], group: _Group, y: _Phase, x: _Phase, dz: View, dx: View,
    opener: View,
) -> None:  # fmt: skip
    """Emit the gradient of some rows and columns of a group's channels."""
    (height, width), (step_y, step_x) = stage.layer.kernel_pair, stage.layer.stride_pair
    block = _block(stage, group.channels, x.rows)
    # Flipped: the taps run backward from the last of the phase.
    weights, sums = _pack_filters(
        draft, y.taps, x.taps, block, filters=group.channels, channels=group.filters, bias=-1,
        source=group.weights + y.tap * width + x.tap, source_filter=height * width,
        source_channel=group.channels * height * width, source_row=-y.step * width,
        source_column=-x.step,
    )  # fmt: skip
    # Rows in the border are passed over where filter rows follow one another there.
    above, present = (0, y.rows + y.taps) if y.apart > 1 else (-y.source, dz.shape[1] - y.source)
    op = make_op(
        conv2d.forward(x.taps, block, x.apart),
        x=dz.start + y.source * dz.row + x.source * dz.column, x_channel=dz.channel,
        x_row=y.apart * dz.row, x_step_row=dz.row, x_step_column=dz.column,
        channels=group.filters, height=y.taps, blocks=-(-group.channels // block),
        weights=weights, sums=sums, rows=y.rows, columns=x.rows,
        **dx.phase(y.first, x.first, step_y, step_x).fields("z"), floor=FLOOR_NONE,
        **opener.phase(y.first, x.first, step_y, step_x).fields("gate"), above=above,
        present=present,
    )  # fmt: skip
    draft.program.backward.append(op)


def _tiling(layer: Conv2D, filters: int, sums: int = filters_gradient.HELD) -> tuple[int, int, int]:
    """Return the taps of a filter row that a gradient tile takes, in how many parts, and its block.

    ``filters`` are those of a group, ``sums`` how many a tile holds.
    """
    width = layer.kernel_pair[1]
    if layer.groups == 1:
        block = filters_gradient.block_of(filters, width, sums)
    else:
        block = blocks.whole_block(filters, max(1, min(8, sums // width)))
    taps = filters_gradient.taps_of(width, block, sums)
    return taps, math.ceil(width / taps), block


def has_one_image(stage: Stage[Conv2D]) -> bool:
    """Return whether there is a kernel for one image: without groups, or with one a channel."""
    return stage.layer.groups == 1 or stage.layer.groups == stage.takes[0] == stage.gives[0]


def one_image_op(draft: OneImageDraft, stage: Stage[Conv2D], x: Pixels, z: Pixels) -> list[int]:
    """Return the op for a single image; its filters are laid out when the parameters change."""
    layer, floor = stage.layer, stage.floor
    filters, channels, (height, width) = stage.gives[0], stage.takes[0], layer.kernel_pair
    (top, _), (left, _) = layer.pads(stage.takes)
    step, apart = layer.stride_pair, layer.dilation_pair
    source = {
        "x": x.start - top * x.row - left * x.pixel, "x_row": apart[0] * x.row,
        "x_column": apart[1] * x.pixel, "x_step_row": step[0] * x.row,
        "x_step_column": step[1] * x.pixel,
    }  # fmt: skip
    if layer.groups > 1:
        weights, biases = draft.memory.take(height * width * z.pixel), draft.memory.take(z.pixel)
        shape = {"height": height, "width": width, "depth": z.pixel}
        op = make_op(
            depthwise.pack(), channels=channels, **shape, source=stage.parameters[0],
            bias=stage.bias, weights=weights, biases=biases,
        )  # fmt: skip
        draft.begin.append(op)
        return make_op(
            depthwise.one_image(), **source, **shape, weights=weights, biases=biases,
            rows=z.shape[1], columns=z.shape[2], **z.fields("z"), floor=floor,
        )  # fmt: skip
    floats, vectors, pixels = one_image.tiling(z.pixel, z.shape[2])
    blocks = z.pixel // (floats * vectors)
    weights = draft.memory.take(z.pixel * channels * height * width)
    biases = draft.memory.take(z.pixel)
    draft.begin.append(
        make_op(
            one_image.pack(), filters=filters, channels=channels, taps=height * width,
            block=floats * vectors, source=stage.parameters[0], bias=stage.bias,
            weights=weights, biases=biases, blocks=blocks,
        )
    )  # fmt: skip
    return make_op(
        one_image.conv2d(floats, vectors, pixels), **source, channels=channels, height=height,
        width=width, blocks=blocks, weights=weights,
        biases=biases, rows=z.shape[1], columns=z.shape[2], **z.fields("z"), floor=floor,
    )  # fmt: skip
