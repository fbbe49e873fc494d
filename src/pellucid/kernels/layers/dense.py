"""Fully connected layers; their equations are in :mod:`pellucid.equations.dense`.

Layout: ``x[i, lane]``, images innermost. ``z = w x + b`` and ``dx = w^T dz`` are one kernel, with
the weight's two strides exchanged: the outputs of a register tile share each vector it loads.

``dw[o, i] = sum_images dz[o] x[i]`` would sum over the lanes for every weight. Instead LANES
features at a time are transposed, so that one vector holds LANES neighboring weights of a row, and
the images are added one after another; a register tile of eight outputs shares each vector. Until
the section ends the sums of LANES features lie together, output by output, so that a pass over them
goes through memory in order.
"""

from __future__ import annotations

import functools

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.emit import transpose
from pellucid.kernels.compiling.emitter import Emitter, int64
from pellucid.kernels.compiling.vector import (
    FLOATS,
    LANES,
    REGISTERS,
    add,
    each_part,
    emitted,
    load,
    store,
    total,
)
from pellucid.kernels.layers import one_image
from pellucid.kernels.layers.one_image import blocks_of
from pellucid.kernels.program.arena import FLOOR_NONE, View
from pellucid.kernels.program.blocks import PARTS
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.layer_ops import LayerOps
from pellucid.kernels.program.one_image import OneImageDraft, Pixels
from pellucid.kernels.program.ops import gate_of_flat, make_op
from pellucid.kernels.program.stages import Stage, Sums
from pellucid.network.layers import Dense

__all__ = ["OPS", "product", "weights_finish", "weights_gradient"]

OUTPUTS = 4 if REGISTERS == 32 else 2
"""Outputs that one register tile holds, with PARTS sums each."""
SHARED = 8
"""Outputs whose weight gradients share the images that are loaded."""


@functools.cache
def product(parts: int) -> Kernel:
    """``z[o] = bias[o] + sum_i w[o, i] x[i]``, held above ``floor``, closed where ``gate <= 0``.

    ``w`` lies in the parameters; ``bias`` too, or is negative for none. The sum is that of
    ``parts`` sums, of every ``parts``-th input each: PARTS where a row of weights is one piece of
    memory, so that :mod:`pellucid.kernels.layers.one_image` can take PARTS weights as a vector and
    come to the same bits, and 1 where neighboring outputs are.
    """
    most = PARTS * OUTPUTS // parts

    def _product(
        arena, parameters, gradient, outputs, inputs, w, w_output, w_input, bias, x, x_input, z,
        z_output, floor, gate, gate_output,
    ):  # fmt: skip
        whole = outputs // most * most
        for o in range(0, whole, most):
            for lane in range(0, LANES, FLOATS):
                _tile(
                    arena, parameters, (w + o * w_output, w_output, w_input), (bias, o),
                    (x + lane, x_input, inputs), (z + o * z_output + lane, z_output, floor),
                    (gate + o * gate_output + lane, gate_output), (most, parts),
                )  # fmt: skip
        for o in range(whole, outputs):
            for lane in range(0, LANES, FLOATS):
                _tile(
                    arena, parameters, (w + o * w_output, w_output, w_input), (bias, o),
                    (x + lane, x_input, inputs), (z + o * z_output + lane, z_output, floor),
                    (gate + o * gate_output + lane, gate_output), (1, parts),
                )  # fmt: skip

    return compile_kernel(_product, parts)


@emitted()
def _tile(emit, arena, parameters, weights, bias, image, out, gate, TILE):
    """One register tile of the product: BLOCK outputs of FLOATS images, each as PARTS sums."""
    BLOCK, PARTS = TILE
    emit = Emitter(emit.builder, FLOATS)
    w, w_output, w_input = weights
    bias, output = bias
    x, x_input, inputs = image
    z, z_output, floor = out
    gate, gate_output = gate
    builder = emit.builder
    acc = [[emit.variable(emit.constant(0.0)) for _ in range(PARTS)] for _ in range(BLOCK)]
    with builder.if_then(builder.icmp_signed(">=", bias, int64(0))):
        for o in range(BLOCK):
            start = emit.broadcast(parameters, builder.add(bias, output), o)
            builder.store(start, acc[o][0])

    def add_input(i, part: int) -> None:
        value = emit.load(arena, emit.place(x, (i, x_input)))
        column = emit.place(w, (i, w_input))
        if PARTS == 1:  # the next tile's weights lie behind these, in rows far apart
            emit.prefetch(parameters, column, BLOCK)
        for o in range(BLOCK):
            weight = emit.broadcast(parameters, emit.place(column, (o, w_output)))
            emit.add_product(acc[o][part], weight, value)

    rounds = builder.sdiv(inputs, int64(PARTS))
    carried = [[emit.variable(emit.constant(0.0)) for _ in range(PARTS)] for _ in range(BLOCK)]
    pairs = [pair for o in range(BLOCK) for pair in zip(acc[o], carried[o], strict=True)]
    with blocks_of(emit, rounds, pairs) as number:
        for part in range(PARTS):
            add_input(emit.place(int64(part), (number, PARTS)), part)
    for part in range(PARTS - 1):
        i = emit.place(int64(part), (rounds, PARTS))
        with builder.if_then(builder.icmp_signed("<", i, inputs)):
            add_input(i, part)
    least = emit.broadcast(arena, floor)
    for o in range(BLOCK):
        sums = [
            builder.fadd(builder.load(before), builder.load(last))
            for before, last in zip(carried[o], acc[o], strict=True)
        ]
        value = emit.at_least(_halved(builder, sums), least)
        opener = emit.load(arena, emit.place(gate, (o, gate_output)))
        emit.store(emit.gate(value, opener), arena, emit.place(z, (o, z_output)))


def _halved(builder, values):
    """Return the sum of the values, halves first, as :meth:`Emitter.total` adds lanes up."""
    while len(values) > 1:
        half = len(values) // 2
        values = [builder.fadd(values[i], values[i + half]) for i in range(half)]
    return values[0]


@functools.cache
def weights_gradient() -> Kernel:
    """Add this chunk's share of ``dw`` and ``db`` to the sums."""

    def _weights_gradient(
        arena, parameters, gradient, outputs, inputs, x, x_input, dz, dz_output, sums, bias_sums,
        transposed,
    ):  # fmt: skip
        for o in range(outputs):
            at = bias_sums + o * LANES
            store(arena, at, add(load(arena, at), load(arena, dz + o * dz_output)))
        for i in range(0, inputs, LANES):
            transpose(arena, x + i * x_input, x_input, arena, transposed, LANES)
            whole = outputs // SHARED * SHARED
            for o in range(0, whole, SHARED):
                _add_images(arena, transposed, (dz + o * dz_output, dz_output), sums, SHARED)
                sums += SHARED * LANES
            for o in range(whole, outputs):
                _add_images(arena, transposed, (dz + o * dz_output, dz_output), sums, 1)
                sums += LANES

    return compile_kernel(_weights_gradient)


@emitted()
def _add_images(emit, arena, rows, deltas, sums, BLOCK):
    """``sums[o] += sum_images dz[o, image] rows[image]`` for BLOCK outputs."""
    dz, dz_output = deltas
    deltas = [emit.place(dz, (o, dz_output)) for o in range(BLOCK)]
    with each_part(emit) as (part, first):
        some, to = emit.builder.add(rows, first), emit.builder.add(sums, first)
        acc = [part.load(arena, to, o * LANES) for o in range(BLOCK)]
        for image in range(LANES):
            row = part.load(arena, some, image * LANES)
            for o in range(BLOCK):
                acc[o] = part.fma(part.broadcast(arena, deltas[o], image), row, acc[o])
        for o, value in enumerate(acc):
            part.store(value, arena, to, o * LANES)


@functools.cache
def weights_finish() -> Kernel:
    """Write ``dw[o, i]`` row by row, and ``db[o]`` summed over the lanes.

    ``db`` is negative where there is no bias.
    """

    def _weights_finish(arena, parameters, gradient, outputs, inputs, sums, bias_sums, dw, db):
        if db >= 0:
            for o in range(outputs):
                gradient[db + o] = total(load(arena, bias_sums + o * LANES))
        # A few rows at a time, so that both sides are gone through nearly in order.
        for first in range(0, outputs, SHARED):
            last = min(first + SHARED, outputs)
            for i in range(0, inputs, LANES):
                for o in range(first, last):
                    at, to = sums + i * outputs + o * LANES, dw + o * inputs + i
                    if inputs - i >= LANES:
                        store(gradient, to, load(arena, at))
                    else:
                        for rest in range(inputs - i):
                            gradient[to + rest] = arena[at + rest]

    return compile_kernel(_weights_finish)


class DenseOps(LayerOps[Dense]):
    """Ops of a fully connected layer."""

    has_floor = True
    has_gate = True
    has_one_image = True

    def forward(self, draft: Draft, stage: Stage[Dense]) -> None:
        """Emit one op."""
        (x,), z, w = draft.inputs(stage), draft.output(stage), stage.parameters[0]
        inputs = stage.takes[0]
        op = make_op(
            product(PARTS), outputs=stage.gives[0], inputs=inputs, w=w, w_output=inputs, w_input=1,
            bias=stage.bias, x=x.start, x_input=x.channel, z=z.start, z_output=z.channel,
            floor=stage.floor, **gate_of_flat(None),
        )  # fmt: skip
        draft.program.forward.append(op)

    def sums(self, draft: Draft, stage: Stage[Dense]) -> Sums:
        """Return room for a row of whole vectors of weights an output, and a vector of biases."""
        outputs = stage.gives[0]
        count = outputs * -(-stage.takes[0] // LANES) * LANES
        return Sums(draft.memory.take(count), draft.memory.take(outputs * LANES))

    def parameter_gradient(self, draft: Draft, stage: Stage[Dense], dz: View) -> None:
        """Emit an op that adds up, and one that ends it."""
        (x,), sums, w = draft.inputs(stage), draft.sums[stage.number], stage.parameters[0]
        shape = {"outputs": stage.gives[0], "inputs": stage.takes[0]}
        place = {"sums": sums.weights, "bias_sums": sums.bias}
        op = make_op(
            weights_gradient(), **shape, x=x.start, x_input=x.channel, dz=dz.start,
            dz_output=dz.channel, **place, transposed=draft.memory.take(LANES * LANES),
        )  # fmt: skip
        draft.program.backward.append(op)
        draft.program.end.append(make_op(weights_finish(), **shape, **place, dw=w, db=stage.bias))

    def input_gradient(
        self, draft: Draft, stage: Stage[Dense], dz: View, dx: View, gate: View | None
    ) -> None:
        """Emit the forward's kernel once more, with the strides of the weights exchanged."""
        op = make_op(
            product(1), outputs=stage.takes[0], inputs=stage.gives[0], w=stage.parameters[0],
            w_output=1, w_input=stage.takes[0], bias=-1, x=dz.start, x_input=dz.channel,
            z=dx.start, z_output=dx.channel, floor=FLOOR_NONE, **gate_of_flat(gate),
        )  # fmt: skip
        draft.program.backward.append(op)

    def one_image(
        self, draft: OneImageDraft, stage: Stage[Dense], inputs: tuple[Pixels, ...], z: Pixels
    ) -> None:
        """Emit one op."""
        (x,) = inputs
        op = make_op(
            one_image.dense(), outputs=stage.gives[0], inputs=stage.takes[0],
            w=stage.parameters[0], bias=stage.bias, x=x.start, z=z.start,
            floor=stage.floor,
        )  # fmt: skip
        draft.forward.append(op)


OPS = DenseOps()
