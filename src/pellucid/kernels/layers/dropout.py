"""Dropout in training; its equations are in :mod:`pellucid.equations.dropout`.

``a = z / (1 - rate)`` where a hash of the value's number and its image's key says so, else 0;
``dz`` from ``da`` likewise. One kernel is both: it hashes again on the way back, and no mask is
kept. A ReLU before it closes ``dz`` as it is written.

Layout: ``[channel, row, column, lane]``, images innermost. The driver has written the images' keys
into the arena; the kernel begins by mixing each with the number of its node, 64 bits a lane, and
then hashes 32 bits a value, all lanes at once. Channel, row, column, in the order of memory.

In inference it is nothing, not even a copy: no stage is made of it, and there is no kernel for one
image.
"""

from __future__ import annotations

import functools

import numpy as np
from llvmlite import ir

from pellucid.kernels.compiling.addresses import float_of, words_of
from pellucid.kernels.compiling.compile import Kernel, compile_kernel, compile_part
from pellucid.kernels.compiling.emit import splat_int
from pellucid.kernels.compiling.vector import LANES, Vector, emitted, gate, load, splat, store
from pellucid.kernels.entering.randomize import GOLDEN, mix
from pellucid.kernels.program.arena import KEYS, View, everywhere
from pellucid.kernels.program.draft import Draft
from pellucid.kernels.program.layer_ops import LayerOps
from pellucid.kernels.program.ops import bits_of, make_op
from pellucid.kernels.program.stages import Stage
from pellucid.network.layers import Dropout

__all__ = ["OPS", "drop"]

_DROPOUT = np.uint64(0xD6E8FEB86659FD93)


@functools.cache
def drop() -> Kernel:
    """``z = x * scale`` where a value is kept, else 0; closed where ``opener <= 0``.

    ``keys`` is room for two vectors.
    """

    def _drop(
        arena, parameters, gradient, channels, rows, columns, x, x_channel, x_row, x_column, z,
        z_channel, z_row, z_column, opener, opener_channel, opener_row, opener_column, node, keys,
        is_per_channel, threshold, scale,
    ):  # fmt: skip
        _begin(arena, node, keys)
        low, high = load(arena, keys), load(arena, keys + LANES)
        kept, number = splat(float_of(scale)), 0
        for c in range(channels):
            for y in range(rows):
                source, to = x + c * x_channel + y * x_row, z + c * z_channel + y * z_row
                passed = opener + c * opener_channel + y * opener_row
                for _ in range(columns):
                    at = c if is_per_channel else number
                    value = _dropped(load(arena, source), kept, (low, high), at, threshold)
                    store(arena, to, gate(value, load(arena, passed)))
                    source, to, passed = source + x_column, to + z_column, passed + opener_column
                    number += 1

    return compile_kernel(_drop)


@compile_part
def _begin(arena, node, keys):
    """Mix each lane's key with the number of the node."""
    words = words_of(arena)
    for lane in range(LANES):
        key = np.uint64(words[KEYS + lane]) | np.uint64(words[KEYS + LANES + lane]) << np.uint64(32)
        bits = mix((key ^ _DROPOUT) + np.uint64(node + 1) * GOLDEN)
        words[keys + lane] = np.uint32(bits & np.uint64(0xFFFFFFFF))
        words[keys + LANES + lane] = np.uint32(bits >> np.uint64(32))


@emitted(Vector)
def _dropped(emit, x, scale, keys, number, threshold):
    """Return ``x * scale`` where the upper 24 random bits reach the threshold, else 0."""
    builder = emit.builder
    whole = ir.VectorType(ir.IntType(32), LANES)
    low, high = (builder.bitcast(key, whole) for key in keys)

    def every(value: int):
        return ir.Constant(whole, [value] * LANES)

    bits = builder.mul(splat_int(builder, builder.trunc(number, ir.IntType(32))), every(0x9E3779B9))
    bits = builder.add(bits, low)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        bits = builder.mul(builder.xor(bits, builder.lshr(bits, every(shift))), every(factor))
    bits = builder.xor(builder.xor(bits, builder.lshr(bits, every(16))), high)
    limit = splat_int(builder, builder.trunc(threshold, ir.IntType(32)))
    is_kept = builder.icmp_unsigned(">=", builder.lshr(bits, every(8)), limit)
    return builder.select(is_kept, builder.fmul(x, scale), emit.constant(0.0))


class DropoutOps(LayerOps[Dropout]):
    """Ops of a dropout in training."""

    is_view_in_inference = True
    has_gate = True

    def forward(self, draft: Draft, stage: Stage[Dropout]) -> None:
        """Emit one op."""
        (x,) = draft.inputs(stage)
        draft.program.forward.append(_op(draft, stage, x, draft.output(stage), None))

    def input_gradient(
        self, draft: Draft, stage: Stage[Dropout], dz: View, dx: View, gate: View | None
    ) -> None:
        """Emit the same op."""
        opener = None if gate is None else stage.as_taken(gate)
        draft.program.backward.append(_op(draft, stage, dz, dx, opener))


def _op(draft: Draft, stage: Stage[Dropout], x: View, z: View, opener: View | None) -> list[int]:
    channels, rows, columns = x.shape
    layer = stage.layer
    return make_op(
        drop(), channels=channels, rows=rows, columns=columns, **x.fields("x"), **z.fields("z"),
        **(opener or everywhere(x.shape)).fields("opener"), node=stage.node,
        keys=draft.memory.take(2 * LANES), is_per_channel=int(layer.per_channel),
        threshold=round(layer.rate * 2**24), scale=bits_of(1.0 / (1.0 - layer.rate)),
    )  # fmt: skip


OPS = DropoutOps()
