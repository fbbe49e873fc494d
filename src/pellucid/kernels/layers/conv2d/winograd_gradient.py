"""The gradient of a convolution's input with fewer multiplications: the backward of winograd.

``z = A^T [(G f) * (B^T x)]`` (:mod:`pellucid.kernels.layers.conv2d.winograd`) is linear in ``x``,
so for OUTPUTS columns of ``dz`` a filter row's share of ``dx`` is ``B [(G f) * (A dz)]``. As there,
products are added up before they are transformed:

``dv[p, c, y, tile] = sum_{i, k} u[p, k, i, c] e[p, k, y - i, tile]``, ``u = G f``, ``e = A dz``

A tile gives ``points`` columns of ``dx``, of which the last ``width - 1`` are those of the next
tile too: they are carried on and added there.

Layout and loop order are those of the forward pass; ``e`` is the ring. Filter rows lie flipped, so
that those which reach a row of ``dx`` follow one another as the rows of ``dz`` do.
"""

from __future__ import annotations

import functools
from typing import Any

from numba import types
from numba.extending import intrinsic

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.emit import int64
from pellucid.kernels.compiling.vector import LANES, Emitter
from pellucid.kernels.layers.conv2d.winograd import multiply, points_of
from pellucid.kernels.layers.conv2d.winograd_matrices import OUTPUTS, matrices

__all__ = ["input_gradient"]


@functools.cache
def input_gradient(width: int, block: int, group: int) -> Kernel:
    """Write ``dx``, closed where ``gate <= 0``.

    ``rows`` and ``columns`` are those of ``dz``; ``top`` and ``left`` the zeros that stood before
    ``x``, whose gradient nobody wants. ``zero`` is a place with LANES zeros.
    """
    points = points_of(width)

    def _input_gradient(
        arena, parameters, gradient, dz, dz_channel, dz_row, filters, height, rows, columns, tiles,
        ring, scratch, weights, blocks, dx, dx_channel, dx_row, dx_rows, dx_columns, top, left,
        gate, gate_channel, gate_row, gate_column, zero,
    ):  # fmt: skip
        plane = tiles * LANES
        point, filter_floats = filters * plane, height * filters * block
        slot, row = points * point, 0
        for y in range(dx_rows):
            # The rows of dz that a filter brings here.
            low, end = max(0, y + top - height + 1), min(rows, y + top + 1)
            while row < end:
                for k in range(filters):
                    _transform(
                        arena, dz + k * dz_channel + row * dz_row, columns, tiles, zero,
                        ring + row % height * slot + k * plane, point, width,
                    )  # fmt: skip
                row += 1
            skipped = (height - 1 - (y + top) + low) * filters * block
            for c in range(blocks):
                for start in range(0, tiles, group):
                    # The last group steps back over tiles already done: same values again.
                    tile = min(start, tiles - group)
                    for p in range(points):
                        multiply(
                            arena, ring + p * point + tile * LANES, slot, plane, low % height,
                            height, max(0, end - low), filters,
                            weights + (p * blocks + c) * filter_floats + skipped,
                            scratch + p * block * plane + tile * LANES, plane, block, group,
                        )  # fmt: skip
                for f in range(block):
                    channel = c * block + f
                    _spread(
                        arena, scratch + f * plane, block * plane, tiles, left, dx_columns,
                        dx + channel * dx_channel + y * dx_row,
                        gate + channel * gate_channel + y * gate_row, gate_column, width,
                    )  # fmt: skip

    return compile_kernel(_input_gradient, width, block, group)


@intrinsic(prefer_literal=True)
def _transform(
    typingctx: Any, arena: Any, dz: Any, columns: Any, tiles: Any, zero: Any, to: Any,
    to_point: Any, width: Any,
) -> Any:  # fmt: skip
    """``to[p, tile] = (A dz[tile OUTPUTS:])[p]`` for a row of ``columns``."""
    WIDTH = width.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        memory, dz, columns, tiles, zero, to, to_point = args[:7]
        emit = Emitter(builder)
        with emit.repeat(tiles) as tile:
            first = builder.mul(tile, int64(OUTPUTS))
            values = []
            for j in range(OUTPUTS):
                column = builder.add(first, int64(j))
                place = builder.add(dz, builder.mul(column, int64(LANES)))
                inside = builder.icmp_signed("<", column, columns)
                values.append(emit.load(memory, builder.select(inside, place, zero)))
            place = builder.add(to, builder.mul(tile, int64(LANES)))
            for p, value in enumerate(matrices(WIDTH).of_output_gradient(emit, values)):
                emit.store(value, memory, builder.add(place, builder.mul(to_point, int64(p))))
        return context.get_dummy_value()

    return types.void(arena, *[types.intp] * 6, width), codegen


@intrinsic(prefer_literal=True)
def _spread(
    typingctx: Any, arena: Any, dv: Any, dv_point: Any, tiles: Any, left: Any, columns: Any,
    dx: Any, gate: Any, gate_column: Any, width: Any,
) -> Any:  # fmt: skip
    """``dx[tile OUTPUTS:] += B dv[tile]`` for a row, and the gate."""
    WIDTH = width.literal_value

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        memory, dv, dv_point, tiles, left, columns, dx, gate, gate_column = args[:9]
        emit = Emitter(builder)
        carried = [emit.variable(emit.constant(0.0)) for _ in range(WIDTH - 1)]

        def write(values: list[Any], first: Any) -> None:
            for j, value in enumerate(values):
                column = builder.sub(builder.add(first, int64(j)), left)
                # Unsigned: what is left of the first column is a very large number.
                with builder.if_then(builder.icmp_unsigned("<", column, columns), likely=True):
                    place = builder.add(gate, builder.mul(column, gate_column))
                    opened = emit.gate(value, emit.load(memory, place))
                    emit.store(opened, memory, builder.add(dx, builder.mul(column, int64(LANES))))

        with emit.repeat(tiles) as tile:
            place = builder.add(dv, builder.mul(tile, int64(LANES)))
            values = [
                emit.load(memory, builder.add(place, builder.mul(dv_point, int64(p))))
                for p in range(points_of(WIDTH))
            ]
            found = matrices(WIDTH).to_input_gradient(emit, values)
            for j, before in enumerate(carried):
                found[j] = builder.fadd(found[j], builder.load(before))
            for before, value in zip(carried, found[OUTPUTS:], strict=True):
                builder.store(value, before)
            write(found[:OUTPUTS], builder.mul(tile, int64(OUTPUTS)))
        write([builder.load(value) for value in carried], builder.mul(tiles, int64(OUTPUTS)))
        return context.get_dummy_value()

    return types.void(arena, *[types.intp] * 8, width), codegen
