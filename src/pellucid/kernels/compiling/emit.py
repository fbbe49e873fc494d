"""Small pieces of emitted code that several kernels share: whole numbers, squares turned over.

How wide a vector of channels is belongs here too: all kernels that have channels last agree on it.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from pellucid.kernels.compiling.emitter import int32
from pellucid.kernels.compiling.vector import LANES, emitted

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
    """Return the floats of a vector: as many as the processor has, if a pixel's ``depth`` fills it.

    Examples
    --------
    >>> width_of(8)
    8
    """
    return LANES if depth % LANES == 0 else EIGHT


@emitted()
def transpose(emit, source, x, x_row, arena, to, to_row):
    """``to[i, j] = x[j, i]`` for a square of LANES by LANES, rows of LANES floats each."""
    rows = [emit.load(source, emit.place(x, (i, x_row))) for i in range(LANES)]
    for i, column in enumerate(emit.transpose(rows)):
        emit.store(column, arena, emit.place(to, (i, to_row)))
