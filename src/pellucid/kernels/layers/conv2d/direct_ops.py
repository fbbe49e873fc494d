"""The ops of a convolution that multiplies every pixel with every weight."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.layers import one_image
from pellucid.kernels.layers.conv2d import filters_gradient
from pellucid.kernels.layers.conv2d import forward as conv2d
from pellucid.kernels.program import blocks
from pellucid.kernels.program.arena import (
    FLOOR_NONE,
    FLOOR_ZERO,
    IS_FIRST,
    Border,
    View,
    everywhere,
)
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.one_image import OneImageDraft, Pixels
from pellucid.kernels.program.ops import make_op
from pellucid.kernels.program.stages import Stage, Sums
from pellucid.network.layers import Conv2D

__all__ = [
    "emit_input_gradient",
    "emit_parameter_gradient",
    "gradient_border",
    "one_image_op",
    "op_of",
    "parameter_sums",
]

_CACHED_BYTES = 24 * 1024
"""Bytes of ``dz`` that a filter-gradient pass keeps in the first-level cache."""


def op_of(draft: Draft, stage: Stage[Conv2D]) -> list[int]:
    """Return the op of a stage; its filters are laid out for the tiles when a section begins."""
    layer, (x,), z = stage.layer, draft.inputs(stage), draft.output(stage)
    filters, channels, (height, width) = stage.gives[0], stage.takes[0], layer.kernel_pair
    weights, sums = _pack_filters(
        draft, height, width, filters=filters, channels=channels, bias=stage.bias,
        source=stage.parameters[0], source_filter=channels * height * width,
        source_channel=height * width, source_row=width, source_column=1,
    )  # fmt: skip
    block = blocks.filter_block(filters)
    return make_op(
        conv2d.forward(layer.kernel_pair[1], block), **_source(stage, x),
        channels=channels, height=layer.kernel_pair[0], blocks=blocks.planes(filters) // block,
        weights=weights, sums=sums, rows=z.shape[1], columns=z.shape[2], **z.fields("z"),
        floor=FLOOR_ZERO if stage.has_relu else FLOOR_NONE, **everywhere(z.shape).fields("gate"),
        above=0, present=z.shape[1] + height,
    )  # fmt: skip


def _pack_filters(draft: Draft, height: int, width: int, **fields: int) -> tuple[int, int]:
    """Emit the op that lays filters out for the tiles; return where, and where the bias is."""
    count = blocks.planes(fields["filters"])
    weights = draft.memory.take(count * fields["channels"] * height * width)
    sums = draft.memory.take(count)
    block = blocks.filter_block(fields["filters"])
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
        "x_row": x.row,
        "x_step_row": step[0] * x.row,
        "x_step_column": step[1] * x.column,
    }


def gradient_border(stage: Stage[Conv2D]) -> Border:
    """Return the zeros around ``dz`` that the gradient of the input reaches into."""
    sides = []
    for axis in range(2):
        phases = _phases(stage, axis)
        last = max((p.source + p.rows + p.taps - 2 for p in phases), default=0)
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
    tap, taps : int
        The filter's rows that reach them: ``taps`` of them, every step-th from ``tap`` on.
    source : int
        The row of the output that the last of these taps brings to the first row; where it is
        negative, it lies in the border.
    """

    first: int
    rows: int
    tap: int
    taps: int
    source: int


def _phases(stage: Stage[Conv2D], axis: int) -> list[_Phase]:
    """Return the phases of one axis; rows that no tap reaches are in none of them."""
    layer = stage.layer
    size, kernel = stage.takes[1 + axis], layer.kernel_pair[axis]
    step, before = layer.stride_pair[axis], layer.pads(stage.takes)[axis][0]
    found = []
    for first in range(min(step, size)):
        tap = (first + before) % step
        taps = len(range(tap, kernel, step))
        if taps:
            rows = len(range(first, size, step))
            found.append(_Phase(first, rows, tap, taps, (first + before) // step - (taps - 1)))
    return found


def parameter_sums(draft: Draft, stage: Stage[Conv2D]) -> Sums:
    """Return room for the sums of the bias; those of the filters need no clearing."""
    bias_sums = draft.memory.take(blocks.planes(stage.gives[0]) * LANES)
    return Sums(bias_sums, bias_sums)


def emit_parameter_gradient(draft: Draft, stage: Stage[Conv2D], dz: View) -> None:
    """Emit the op that adds up the gradients of filters and bias, and the one that ends it."""
    layer, (x,), sums = stage.layer, draft.inputs(stage), draft.sums[stage.number]
    taps, groups, block = _tiling(layer)
    row_bytes = block * dz.shape[2] * LANES * 4
    shape = {"channels": stage.takes[0], "height": layer.kernel_pair[0]}
    planes, take = blocks.planes(stage.gives[0]), draft.memory.take
    count = planes * math.prod(shape.values()) * groups * taps
    place = {"groups": groups, "sums": take(count * LANES), "bias_sums": sums.bias}
    op = make_op(
        filters_gradient.filters_gradient(taps, block), **_source(stage, x),
        **shape, blocks=planes // block, **dz.fields("dz"), rows=dz.shape[1],
        columns=dz.shape[2], rows_together=max(1, _CACHED_BYTES // row_bytes), **place,
        is_first=IS_FIRST, zeros=take(taps * block * LANES),
    )  # fmt: skip
    end = make_op(
        filters_gradient.filters_finish(), **shape, filters=stage.gives[0],
        width=layer.kernel_pair[1], block=block, taps=taps, **place, df=stage.parameters[0],
        db=stage.bias,
    )  # fmt: skip
    draft.program.backward.append(op)
    draft.program.end.append(end)


def emit_input_gradient(
    draft: Draft, stage: Stage[Conv2D], dz: View, dx: View, gate: View | None
) -> None:
    """Emit the gradient of a convolution's input: one correlation for each phase of its pixels."""
    layer = stage.layer
    filters, channels = stage.gives[0], stage.takes[0]
    height, width = layer.kernel_pair
    step_y, step_x = layer.stride_pair
    block = blocks.filter_block(channels)
    opener = gate or everywhere(dx.shape)
    for y, x in itertools.product(_phases(stage, 0), _phases(stage, 1)):
        # Flipped: the taps run backward from the last of the phase.
        last = (y.tap + (y.taps - 1) * step_y) * width + x.tap + (x.taps - 1) * step_x
        weights, sums = _pack_filters(
            draft, y.taps, x.taps, filters=channels, channels=filters, bias=-1,
            source=stage.parameters[0] + last, source_filter=height * width,
            source_channel=channels * height * width, source_row=-step_y * width,
            source_column=-step_x,
        )  # fmt: skip
        op = make_op(
            conv2d.forward(x.taps, block), x=dz.start + y.source * dz.row + x.source * dz.column,
            x_channel=dz.channel, x_row=dz.row, x_step_row=dz.row, x_step_column=dz.column,
            channels=filters, height=y.taps, blocks=blocks.planes(channels) // block,
            weights=weights, sums=sums, rows=y.rows, columns=x.rows,
            **dx.phase(y.first, x.first, step_y, step_x).fields("z"), floor=FLOOR_NONE,
            **opener.phase(y.first, x.first, step_y, step_x).fields("gate"),
            above=-y.source, present=dz.shape[1] - y.source,
        )  # fmt: skip
        draft.program.backward.append(op)


def _tiling(layer: Conv2D) -> tuple[int, int, int]:
    """Return taps and groups of a filter row, and the filter block, of a gradient tile."""
    block = filters_gradient.block_of(layer.filters, layer.kernel_pair[1])
    taps = filters_gradient.taps_of(layer.kernel_pair[1], block)
    return taps, math.ceil(layer.kernel_pair[1] / taps), block


def one_image_op(draft: OneImageDraft, stage: Stage[Conv2D], x: Pixels, z: Pixels) -> list[int]:
    """Return the op for a single image; its filters are laid out when the parameters change."""
    layer, floor = stage.layer, FLOOR_ZERO if stage.has_relu else FLOOR_NONE
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
            block=floats * vectors, source=stage.parameters[0], bias=stage.bias,
            weights=weights, biases=biases, blocks=blocks,
        )
    )  # fmt: skip
    return make_op(
        one_image.conv2d(floats, vectors, pixels), x=x.start - top * x.row - left * x.pixel,
        x_row=x.row, x_column=x.pixel, x_step_row=step[0] * x.row, x_step_column=step[1] * x.pixel,
        channels=channels, height=height, width=width, blocks=blocks, weights=weights,
        biases=biases, rows=z.shape[1], columns=z.shape[2], **z.fields("z"), floor=floor,
    )  # fmt: skip
