"""From a network to the program that computes it: which kernel runs when, on which memory.

The program is a list of ops. An op is a row of int64: the address of its kernel and then the
kernel's fields. A chunk of images goes through all layers forward and backward before the next
begins, so its arrays stay in the second-level cache. What saves memory traffic is decided here and
in :mod:`pellucid.kernels.plan_backward`, not in the kernels:

- zero padding is a border of zeros around the array that a convolution reads; whoever computes
  that array writes inside the border, which is never touched;
- a convolution may take fewer multiplications (:mod:`pellucid.kernels.layers.conv2d.ops`);
- a ReLU that follows a convolution or dense layer, or a max pool after one, is that layer's floor
  at 0, and its backward the gate of the op that computes its gradient;
- flattening costs nothing: the array is read with other strides.

Where a layer looks at all images of a section, as batch normalization in training, its ``joins``
cut the program into stretches: every chunk goes through one before any goes through the next.

Which ops a layer becomes is said in its own file (:mod:`pellucid.kernels.program.layer_ops`).
"""

from __future__ import annotations

import functools

from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.plan_backward import allocate_sums, copied, emit_backward
from pellucid.kernels.program.arena import Memory, stride_of
from pellucid.kernels.program.draft import Draft, Joins, Plan, Staging
from pellucid.kernels.program.layer_ops import ops_of, stages_of
from pellucid.kernels.program.loss import loss_op
from pellucid.kernels.program.ops import table
from pellucid.kernels.program.stages import widest
from pellucid.network.layers import Shape
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
        Whether backward ends in the gradient of the images instead of the parameters'; layers such
        as Dropout do then what they do in inference.
    """
    in_training = training and not image_gradient
    stages = stages_of(network, is_training=in_training)
    draft = Draft(network, stages, in_training, keeps_ties=image_gradient)
    # The sums come first, so that they are one piece of memory to clear.
    begin_sums = draft.memory.used
    if in_training:
        allocate_sums(draft)
    end_sums = draft.memory.used
    totals = draft.memory.take(end_sums - begin_sums)
    _allocate_values(draft)
    _emit_forward(draft)
    delta = draft.memory.array(draft.stages[-1].gives)
    to_image = emit_backward(draft, delta, image_gradient) if training else None
    loss = loss_op(
        network.loss, logits=draft.values[-1].start, delta=delta.start, size=network.classes,
        is_training=training,
    )  # fmt: skip
    staging = _staging(draft.memory, network.input_shape)
    program, stride = draft.program, stride_of(draft.memory.size)
    return Plan(
        network=network,
        begin=table(program.begin),
        forward=table(program.forward),
        backward=table(program.backward),
        end=table(program.end),
        size=draft.memory.size,
        sums=(begin_sums, end_sums),
        totals=totals,
        image=draft.values[0],
        loss=loss,
        staging=staging,
        image_gradient=to_image,
        forward_joins=Joins.of(program.forward_joins, program.forward, stride),
        backward_joins=Joins.of(program.backward_joins, program.backward, stride),
    )


def _allocate_values(draft: Draft) -> None:
    """Lay the values out, each in the widest border of zeros that any of its readers asks for.

    A wider border is harmless: a convolution begins at its own padding.
    """
    for value in range(len(draft.stages) + 1):
        readers, shape = draft.readers(value), draft.shape(value)
        border = widest(ops_of(stage.layer).border(stage) for stage in readers)
        draft.values.append(draft.memory.array(shape, border))
        is_flat = any(len(stage.takes) == 1 for stage in readers)
        if is_flat and not draft.values[value].is_contiguous:
            draft.plain[value] = draft.memory.array(shape)


def _emit_forward(draft: Draft) -> None:
    """Emit every stage, and after each value the copy of it that a flat reader may need."""
    for value in range(len(draft.values)):
        if value > 0:
            stage = draft.stages[value - 1]
            ops_of(stage.layer).forward(draft, stage)
        if value in draft.plain:
            draft.program.forward.append(copied(draft.values[value], draft.plain[value]))


def _staging(memory: Memory, shape: Shape) -> Staging:
    channels, rows, columns = shape
    pitch = -(-columns // LANES) * LANES
    return Staging(
        memory.take(LANES * channels * rows * pitch),
        pitch,
        memory.take(channels * (rows + 3) * (columns + 3)),
        memory.take(LANES * LANES),
    )
