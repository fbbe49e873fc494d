"""Small pieces of emitted code that several kernels share: whole numbers, squares turned over.

How wide a vector of channels is belongs here too: all kernels that have channels last agree on it.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from pellucid.kernels.compiling.emitter import Emitter, int32
from pellucid.kernels.compiling.vector import FLOATS, LANES, emitted

__all__ = ["EIGHT", "splat_int", "transpose", "width_of"]

EIGHT = 8
"""Floats of a vector where a pixel's channels don't fill a wider one."""


def splat_int(builder: Any, scalar: Any) -> Any:
    """Return a whole number of 32 bits in every lane."""
    whole = ir.VectorType(ir.IntType(32), LANES)
    undefined = ir.Constant(whole, ir.Undefined)
    first = builder.insert_element(undefined, scalar, int32(0))
    return builder.shuffle_vector(first, undefined, ir.Constant(whole, [0] * LANES))


def width_of(depth: int) -> int:
    """Return the floats of a vector: as many as a tile's have, if a pixel's ``depth`` fills it.

    Examples
    --------
    >>> width_of(8)
    8
    """
    return FLOATS if depth % FLOATS == 0 else EIGHT


@emitted()
def transpose(emit, source, x, x_row, arena, to, to_row):
    """``to[i, j] = x[j, i]`` for a square of LANES by LANES, rows of LANES floats each."""
    part = Emitter(emit.builder, FLOATS)
    for down in range(0, LANES, FLOATS):
        for along in range(0, LANES, FLOATS):
            places = [emit.place(x, (down + i, x_row)) for i in range(FLOATS)]
            rows = [part.load(source, place, along) for place in places]
            for i, column in enumerate(part.transpose(rows)):
                part.store(column, arena, emit.place(to, (along + i, to_row)), down)
