"""The ops of a convolution that multiplies every pixel with every weight."""

from __future__ import annotations

from pellucid.kernels.layers.conv2d import forward as conv2d
from pellucid.kernels.program import blocks
from pellucid.kernels.program.arena import FLOOR_NONE, FLOOR_ZERO, View, everywhere
from pellucid.kernels.program.draft import Draft, Stage
from pellucid.kernels.program.ops import make_op
from pellucid.network.layers import Conv2D

__all__ = ["conv2d_op", "conv2d_source", "pack_filters"]


def conv2d_op(draft: Draft, stage: Stage, layer: Conv2D, x: View, z: View) -> list[int]:
    """Return the op of a stage; its filters are laid out for the tiles when a section begins."""
    filters, channels, (height, width) = stage.gives[0], stage.takes[0], layer.kernel_pair
    weights, sums = pack_filters(
        draft, height, width, filters=filters, channels=channels, bias=stage.parameters[1],
        source=stage.parameters[0], source_filter=channels * height * width,
        source_channel=height * width, source_row=width, source_column=1,
    )  # fmt: skip
    block = blocks.filter_block(filters)
    return make_op(
        conv2d.forward(layer.kernel_pair[1], block), **conv2d_source(stage, layer, x),
        channels=channels, height=layer.kernel_pair[0], blocks=blocks.planes(filters) // block,
        weights=weights, sums=sums, rows=z.shape[1], columns=z.shape[2], **z.fields("z"),
        floor=FLOOR_ZERO if stage.has_relu else FLOOR_NONE, **everywhere(z.shape).fields("gate"),
        above=0, present=z.shape[1] + height,
    )  # fmt: skip


def pack_filters(draft: Draft, height: int, width: int, **fields: int) -> tuple[int, int]:
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


def conv2d_source(stage: Stage, layer: Conv2D, x: View) -> dict[str, int]:
    """Return the fields for reading a convolution's input, from the corner of its border."""
    (top, _), (left, _) = layer.pads(stage.takes)
    step = layer.stride_pair
    return {
        "x": x.start - top * x.row - left * x.column,
        "x_channel": x.channel,
        "x_row": x.row,
        "x_step_row": step[0] * x.row,
        "x_step_column": step[1] * x.column,
    }
