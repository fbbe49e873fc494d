"""From a network to the program that computes it: which kernel runs when, on which memory.

The program is a list of ops. An op is a row of int64: the address of its kernel and then the
kernel's fields. A chunk of images goes through all layers forward and backward before the next
begins, so its arrays stay in the second-level cache. What saves memory traffic is decided here and
in :mod:`pellucid.kernels.plan_backward`, not in the kernels:

- zero padding is a border of zeros around the array that a convolution reads; whoever computes
  that array writes inside the border, which is never touched;
- a convolution may take fewer multiplications (:mod:`pellucid.kernels.layers.conv2d.winograd_ops`);
- a ReLU that follows a convolution or dense layer is that layer's floor at 0, and its backward the
  gate of the op that computes its gradient;
- flattening costs nothing: the array is read with other strides.
"""

from __future__ import annotations

import functools
import math

from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.layers import maxpool2d, relu, sigmoid
from pellucid.kernels.layers.conv2d import winograd_ops
from pellucid.kernels.layers.conv2d.direct_ops import conv2d_op
from pellucid.kernels.layers.dense import dense_op
from pellucid.kernels.layers.maxpool2d import pool_fields
from pellucid.kernels.plan_backward import allocate_sums, emit_backward
from pellucid.kernels.program.arena import Memory, everywhere
from pellucid.kernels.program.draft import Draft, Plan, Staging, border_of, no_kernel, stages_of
from pellucid.kernels.program.ops import Program, elementwise, make_op, table
from pellucid.network.layers import Conv2D, Dense, MaxPool2D, ReLU, Shape, Sigmoid
from pellucid.network.network import Network

__all__ = ["plan_for"]


@functools.lru_cache(maxsize=32)
def plan_for(network: Network, training: bool = True, image_gradient: bool = False) -> Plan:
    """Return the plan of a network; the kernels it needs are compiled or loaded here.

    Parameters
    ----------
    network : Network
        What to compute.
    training : bool, default True
        False leaves out the backward ops and the memory they need.
    image_gradient : bool, default False
        Whether backward ends in the gradient of the images instead of the parameters'.
    """
    draft = Draft(network, stages_of(network), Memory(), Program())
    # The sums come first, so that they are one piece of memory to clear.
    begin_sums = draft.memory.used
    sums = allocate_sums(draft) if training and not image_gradient else {}
    end_sums = draft.memory.used
    _allocate_values(draft)
    for k in range(len(draft.stages)):
        _emit_forward(draft, k)
    delta = draft.memory.array(draft.stages[-1].gives)
    to_image = emit_backward(draft, delta, sums, image_gradient) if training else None
    staging = _staging(draft.memory, network.input_shape)
    return Plan(
        network=network,
        begin=table(draft.program.begin),
        forward=table(draft.program.forward),
        backward=table(draft.program.backward),
        end=table(draft.program.end),
        size=draft.memory.size,
        sums=(begin_sums, end_sums),
        image=draft.values[0],
        logits=draft.values[-1],
        delta=delta,
        staging=staging,
        image_gradient=to_image,
    )


def _allocate_values(draft: Draft) -> None:
    borders = [border_of(stage) for stage in draft.stages]
    draft.values.append(draft.memory.array(draft.network.input_shape, borders[0]))
    for stage, border in zip(draft.stages, [*borders[1:], (0, 0, 0, 0)], strict=True):
        draft.values.append(draft.memory.array(stage.gives, border))


def _staging(memory: Memory, shape: Shape) -> Staging:
    channels, rows, columns = shape
    pitch = -(-columns // LANES) * LANES
    return Staging(
        memory.take(LANES * channels * rows * pitch),
        pitch,
        memory.take(channels * (rows + 3) * (columns + 3)),
        memory.take(LANES * LANES),
    )


def _emit_forward(draft: Draft, k: int) -> None:
    stage, x, z = draft.stages[k], draft.taken(k), draft.values[k + 1]
    layer = stage.layer
    if isinstance(layer, Conv2D):
        has_fewer = winograd_ops.pays(stage)
        op = (winograd_ops.op_of if has_fewer else conv2d_op)(draft, stage, layer, x, z)
    elif isinstance(layer, Dense):
        op = dense_op(stage, x, z)
    elif isinstance(layer, MaxPool2D):
        draft.places[k] = draft.memory.take(math.prod(stage.gives) * LANES)
        op = make_op(
            maxpool2d.forward(), channels=z.shape[0], rows=z.shape[1], columns=z.shape[2],
            **pool_fields(layer, x, "x"), **z.fields("p"), place=draft.places[k],
        )  # fmt: skip
    elif isinstance(layer, ReLU | Sigmoid):
        kernel = relu.forward() if isinstance(layer, ReLU) else sigmoid.forward()
        op = elementwise(kernel, x, z, everywhere(x.shape))
    else:
        raise no_kernel(layer)
    draft.program.forward.append(op)
