"""Small pieces of emitted code that several kernels share: whole numbers, squares turned over.

How wide a vector of channels is belongs here too: all kernels that have channels last agree on it.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from pellucid.kernels.compiling.vector import LANES, Emitter

__all__ = ["EIGHT", "int32", "int64", "splat_int", "transpose", "width_of"]

EIGHT = 8
"""Floats of a vector where a pixel's channels don't fill a wider one."""


def int64(value: int) -> Any:
    """Return a whole number as the kernels count: an index, a distance."""
    return ir.Constant(ir.IntType(64), value)


def int32(value: int) -> Any:
    """Return a whole number as LLVM numbers the parts of a vector."""
    return ir.Constant(ir.IntType(32), value)


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


@intrinsic
def transpose(
    typingctx: Any, source: Any, x: Any, x_row: Any, arena: Any, to: Any, to_row: Any
) -> Any:
    """``to[i, j] = x[j, i]`` for a square of LANES by LANES, rows of LANES floats each."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        source, x, x_row, memory, to, to_row = args
        emit = Emitter(builder)
        rows = [
            emit.load(source, builder.add(x, builder.mul(x_row, int64(i)))) for i in range(LANES)
        ]
        for i, column in enumerate(emit.transpose(rows)):
            emit.store(column, memory, builder.add(to, builder.mul(to_row, int64(i))))
        return context.get_dummy_value()

    return types.void(source, types.intp, types.intp, arena, types.intp, types.intp), codegen
