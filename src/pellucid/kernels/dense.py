"""Fully connected layers; their equations are in :mod:`pellucid.equations.dense`.

Layout: ``x[i, lane]``, images innermost. ``z = w x + b`` and ``dx = w^T dz`` are one kernel, with
the weight's two strides exchanged: a register tile of four outputs shares each vector it loads.

``dw[o, i] = sum_images dz[o] x[i]`` would sum over the lanes for every weight. Instead LANES
features at a time are transposed, so that one vector holds LANES neighboring weights of a row, and
the images are added one after another. The rows are padded to whole vectors until the section ends.
"""

from __future__ import annotations

import functools
from typing import Any

from numba import types
from numba.extending import intrinsic

from pellucid.kernels.compile import Kernel, compile_kernel
from pellucid.kernels.vector import LANES, Emitter, add, fma, load, splat, store, total

__all__ = ["OUTPUTS", "product", "transpose", "weights_finish", "weights_gradient"]

OUTPUTS = 4
"""Outputs that one register tile holds."""

_PRODUCT = "outputs inputs w w_output w_input bias x x_input z z_output floor gate gate_output"


@functools.cache
def product() -> Kernel:
    """``z[o] = bias[o] + sum_i w[o, i] x[i]``, held above ``floor``, closed where ``gate <= 0``.

    ``w`` lies in the parameters; ``bias`` too, or is negative for none.
    """

    def _product(op: Any, arena: Any, parameters: Any, gradient: Any) -> None:
        outputs, inputs, w, w_output, w_input, bias = op[0], op[1], op[2], op[3], op[4], op[5]
        x, x_input, z, z_output, floor = op[6], op[7], op[8], op[9], op[10]
        opener, opener_output = op[11], op[12]
        whole = outputs // OUTPUTS * OUTPUTS
        for o in range(0, whole, OUTPUTS):
            _tile(
                arena, parameters, w + o * w_output, w_output, w_input, bias, o, inputs, x, x_input,
                z + o * z_output, z_output, floor, opener + o * opener_output, opener_output,
                OUTPUTS,
            )  # fmt: skip
        for o in range(whole, outputs):
            _tile(
                arena, parameters, w + o * w_output, w_output, w_input, bias, o, inputs, x, x_input,
                z + o * z_output, z_output, floor, opener + o * opener_output, opener_output,
                1,
            )  # fmt: skip

    return compile_kernel(_product, tuple(_PRODUCT.split()))


@intrinsic(prefer_literal=True)
def _tile(
    typingctx: Any,
    arena: Any,
    parameters: Any,
    w: Any,
    w_output: Any,
    w_input: Any,
    bias: Any,
    output: Any,
    inputs: Any,
    x: Any,
    x_input: Any,
    z: Any,
    z_output: Any,
    floor: Any,
    gate: Any,
    gate_output: Any,
    block: Any,
) -> Any:
    """One register tile of the product: ``block`` outputs."""
    BLOCK = block.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        (memory, parameters, w, w_output, w_input, bias, output, inputs, x, x_input,
         z, z_output, floor, gate, gate_output) = args[:15]  # fmt: skip
        emit = Emitter(builder)
        acc = [emit.variable(emit.constant(0.0)) for _ in range(BLOCK)]
        zero = bias.type(0)
        with builder.if_then(builder.icmp_signed(">=", bias, zero)):
            for o in range(BLOCK):
                start = emit.broadcast(parameters, builder.add(bias, output), o)
                builder.store(start, acc[o])
        with emit.repeat(inputs) as i:
            value = emit.load(memory, builder.add(x, builder.mul(i, x_input)))
            column = builder.add(w, builder.mul(i, w_input))
            for o in range(BLOCK):
                at = builder.add(column, builder.mul(w_output, w_output.type(o)))
                weight = emit.broadcast(parameters, at)
                builder.store(emit.fma(weight, value, builder.load(acc[o])), acc[o])
        least = emit.broadcast(memory, floor)
        for o in range(BLOCK):
            value = emit.at_least(builder.load(acc[o]), least)
            place = builder.add(gate, builder.mul(gate_output, gate_output.type(o)))
            opener = emit.load(memory, place)
            to = builder.add(z, builder.mul(z_output, z_output.type(o)))
            emit.store(emit.gate(value, opener), memory, to)
        return context.get_dummy_value()

    return types.void(arena, parameters, *[types.intp] * 13, block), codegen


_GRADIENT = "outputs inputs x x_input dz dz_output sums sums_row bias_sums transposed"


@functools.cache
def weights_gradient() -> Kernel:
    """Add this chunk's share of ``dw`` and ``db`` to the sums."""

    def _gradient(op: Any, arena: Any, parameters: Any, gradient: Any) -> None:
        outputs, inputs, x, x_input, dz, dz_output = op[0], op[1], op[2], op[3], op[4], op[5]
        sums, sums_row, bias_sums, transposed = op[6], op[7], op[8], op[9]
        for o in range(outputs):
            at = bias_sums + o * LANES
            store(arena, at, add(load(arena, at), load(arena, dz + o * dz_output)))
        for i in range(0, inputs, LANES):
            transpose(arena, x + i * x_input, x_input, transposed)
            for o in range(outputs):
                at = sums + o * sums_row + i
                acc = load(arena, at)
                delta = dz + o * dz_output
                for image in range(LANES):
                    row = load(arena, transposed + image * LANES)
                    acc = fma(splat(arena[delta + image]), row, acc)
                store(arena, at, acc)

    return compile_kernel(_gradient, tuple(_GRADIENT.split()))


@intrinsic
def transpose(typingctx: Any, arena: Any, x: Any, x_input: Any, to: Any) -> Any:
    """``to[image, i] = x[i, image]`` for LANES features."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        memory, x, x_input, to = args
        emit = Emitter(builder)
        rows = [
            emit.load(memory, builder.add(x, builder.mul(x_input, x_input.type(i))))
            for i in range(LANES)
        ]
        for image, row in enumerate(emit.transpose(rows)):
            emit.store(row, memory, to, image * LANES)
        return context.get_dummy_value()

    return types.void(arena, types.intp, types.intp, types.intp), codegen


_FINISH = "outputs inputs sums sums_row bias_sums dw db"


@functools.cache
def weights_finish() -> Kernel:
    """Write ``dw[o, i]`` without the padding, and ``db[o]`` summed over the lanes."""

    def _finish(op: Any, arena: Any, parameters: Any, gradient: Any) -> None:
        outputs, inputs, sums, sums_row = op[0], op[1], op[2], op[3]
        bias_sums, dw, db = op[4], op[5], op[6]
        for o in range(outputs):
            gradient[db + o] = total(load(arena, bias_sums + o * LANES))
            for i in range(inputs):
                gradient[dw + o * inputs + i] = arena[sums + o * sums_row + i]

    return compile_kernel(_finish, tuple(_FINISH.split()))
