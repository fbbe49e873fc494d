import numpy as np
import pytest
from numba import types

from pellucid.kernels.compiling.addresses import pointer
from pellucid.kernels.compiling.compile import compile_function
from pellucid.kernels.compiling.emitter import Emitter, int64
from pellucid.kernels.compiling.vector import emitted

FOUR = 4


@emitted(types.int64)
def _place(emit, start, row):
    return emit.place(start, (3, row), (int64(2), 5))


@emitted()
def _sum_of_products(emit, x, rows):
    """Write the sum over rows of each float times the row's first, in vectors of FOUR."""
    emit = Emitter(emit.builder, FOUR)
    total = emit.variable(emit.constant(0.0))
    with emit.repeat(rows) as i:
        at = emit.place(int64(0), (i, FOUR))
        emit.add_product(total, emit.load(x, at), emit.broadcast(x, at))
    emit.store(emit.builder.load(total), x, emit.place(int64(0), (rows, FOUR)))


@compile_function
def _run(start, row, x, rows):
    _sum_of_products(pointer(x), rows)
    return _place(start, row)


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_loops_sums_and_steps_in_vectors_of_any_width(rows):
    x = np.arange(1, FOUR * (rows + 1) + 1, dtype=np.float32).reshape(rows + 1, FOUR)
    expected = (x[:rows] * x[:rows, :1]).sum(axis=0)
    assert _run(7, 100, x, rows) == 7 + 3 * 100 + 2 * 5
    np.testing.assert_array_equal(x[rows], expected)
