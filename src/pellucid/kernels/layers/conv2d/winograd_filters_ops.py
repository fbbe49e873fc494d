"""The gradient of a convolution's filters with fewer multiplications, and where that pays.

A part of :mod:`pellucid.kernels.layers.conv2d.ops`.
"""

from __future__ import annotations

import math

from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.layers.conv2d import (
    direct_ops,
    filters_gradient,
    winograd,
    winograd_filters,
    winograd_ops,
)
from pellucid.kernels.program.arena import IS_FIRST, ZEROS, Shared, View
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.ops import make_op
from pellucid.kernels.program.stages import Stage
from pellucid.network.layers import Conv2D

__all__ = ["cost", "emit_parameter_gradient", "pays"]

LEAST = 8
"""Channels and filters below which too little of a register tile is used."""

TOGETHER = 64
"""Vectors of a row of tiles, and of the rows after it, that are added up before they are joined."""


def fits(stage: Stage[Conv2D]) -> bool:
    """Return whether there is a kernel for a stage: of stride 1, without groups, and not small."""
    is_long = filters_gradient.is_long(*stage.gives[1:])
    enough = min(stage.takes[0], stage.gives[0]) >= LEAST
    is_low = stage.layer.kernel_pair[0] <= winograd_filters.TALLEST
    return winograd_ops.has_points(stage.layer) and is_low and enough and not is_long


def pays(stage: Stage[Conv2D]) -> bool:
    """Return whether the gradient of a stage's filters should be computed so."""
    return cost(stage) < direct_ops.parameter_gradient_cost(stage)


def cost(stage: Stage[Conv2D]) -> float:
    """Return what the gradient costs so, in cycles for one image as all such costs are."""
    if not fits(stage):
        return math.inf
    (filters, rows, columns), channels = stage.gives, stage.takes[0]
    height, width = stage.layer.kernel_pair
    points, tiles = winograd.points_of(width), winograd.tiles_of(columns)
    together = _rows_together(rows, tiles)
    strips = -(-rows // together)
    products = points * filters * channels * height * (rows * tiles + 4 * strips)
    images = channels * (rows + strips * (height - 1)) * tiles * 4 * points
    deltas = filters * rows * tiles * 4 * points
    return (products + images + deltas) / LANES


def _rows_together(rows: int, tiles: int) -> int:
    """Return how many rows of ``dz`` are taken at a time: the same on every processor."""
    strips = -(-rows // max(1, TOGETHER // tiles))
    return -(-rows // strips)


def emit_parameter_gradient(draft: Draft, stage: Stage[Conv2D], dz: View) -> None:
    """Emit the op that adds up the gradients of filters and bias, and the one that ends it."""
    layer, (x,), take = stage.layer, draft.inputs(stage), draft.memory.take
    (filters, rows, columns), channels = stage.gives, stage.takes[0]
    (height, width), ((top, _), (left, _)) = layer.kernel_pair, layer.pads(stage.takes)
    points, tiles = winograd.points_of(width), winograd.tiles_of(columns)
    block = winograd_filters.block_of(filters, height)
    blocks, size = -(-filters // block), winograd_filters.sums_of(block, height)
    together, bias_sums = _rows_together(rows, tiles), Shared(draft.sums[stage.number].bias)
    sums = Shared(take(points * blocks * channels * size))
    assert x.column == dz.column == LANES
    op = make_op(
        winograd_filters.filters_gradient(width, height, block),
        x=x.start - top * x.row - left * x.column, x_channel=x.channel, x_row=x.row,
        channels=channels, dz=dz.start, dz_channel=dz.channel, dz_row=dz.row, filters=filters,
        blocks=blocks, rows=rows, columns=columns, tiles=tiles, rows_together=together,
        e=Shared(take(points * blocks * block * together * tiles * LANES)),
        v=Shared(take(points * channels * (together + height - 1) * tiles * LANES)),
        sums=sums, bias_sums=bias_sums, is_first=IS_FIRST, zero=ZEROS, zeros=take(size),
    )  # fmt: skip
    end = make_op(
        winograd_filters.filters_finish(width), filters=filters, channels=channels, height=height,
        block=block, size=size, point=blocks * channels * size, row=take(width * size), sums=sums,
        bias_sums=bias_sums, df=stage.parameters[0], db=stage.bias,
    )  # fmt: skip
    draft.program.backward.append(op)
    draft.program.end.append(end)
