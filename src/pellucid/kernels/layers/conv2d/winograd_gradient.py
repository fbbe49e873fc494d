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

from pellucid.kernels.compiling.compile import Kernel, compile_kernel
from pellucid.kernels.compiling.emitter import int64
from pellucid.kernels.compiling.vector import FLOATS, LANES, each_part, emitted
from pellucid.kernels.layers.conv2d.winograd import multiply, points_of, transform
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
        vectors, groups = filters * group, (tiles + group - 1) // group
        point, filter_floats = groups * vectors * LANES, height * filters * block
        slot, row = points * point, 0
        plane = groups * group * LANES
        dv_point = blocks * block * plane + LANES
        for y in range(dx_rows):
            # The rows of dz that a filter brings here.
            low, end = max(0, y + top - height + 1), min(rows, y + top + 1)
            while row < end:
                for k in range(filters):
                    source = dz + k * dz_channel + row * dz_row
                    to = ring + row % height * slot + k * group * FLOATS, point, vectors
                    _transform(arena, (source, columns), tiles, zero, to, (width, group))
                row += 1
            skipped = (height - 1 - (y + top) + low) * filters * block
            for p in range(points):
                for number in range(groups):
                    at = ring + p * point + number * vectors * LANES
                    e = at, slot, vectors, low % height, height
                    for c in range(blocks):
                        u = weights + (p * blocks + c) * filter_floats + skipped
                        to = scratch + p * dv_point + c * block * plane
                        dv = to + number * group * LANES, plane
                        for lane in range(0, LANES, FLOATS):
                            multiply(
                                arena, e, (max(0, end - low), filters), u, dv, lane, (block, group)
                            )  # fmt: skip
            for c in range(blocks * block):
                out = dx + c * dx_channel + y * dx_row, left, dx_columns
                opener = gate + c * gate_channel + y * gate_row, gate_column
                dv = scratch + c * plane, dv_point
                _spread(arena, dv, tiles, out, opener, width)

    return compile_kernel(_input_gradient, width, block, group)


@emitted()
def _transform(emit, arena, row, tiles, zero, to, SHAPE):
    """``to[p, tile] = (A dz[tile OUTPUTS:])[p]`` for a row of ``columns``."""
    width, group = SHAPE
    change = matrices(width).of_output_gradient
    transform(emit, arena, row, tiles, zero, to, OUTPUTS, change, group)


@emitted()
def _spread(emit, arena, dv, tiles, out, gate, WIDTH):
    """``dx[tile OUTPUTS:] += B dv[tile]`` for a row, and the gate."""
    with each_part(emit) as (part, lane):
        (dv_place, *dv_steps), (dx_place, *dx_steps), (gate_place, *gate_steps) = dv, out, gate
        _spread_part(
            part, arena, (emit.builder.add(dv_place, lane), *dv_steps), tiles,
            (emit.builder.add(dx_place, lane), *dx_steps),
            (emit.builder.add(gate_place, lane), *gate_steps), WIDTH,
        )  # fmt: skip


def _spread_part(emit, arena, dv, tiles, out, gate, width: int) -> None:
    """Emit that for some of the lanes."""
    dv, dv_point = dv
    dx, left, columns = out
    gate, gate_column = gate
    builder = emit.builder
    carried = [emit.variable(emit.constant(0.0)) for _ in range(width - 1)]

    def write(values, tile) -> None:
        for j, value in enumerate(values):
            column = builder.sub(emit.place(int64(j), (tile, OUTPUTS)), left)
            # Unsigned: what is left of the first column is a very large number.
            with builder.if_then(builder.icmp_unsigned("<", column, columns), likely=True):
                opener = emit.load(arena, emit.place(gate, (column, gate_column)))
                emit.store(emit.gate(value, opener), arena, emit.place(dx, (column, LANES)))

    with emit.repeat(tiles) as tile:
        place = emit.place(dv, (tile, LANES))
        values = [
            emit.load(arena, emit.place(place, (p, dv_point))) for p in range(points_of(width))
        ]
        shares = matrices(width).to_input_gradient(emit, values)
        for j, before in enumerate(carried):
            shares[j] = builder.fadd(shares[j], builder.load(before))
        for before, value in zip(carried, shares[OUTPUTS:], strict=True):
            builder.store(value, before)
        write(shares[:OUTPUTS], tile)
    write([builder.load(value) for value in carried], tiles)
