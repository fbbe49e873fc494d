"""The backward of a convolution and the max pool after it, where only survivors are gone through.

A part of :mod:`pellucid.kernels.layers.conv2d.ops`, which asks :func:`pays` first: going through
single pixels costs more for each, so it takes a pool that lets few of them through, and filter rows
that fill a vector.
"""

from __future__ import annotations

import math

from pellucid.kernels.compiling.emit import EIGHT
from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.layers.conv2d import (
    channels_last,
    direct_ops,
    survivors,
    winograd_filters_ops,
    winograd_ops,
)
from pellucid.kernels.program.arena import WASTE, ZEROS, Shared, View, everywhere
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.ops import make_op
from pellucid.kernels.program.stages import Stage, Sums
from pellucid.network.layers import Conv2D, MaxPool2D

__all__ = ["allocate", "emit_survivors", "passes_on_densely", "pays", "pool_after"]


Conv = Stage[Conv2D]
Pool = Stage[MaxPool2D]


def pool_after(draft: Draft, stage: Conv) -> Pool | None:
    """Return the max pool that is the only reader of what a convolution gives, if one is."""
    reader = draft.only_reader(stage.number + 1)
    return reader if reader is not None and isinstance(reader.layer, MaxPool2D) else None


def pays(draft: Draft, stage: Conv) -> bool:
    """Return whether a convolution should go through the survivors of the pool after it.

    The costs, in cycles for one image on a processor that multiplies and adds LANES floats in one,
    were fitted on such a machine. They depend on the network's shapes alone.
    """
    after = pool_after(draft, stage)
    if after is None or (stage.layer.groups, stage.layer.dilation_pair) != (1, (1, 1)):
        return False
    passes_on = stage.inputs[0] > 0
    sparse = _sparse_cost(stage, after)
    if passes_on:
        sparse += min(_passing_cost(stage, after), _unpooled_cost(stage, after))
    return sparse < _dense_cost(stage, after, passes_on)


def passes_on_densely(stage: Conv, after: Pool) -> bool:
    """Return whether the input's gradient should rather be computed from all of ``dz``.

    Survivors then give that of the filters alone.
    """
    return _unpooled_cost(stage, after) < _passing_cost(stage, after)


SHARE = 0.8
"""How many of a pool's windows pass a gradient on, where a ReLU closes the others."""


def _dense_cost(stage: Conv, after: Pool, passes_on: bool) -> float:
    layer, filters, channels = stage.layer, stage.gives[0], stage.takes[0]
    cost = min(winograd_filters_ops.cost(stage), direct_ops.parameter_gradient_cost(stage))
    cost += _unpooling_cost(after)
    if passes_on:
        step = math.prod(layer.stride_pair)
        back = filters * math.prod(stage.takes) * math.prod(layer.kernel_pair) / step / LANES
        # Few channels use few of a tile's filters; phases of a stride are short rows.
        back *= (1.0 + 0.4 / min(channels, 8)) * (1.05 if step == 1 else 1.6)
        cost += min(back, winograd_ops.gradient_cost(stage))
    return cost


def _unpooling_cost(after: Pool) -> float:
    return 0.25 * math.prod(after.gives) * math.prod(after.layer.pool_pair)


def _unpooled_cost(stage: Conv, after: Pool) -> float:
    """Return what the input's gradient costs with fewer multiplications, from all of ``dz``."""
    return _unpooling_cost(after) + winograd_ops.gradient_cost(stage)


def _sparse_cost(stage: Conv, after: Pool) -> float:
    """Return what the filters' gradient costs."""
    windows, depth = math.prod(after.gives), channels_last.depth(stage.takes[0])
    each = 0.65 * _eights(stage) + 8.0
    turning = math.prod(stage.takes[1:]) * depth / LANES * 6.0
    return _alive(stage) * windows * each + turning + 1.2 * windows


def _passing_cost(stage: Conv, after: Pool) -> float:
    """Return what the input's gradient costs beside it: stores, and turning it back."""
    windows, depth = math.prod(after.gives), channels_last.depth(stage.takes[0])
    turning = math.prod(stage.takes[1:]) * depth / LANES * 9.0
    return _alive(stage) * windows * _eights(stage) + turning


def _alive(stage: Conv) -> float:
    return SHARE if stage.has_relu else 1.0


def _eights(stage: Conv) -> float:
    """Return how often eight floats make up a filter with all its channels."""
    layer = stage.layer
    return math.prod(layer.kernel_pair) * channels_last.depth(stage.takes[0]) / 8


def _width_of(stage: Conv) -> tuple[int, int, int, int]:
    """Return depth of a pixel, floats of a vector, vectors of a filter row, floats of a filter."""
    layer = stage.layer
    height, columns = layer.kernel_pair
    depth = channels_last.depth(stage.takes[0])
    width = LANES if depth % LANES == 0 else EIGHT
    return depth, width, columns * depth // width, height * columns * depth


def allocate(draft: Draft, stage: Conv) -> Sums:
    """Return where the gradients of the stage's filters and bias are summed over the chunks."""
    filters, (*_, size) = stage.gives[0], _width_of(stage)
    return Sums(draft.memory.take(filters * size), draft.memory.take(filters * LANES))


def emit_survivors(
    draft: Draft, stage: Conv, pool: Pool, dp: View, to: View | None, gate: View | None
) -> None:
    """Emit the gradients of a convolution's filters, bias and, into ``to``, input.

    ``dp`` is the gradient of what the pool after it gives. ``to`` is where the input's gradient
    goes, if it is wanted, and ``gate`` what closes it.
    """
    layer, (x,), take = stage.layer, draft.inputs(stage), draft.memory.take
    sums = draft.sums[stage.number]
    (top, bottom), (left, right) = layer.pads(stage.takes)
    channels, rows, columns = stage.takes
    rows, columns = rows + top + bottom, columns + left + right
    filters, (height, filter_columns) = stage.gives[0], layer.kernel_pair
    depth, width, vectors, size = _width_of(stage)
    row = columns * depth
    floats = -(-rows * row // LANES) * LANES
    image = floats + LANES
    x_last = take(LANES * image)
    dx_last = take(LANES * image) if to is not None else x_last
    f = Shared(take(filters * size)) if to is not None else 0
    windows = math.prod(pool.gives[1:])
    listed = -(-windows // survivors.WORD) * survivors.WORD
    deltas, offsets = take(LANES * filters * listed), take(LANES * filters * listed)
    lists = {
        "deltas": deltas, "offsets": offsets, "lane": filters * listed, "filter": listed,
    }  # fmt: skip
    shape = {
        "filters": filters, "channels": channels, "height": height, "width": filter_columns,
        "depth": depth,
    }  # fmt: skip
    pool_step, step, (above, beside) = (
        pool.layer.stride_pair,
        layer.stride_pair,
        pool.layer.pad_pair,
    )
    opener = draft.output(pool) if stage.has_relu else everywhere(dp.shape)
    program, words = draft.program, listed // survivors.WORD
    in_blocks = survivors.is_long(words)
    if to is not None:
        program.begin.append(make_op(survivors.pack(), **shape, source=stage.parameters[0], f=f))
    program.backward.append(
        make_op(
            survivors.collect(in_blocks), filters=filters, rows=dp.shape[1], columns=dp.shape[2],
            pool_columns=pool.layer.pool_pair[1], **dp.fields("dp"), place=draft.kept[pool.number],
            **opener.fields("gate"), **lists, step_row=pool_step[0] * step[0] * row,
            step_column=pool_step[1] * step[1] * depth, inner_row=step[0] * row,
            inner_column=step[1] * depth, before=above * step[0] * row + beside * step[1] * depth,
            bias_sums=sums.bias, turned=take(2 * LANES * LANES),
        )
    )  # fmt: skip
    program.backward.append(
        make_op(
            channels_last.to_channels_last(), channels=channels, depth=depth, rows=rows,
            columns=columns, x=x.start - top * x.row - left * x.column, x_channel=x.channel,
            x_row=x.row, x_column=x.column, to=x_last, to_row=row, to_lane=image, zero=ZEROS,
        )
    )  # fmt: skip
    program.backward.append(
        make_op(
            survivors.walk(height, vectors, width, to is not None, in_blocks), filters=filters,
            words=words, **lists, x=x_last, x_row=row, x_lane=image,
            dx=dx_last, dx_floats=floats, f=f, df=sums.weights,
        )
    )  # fmt: skip
    if to is not None:
        program.backward.append(
            make_op(
                channels_last.from_channels_last(), channels=channels, depth=depth,
                rows=stage.takes[1], columns=stage.takes[2],
                **{"from": dx_last + top * row + left * depth}, from_row=row, from_lane=image,
                **to.fields("z"), **(gate or everywhere(to.shape)).fields("gate"), waste=WASTE,
            )
        )  # fmt: skip
    program.end.append(
        make_op(
            survivors.finish(), **shape, sums=sums.weights, bias_sums=sums.bias,
            df=stage.parameters[0], db=stage.bias,
        )
    )  # fmt: skip
