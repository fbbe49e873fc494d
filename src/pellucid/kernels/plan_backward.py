"""The backward half of a plan: from the gradient of the logits to that of every parameter.

Each stage finds the gradient of its output, ``dz``, where the stage after it put it. For a
convolution that must pass a gradient on, that place has a border of zeros, so that the gradient of
its input is the forward kernel once more, with flipped filters: once for each phase of a stride.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.layers import dense, maxpool2d, relu, sigmoid
from pellucid.kernels.layers.conv2d import filters_gradient, survivors_ops, winograd_ops
from pellucid.kernels.layers.conv2d import forward as conv2d
from pellucid.kernels.layers.conv2d.direct_ops import conv2d_source, pack_filters
from pellucid.kernels.layers.maxpool2d import pool_fields
from pellucid.kernels.program import blocks
from pellucid.kernels.program.arena import FLOOR_NONE, IS_FIRST, View, everywhere
from pellucid.kernels.program.draft import Draft, Stage, no_kernel
from pellucid.kernels.program.ops import elementwise, gate_of_flat, make_op
from pellucid.network.layers import Conv2D, Dense, MaxPool2D, ReLU, Sigmoid

__all__ = ["allocate_sums", "emit_backward"]

_CACHED_BYTES = 24 * 1024
"""Bytes of ``dz`` that a filter-gradient pass keeps in the first-level cache."""

Sums = dict[int, tuple[int, int]]


def allocate_sums(draft: Draft) -> Sums:
    """Return where the gradients of each stage's weights and bias are summed over the chunks.

    All of it is cleared when a section begins. A convolution's filters have their sums elsewhere.
    """
    found: Sums = {}
    for k, stage in enumerate(draft.stages):
        if survivors_ops.pays(draft, k):
            draft.survivors.add(k)
            found[k] = survivors_ops.allocate(draft, stage)
        elif isinstance(stage.layer, Conv2D):
            bias_sums = draft.memory.take(blocks.planes(stage.gives[0]) * LANES)
            found[k] = bias_sums, bias_sums
        elif isinstance(stage.layer, Dense):
            outputs = stage.gives[0]
            count = outputs * -(-stage.takes[0] // LANES) * LANES
            found[k] = draft.memory.take(count), draft.memory.take(outputs * LANES)
    return found


def emit_backward(draft: Draft, delta: View, sums: Sums, image_gradient: bool) -> View | None:
    """Emit the ops from the last stage to the first.

    Parameters
    ----------
    draft : Draft
        With its forward ops emitted.
    delta : View
        The gradient of the logits.
    sums : dict
        What :func:`allocate_sums` returned; a stage that is not in it gets no gradient.
    image_gradient : bool
        Whether to go on to the gradient of the images.

    Returns
    -------
    View or None
        Where the gradient of the images appears.
    """
    dz = delta
    last = len(draft.stages) - 1
    if isinstance(draft.stages[last].layer, Conv2D) and (last > 0 or image_gradient):
        dz = _gradient_array(draft, draft.stages[last], passes_on=True)
        copy = elementwise(relu.backward(), delta, dz, everywhere(dz.shape))
        draft.program.backward.append(copy)
    for k in reversed(range(len(draft.stages))):
        if k - 1 in draft.survivors:
            continue  # the convolution takes the pool's gradient as it is
        if k in draft.survivors:
            to, gate = _target(draft, k, image_gradient) if k > 0 else (None, None)
            _emit_pooled(draft, k, dz, sums[k], to, gate)
            dz = to or dz
            continue
        if k in sums:
            _emit_parameter_gradient(draft, k, dz, sums[k])
        if k > 0:
            dz = _emit_step(draft, k, dz, image_gradient)
    if not image_gradient:
        return None
    to = draft.memory.array(draft.network.input_shape)
    _emit_input_gradient(draft, 0, dz, to, None)
    return to


def _emit_pooled(
    draft: Draft, k: int, dp: View, sums: tuple[int, int], to: View | None, gate: View | None
) -> None:
    """Emit the gradients of stage ``k`` and of its input from that of the pool after it."""
    stage, pool = draft.stages[k], draft.stages[k + 1]
    if to is None or not survivors_ops.passes_on_densely(stage, pool):
        survivors_ops.emit_survivors(draft, k, dp, sums, to, gate)
        return
    dz = draft.memory.array(stage.gives)
    opener = draft.values[k + 1] if stage.has_relu else None
    _emit_input_gradient(draft, k + 1, dp, dz, opener)
    winograd_ops.emit_input_gradient(draft, stage, dz, to, gate)
    survivors_ops.emit_survivors(draft, k, dp, sums, None, None)


def _emit_step(draft: Draft, k: int, dz: View, image_gradient: bool) -> View:
    """Emit the gradient of stage k's input; return it as the stage before finds it."""
    before = draft.stages[k - 1]
    to, gate = _target(draft, k, image_gradient)
    if draft.stages[k].takes == before.gives or to.is_contiguous:
        _emit_input_gradient(draft, k, dz, to, gate)
        return to
    # A flat gradient can't be written into a border: it takes a detour over a plain array.
    plain = draft.memory.array(before.gives)
    _emit_input_gradient(draft, k, dz, plain, None)
    opener = gate or everywhere(to.shape)
    draft.program.backward.append(elementwise(relu.backward(), plain, to, opener))
    return to


def _target(draft: Draft, k: int, image_gradient: bool) -> tuple[View, View | None]:
    """Return new memory for the gradient of stage k's input, and what closes it."""
    before = draft.stages[k - 1]
    # A convolution whose pool it goes through the survivors of needs no gradient of its output.
    passes_on = (k - 1 > 0 or image_gradient) and k - 1 not in draft.survivors
    to = _gradient_array(draft, before, passes_on)
    return to, draft.values[k] if before.has_relu else None


def _gradient_array(draft: Draft, stage: Stage, passes_on: bool) -> View:
    """Return new memory for the gradient of a stage's output."""
    layer = stage.layer
    if not isinstance(layer, Conv2D) or not passes_on:
        return draft.memory.array(stage.gives)
    sides = []
    for axis in range(2):
        phases = _phases(stage, layer, axis)
        last = max((p.source + p.rows + p.taps - 2 for p in phases), default=0)
        sides += [
            max(0, -min((p.source for p in phases), default=0)),
            max(0, last - (stage.gives[1 + axis] - 1)),
        ]
    top, bottom, left, right = sides
    return draft.memory.array(stage.gives, (top, bottom, left, right))


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


def _phases(stage: Stage, layer: Conv2D, axis: int) -> list[_Phase]:
    """Return the phases of one axis; rows that no tap reaches are in none of them."""
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


def _emit_parameter_gradient(draft: Draft, k: int, dz: View, sums: tuple[int, int]) -> None:
    stage, x = draft.stages[k], draft.taken(k)
    weights, bias = stage.parameters
    if isinstance(stage.layer, Dense):
        shape = {"outputs": stage.gives[0], "inputs": stage.takes[0]}
        place = {"sums": sums[0], "bias_sums": sums[1]}
        op = make_op(
            dense.weights_gradient(), **shape, x=x.start, x_input=x.channel, dz=dz.start,
            dz_output=dz.channel, **place, transposed=draft.memory.take(LANES * LANES),
        )  # fmt: skip
        end = make_op(dense.weights_finish(), **shape, **place, dw=weights, db=bias)
    else:
        layer = stage.layer
        assert isinstance(layer, Conv2D)
        taps, groups, block = _tiling(layer)
        row_bytes = block * dz.shape[2] * LANES * 4
        shape = {"channels": stage.takes[0], "height": layer.kernel_pair[0]}
        planes, take = blocks.planes(stage.gives[0]), draft.memory.take
        count = planes * math.prod(shape.values()) * groups * taps
        place = {"groups": groups, "sums": take(count * LANES), "bias_sums": sums[1]}
        op = make_op(
            filters_gradient.filters_gradient(taps, block), **conv2d_source(stage, layer, x),
            **shape, blocks=planes // block, **dz.fields("dz"), rows=dz.shape[1],
            columns=dz.shape[2], rows_together=max(1, _CACHED_BYTES // row_bytes), **place,
            is_first=IS_FIRST, zeros=take(taps * block * LANES),
        )  # fmt: skip
        end = make_op(
            filters_gradient.filters_finish(), **shape, filters=stage.gives[0],
            width=layer.kernel_pair[1], block=block, taps=taps, **place, df=weights, db=bias,
        )  # fmt: skip
    draft.program.backward.append(op)
    draft.program.end.append(end)


def _emit_input_gradient(draft: Draft, k: int, dz: View, to: View, gate: View | None) -> None:
    """Emit ``dx`` of stage k into ``to``, closed where ``gate`` is not positive."""
    stage = draft.stages[k]
    layer, dx = stage.layer, stage.as_taken(to)
    if isinstance(layer, Conv2D):
        if winograd_ops.gradient_pays(stage):
            winograd_ops.emit_input_gradient(draft, stage, dz, dx, gate)
        else:
            _emit_conv2d(draft, stage, layer, dz, dx, gate)
        return
    if isinstance(layer, Dense):
        op = make_op(
            dense.product(1), outputs=stage.takes[0], inputs=stage.gives[0], w=stage.parameters[0],
            w_output=1, w_input=stage.takes[0], bias=-1, x=dz.start, x_input=dz.channel,
            z=dx.start, z_output=dx.channel, floor=FLOOR_NONE, **gate_of_flat(gate),
        )  # fmt: skip
    elif isinstance(layer, MaxPool2D):
        # The winner passed the ReLU before the pool if the maximum did: the pooled value decides.
        opener = everywhere(dz.shape) if gate is None else draft.values[k + 1]
        step, pool = layer.stride_pair, layer.pool_pair
        op = make_op(
            maxpool2d.backward(), channels=dz.shape[0], rows=dz.shape[1], columns=dz.shape[2],
            **pool_fields(layer, dx, "dx"), **dz.fields("dp"), place=draft.places[k],
            overlap=int(step[0] < pool[0] or step[1] < pool[1]), **opener.fields("gate"),
            dx_rows=dx.shape[1], dx_columns=dx.shape[2],
        )  # fmt: skip
    elif isinstance(layer, ReLU | Sigmoid):
        assert gate is None
        kernel = relu.backward() if isinstance(layer, ReLU) else sigmoid.backward()
        op = elementwise(kernel, dz, dx, stage.as_taken(draft.values[k + 1]))
    else:
        raise no_kernel(layer)
    draft.program.backward.append(op)


def _emit_conv2d(
    draft: Draft, stage: Stage, layer: Conv2D, dz: View, dx: View, gate: View | None
) -> None:
    """Emit the gradient of a convolution's input: one correlation for each phase of its pixels."""
    filters, channels = stage.gives[0], stage.takes[0]
    height, width = layer.kernel_pair
    step_y, step_x = layer.stride_pair
    block = blocks.filter_block(channels)
    opener = gate or everywhere(dx.shape)
    for y, x in itertools.product(_phases(stage, layer, 0), _phases(stage, layer, 1)):
        # Flipped: the taps run backward from the last of the phase.
        last = (y.tap + (y.taps - 1) * step_y) * width + x.tap + (x.taps - 1) * step_x
        weights, sums = pack_filters(
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
