"""Small pieces of emitted code that several kernels share: whole numbers, squares turned over.

How wide a vector of channels is belongs here too: all kernels that have channels last agree on it.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from pellucid.kernels.compiling.emitter import Emitter, int32
from pellucid.kernels.compiling.vector import FLOATS, LANES, emitted

__all__ = ["EIGHT", "eight_totals", "splat_int", "transpose", "width_of"]

EIGHT = 8
"""Floats of a vector where a pixel's channels don't fill a wider one."""

# Which of two vectors' floats are added to which, until each has but one; what comes out in order
# went in in another, so that no float crosses the middle but in the first step.
_FOLDS = (
    ([0, 1, 2, 3, 8, 9, 10, 11], [4, 5, 6, 7, 12, 13, 14, 15]),
    ([0, 1, 8, 9, 4, 5, 12, 13], [2, 3, 10, 11, 6, 7, 14, 15]),
    ([0, 2, 8, 10, 4, 6, 12, 14], [1, 3, 9, 11, 5, 7, 13, 15]),
)
_ORDER = (0, 4, 1, 5, 2, 6, 3, 7)


def splat_int(builder: Any, scalar: Any) -> Any:
    """Return a whole number of 32 bits in every lane."""
    whole = ir.VectorType(ir.IntType(32), LANES)
    undefined = ir.Constant(whole, ir.Undefined)
    first = builder.insert_element(undefined, scalar, int32(0))
    return builder.shuffle_vector(first, undefined, ir.Constant(whole, [0] * LANES))


def eight_totals(builder: Any, sums: list[Any]) -> Any:
    """Return the sums over the lanes of up to eight vectors of LANES floats, side by side.

    Each comes in parts of FLOATS, and is added up in the order of :meth:`Emitter.total`.
    """
    emit = Emitter(builder, EIGHT)
    low, high = list(range(EIGHT)), list(range(EIGHT, LANES))
    folded = [
        builder.fadd(*parts) if len(parts) > 1 else emit.fold(parts[0], parts[0], low, high)
        for parts in sums
    ]
    folded += [emit.constant(0.0)] * (EIGHT - len(folded))
    folded = [folded[place] for place in _ORDER]
    for picks in _FOLDS:
        folded = [emit.fold(a, b, *picks) for a, b in zip(folded[::2], folded[1::2], strict=True)]
    return folded[0]


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
