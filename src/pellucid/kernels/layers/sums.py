"""Sums over a rectangle of pixels so large that added up one by one they would lose too much.

A sum of n floats, one by one, is off by up to n / 2 steps of the last digit, and by a good part of
that where all are alike. Small rectangles are added up row by row: at most LINE pixels, and then at
most LINE rows. Of larger ones rows are cut into blocks of LINE pixels, and rows are put together
LINE at a time: of 1,024 x 1,024 pixels no more than 160 numbers are added up behind one another.
"""

from __future__ import annotations

from numba import types

from pellucid.kernels.compiling.compile import compile_part
from pellucid.kernels.compiling.vector import add, fma, load, splat, sub

__all__ = ["LINE", "deviations", "is_long", "products", "sum_in_blocks"]

LINE = 64
"""Numbers that are added up one by one."""


def is_long(rows: int, columns: int) -> bool:
    """Return whether a rectangle is to be added up in blocks.

    Examples
    --------
    >>> is_long(64, 64), is_long(1, 65)
    (False, True)
    """
    return max(rows, columns) > LINE


@compile_part
def sum_in_blocks(arena, corner, rows, columns, row, column):
    """Return the sum of a rectangle whose pixels are so many floats apart; see the top."""
    total = splat(types.float32(0.0))
    for top in range(0, rows, LINE):
        of_rows = splat(types.float32(0.0))
        for y in range(top, min(top + LINE, rows)):
            of_row = splat(types.float32(0.0))
            for left in range(0, columns, LINE):
                of_block = splat(types.float32(0.0))
                for x in range(left, min(left + LINE, columns)):
                    of_block = add(of_block, load(arena, corner + y * row + x * column))
                of_row = add(of_row, of_block)
            of_rows = add(of_rows, of_row)
        total = add(total, of_rows)
    return total


@compile_part
def _deviations_in_blocks(arena, image, rows, columns, middle):
    """Return the sums of ``x - middle`` and of its square over a rectangle; see the top."""
    corner, row, column = image
    zero = splat(types.float32(0.0))
    values, squares = zero, zero
    for top in range(0, rows, LINE):
        of_rows, squares_of_rows = zero, zero
        for y in range(top, min(top + LINE, rows)):
            of_row, squares_of_row = zero, zero
            for left in range(0, columns, LINE):
                of_block, squares_of_block = zero, zero
                for x in range(left, min(left + LINE, columns)):
                    value = sub(load(arena, corner + y * row + x * column), middle)
                    of_block = add(of_block, value)
                    squares_of_block = fma(value, value, squares_of_block)
                of_row = add(of_row, of_block)
                squares_of_row = add(squares_of_row, squares_of_block)
            of_rows = add(of_rows, of_row)
            squares_of_rows = add(squares_of_rows, squares_of_row)
        values, squares = add(values, of_rows), add(squares, squares_of_rows)
    return values, squares


@compile_part
def deviations(arena, image, rows, columns, middle):
    """Return the sums of ``x - middle`` and of its square over a rectangle of any size."""
    if rows > LINE or columns > LINE:
        return _deviations_in_blocks(arena, image, rows, columns, middle)
    corner, row, column = image
    zero = splat(types.float32(0.0))
    values, squares = zero, zero
    for y in range(rows):
        at = corner + y * row
        of_row, squares_of_row = zero, zero
        for _ in range(columns):
            value = sub(load(arena, at), middle)
            of_row, squares_of_row = add(of_row, value), fma(value, value, squares_of_row)
            at += column
        values, squares = add(values, of_row), add(squares, squares_of_row)
    return values, squares


@compile_part
def _products_in_blocks(arena, image, upstream, rows, columns, middle):
    """Return the sums of ``dz (x - middle)`` and of ``dz`` over a rectangle; see the top."""
    corner, row, column = image
    source, source_row, source_column = upstream
    zero = splat(types.float32(0.0))
    products, deltas = zero, zero
    for top in range(0, rows, LINE):
        of_rows, deltas_of_rows = zero, zero
        for y in range(top, min(top + LINE, rows)):
            of_row, deltas_of_row = zero, zero
            for left in range(0, columns, LINE):
                of_block, deltas_of_block = zero, zero
                for x in range(left, min(left + LINE, columns)):
                    delta = load(arena, source + y * source_row + x * source_column)
                    value = sub(load(arena, corner + y * row + x * column), middle)
                    of_block = fma(delta, value, of_block)
                    deltas_of_block = add(deltas_of_block, delta)
                of_row, deltas_of_row = add(of_row, of_block), add(deltas_of_row, deltas_of_block)
            of_rows = add(of_rows, of_row)
            deltas_of_rows = add(deltas_of_rows, deltas_of_row)
        products, deltas = add(products, of_rows), add(deltas, deltas_of_rows)
    return products, deltas


@compile_part
def products(arena, image, upstream, rows, columns, middle):
    """Return the sums of ``dz (x - middle)`` and of ``dz`` over a rectangle of any size."""
    if rows > LINE or columns > LINE:
        return _products_in_blocks(arena, image, upstream, rows, columns, middle)
    corner, row, column = image
    source, source_row, source_column = upstream
    zero = splat(types.float32(0.0))
    found, deltas = zero, zero
    for y in range(rows):
        at, of = corner + y * row, source + y * source_row
        of_row, deltas_of_row = zero, zero
        for _ in range(columns):
            delta = load(arena, of)
            of_row = fma(delta, sub(load(arena, at), middle), of_row)
            deltas_of_row = add(deltas_of_row, delta)
            at, of = at + column, of + source_column
        found, deltas = add(found, of_row), add(deltas, deltas_of_row)
    return found, deltas
