"""The matrices of Winograd's convolution, found in exact fractions, and code that applies them.

A filter row with ``width`` taps and OUTPUTS columns of output are polynomials. Their product is
known from its values at ``OUTPUTS + width - 1`` points, infinity among them: evaluating is ``G``
and ``A``, interpolating is ``B``. Correlation is the transpose of that product (see
:mod:`pellucid.kernels.layers.conv2d.winograd`).

Points come in pairs ``+a, -a``, whose rows differ in the sign of every second term: a sum of the
even and one of the odd terms serve both.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

from pellucid.kernels.compiling.emitter import Emitter

__all__ = ["OUTPUTS", "WIDTHS", "Matrices", "matrices"]

OUTPUTS = 4
"""Columns of output that are computed together."""

WIDTHS = (3, 5)
"""Filter widths that there are points for: an even number of points, not too far from 1."""

_PAIRS = (Fraction(1), Fraction(2), Fraction(1, 2))


@dataclass(frozen=True)
class Matrices:
    """The three matrices of one filter width; rows of ``b`` and ``g`` belong to points.

    Points are 0, then ``+a`` and ``-a`` for every pair, then infinity.

    Attributes
    ----------
    a : tuple of tuple of float
        ``A^T``, OUTPUTS rows.
    g : tuple of tuple of float
        ``G``, with a column for each tap.
    b : tuple of tuple of float
        ``B^T``: whole numbers and halves of them, exact in float32.
    """

    a: tuple[tuple[float, ...], ...]
    g: tuple[tuple[float, ...], ...]
    b: tuple[tuple[float, ...], ...]

    def of_input(self, emit: Emitter, x: list[Any]) -> list[Any]:
        """Return ``B^T x``."""
        return _to_points(emit, self.b, x)

    def to_output(self, emit: Emitter, m: list[Any]) -> list[Any]:
        """Return ``A^T m``."""
        return _from_points(emit, self.a, m)

    def of_output_gradient(self, emit: Emitter, dz: list[Any]) -> list[Any]:
        """Return ``A dz``, the backward of :meth:`to_output`."""
        return _to_points(emit, list(zip(*self.a, strict=True)), dz)

    def to_input_gradient(self, emit: Emitter, dv: list[Any]) -> list[Any]:
        """Return ``B dv``, the backward of :meth:`of_input`."""
        return _from_points(emit, list(zip(*self.b, strict=True)), dv)

    def to_filter_gradient(self, emit: Emitter, du: list[Any]) -> list[Any]:
        """Return ``G^T du``, the backward of transforming a filter row."""
        return [_sum(emit, column, du) for column in zip(*self.g, strict=True)]


@functools.cache
def matrices(width: int) -> Matrices:
    """Return the matrices for filter rows of ``width`` taps.

    Examples
    --------
    >>> matrices(3).a[1]
    (0.0, 1.0, -1.0, 2.0, -2.0, 0.0)
    """
    points = OUTPUTS + width - 1
    finite = [Fraction(0)]
    for value in _PAIRS[: points // 2 - 1]:
        finite += [value, -value]
    a, g = _powers(finite, OUTPUTS), _powers(finite, width)
    b = _transposed(_inverse(_powers(finite, points)))
    for p in range(points):
        # Whole numbers in B, where they are used for every image; the divisor goes to G.
        whole = lcm(*(value.denominator for value in b[p]))
        b[p] = [value * whole for value in b[p]]
        g[p] = [value / whole for value in g[p]]
    return Matrices(*(tuple(tuple(map(float, row)) for row in m) for m in (_transposed(a), g, b)))


def _powers(finite: list[Fraction], count: int) -> list[list[Fraction]]:
    """Return a row of powers for each point; that of infinity keeps the highest alone."""
    rows = [[point**j for j in range(count)] for point in finite]
    return [*rows, [Fraction(int(j == count - 1)) for j in range(count)]]


def _transposed(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _inverse(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    """Return the inverse of a square matrix, by Gauss's elimination."""
    size = len(rows)
    work = [row + [Fraction(int(i == j)) for j in range(size)] for i, row in enumerate(rows)]
    for column in range(size):
        pivot = next(i for i in range(column, size) if work[i][column])
        work[column], work[pivot] = work[pivot], work[column]
        work[column] = [value / work[column][column] for value in work[column]]
        for i in range(size):
            if i != column and work[i][column]:
                factor = work[i][column]
                work[i] = [a - factor * b for a, b in zip(work[i], work[column], strict=True)]
    return [row[size:] for row in work]


def _to_points(emit: Emitter, rows: Any, values: list[Any]) -> list[Any]:
    """Return a matrix with a row for each point, times values."""
    found = [_sum(emit, rows[0], values)]
    for row in rows[1:-1:2]:
        even = _sum(emit, [c if j % 2 == 0 else 0.0 for j, c in enumerate(row)], values)
        odd = _sum(emit, [c if j % 2 else 0.0 for j, c in enumerate(row)], values)
        found += [emit.builder.fadd(even, odd), emit.builder.fsub(even, odd)]
    return [*found, _sum(emit, rows[-1], values)]


def _from_points(emit: Emitter, rows: Any, values: list[Any]) -> list[Any]:
    """Return a matrix with a column for each point, times a value for each."""
    pairs = list(zip(values[1:-1:2], values[2:-1:2], strict=True))
    sums = [emit.builder.fadd(plus, minus) for plus, minus in pairs]
    differences = [emit.builder.fsub(plus, minus) for plus, minus in pairs]
    found = []
    for j, row in enumerate(rows):
        terms = [values[0], *(differences if j % 2 else sums), values[-1]]
        found.append(_sum(emit, [row[0], *row[1:-1:2], row[-1]], terms))
    return found


def _sum(emit: Emitter, factors: Any, values: list[Any]) -> Any:
    """Return the sum of the products, in order; a factor of 1 costs no multiplication."""
    total = None
    for factor, value in zip(factors, values, strict=True):
        if not factor:
            continue
        if total is None:
            total = value if factor == 1 else emit.builder.fmul(value, emit.constant(factor))
        elif factor == 1:
            total = emit.builder.fadd(total, value)
        elif factor == -1:
            total = emit.builder.fsub(total, value)
        else:
            total = emit.fma(value, emit.constant(factor), total)
    return total
