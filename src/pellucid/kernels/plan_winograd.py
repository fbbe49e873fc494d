"""Convolutions that are computed with fewer multiplications, and where that pays.

A part of :mod:`pellucid.kernels.plan`.
"""

from __future__ import annotations

from pellucid.kernels import conv2d, winograd
from pellucid.kernels.arena import FLOOR_NONE, FLOOR_ZERO, ZEROS, View
from pellucid.kernels.plan import Draft, Stage, make_op
from pellucid.kernels.vector import LANES
from pellucid.layers import Conv2D

__all__ = ["fits", "op_of", "pays"]


def fits(stage: Stage) -> bool:
    """Return whether there is a kernel for a stage: its stride is 1, and its rows fill a group."""
    layer = stage.layer
    if not isinstance(layer, Conv2D) or layer.stride_pair != (1, 1):
        return False
    tiles = winograd.tiles_of(stage.gives[2])
    group = winograd.group_of(tiles, conv2d.filter_block(stage.gives[0]))
    return layer.kernel_pair[1] in winograd.WIDTHS and tiles >= group


def pays(stage: Stage) -> bool:
    """Return whether a stage, a convolution, should take the transforms upon itself.

    The costs are vector instructions for LANES images, fitted to measurements; what they depend on
    is the network's shapes alone.
    """
    layer = stage.layer
    if not fits(stage):
        return False
    assert isinstance(layer, Conv2D)
    height, width = layer.kernel_pair
    channels, (filters, rows, columns) = stage.takes[0], stage.gives
    planes = conv2d.planes(filters)
    tiles, points = winograd.tiles_of(columns), winograd.points_of(width)
    group = winograd.group_of(tiles, conv2d.filter_block(filters))
    done = -(-tiles // group) * group
    products = planes * rows * done * points * channels * height
    inputs = (rows + height - 1) * channels * tiles * 4 * points
    outputs = planes * rows * done * 4 * points
    return products + inputs + outputs < planes * rows * columns * channels * height * width


def op_of(draft: Draft, stage: Stage, layer: Conv2D, x: View, z: View) -> list[int]:
    """Return the op of such a stage; its filters are transformed when a section begins."""
    filters, channels, (height, width) = stage.gives[0], stage.takes[0], layer.kernel_pair
    block, points = conv2d.filter_block(filters), winograd.points_of(width)
    planes, tiles = conv2d.planes(filters), winograd.tiles_of(z.shape[2])
    group, take = winograd.group_of(tiles, block), draft.memory.take
    weights, sums = take(points * planes * height * channels), take(planes)
    assert x.column == LANES
    draft.program.begin.append(
        make_op(
            winograd.pack(width), filters=filters, channels=channels, height=height, block=block,
            blocks=planes // block, source=stage.parameters[0], bias=stage.parameters[1],
            weights=weights, to_block=height * channels * block, to_tap=block,
            to_point=planes * height * channels, sums=sums,
        )
    )  # fmt: skip
    (top, _), (left, _) = layer.pads(stage.takes)
    return make_op(
        winograd.forward(width, block, group), x=x.start - top * x.row - left * x.column,
        x_channel=x.channel, x_row=x.row, channels=channels, height=height, rows=z.shape[1],
        columns=z.shape[2], tiles=tiles, ring=take(height * points * channels * tiles * LANES),
        scratch=take(points * block * group * LANES), weights=weights, blocks=planes // block,
        sums=sums, z=z.start, z_channel=z.channel, z_row=z.row,
        floor=FLOOR_ZERO if stage.has_relu else FLOOR_NONE, zero=ZEROS,
    )  # fmt: skip
