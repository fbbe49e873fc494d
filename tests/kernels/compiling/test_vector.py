"""The vector operations, each in a tiny compiled function over rows of LANES floats."""

import ctypes
import math

import numba
import numpy as np
import pytest
from numba import types

from pellucid.kernels.compiling import vector
from pellucid.kernels.compiling.compile import compile_function
from pellucid.kernels.compiling.emit import transpose as transpose_tile
from pellucid.kernels.compiling.vector import LANES, load, store

_FLOATS = types.CPointer(types.float32)


@pytest.fixture(scope="module")
def compiled():
    """One function: (number of rows, x, y, out); out has one row of blocks an operation."""
    add, sub, mul, div, fma = vector.add, vector.sub, vector.mul, vector.div, vector.fma
    at_least, gate, exp, total = vector.at_least, vector.gate, vector.exp, vector.total
    winner, where_equal, splat = vector.winner, vector.where_equal, vector.splat

    def operations(rows, x, y, out):
        size = rows * LANES
        for row in range(rows):
            at = row * LANES
            a, b = load(x, at), load(y, at)
            store(out, at, add(a, b))
            store(out, at + size, sub(a, b))
            store(out, at + 2 * size, mul(a, b))
            store(out, at + 3 * size, div(a, b))
            store(out, at + 4 * size, fma(a, b, a))
            store(out, at + 5 * size, at_least(a, b))
            store(out, at + 6 * size, gate(a, b))
            store(out, at + 7 * size, exp(a))
            store(out, at + 8 * size, splat(total(a)))
            store(out, at + 9 * size, winner(a, b, a, b))
            store(out, at + 10 * size, where_equal(a, b, a))
        if rows == LANES:
            transpose_tile(x, 0, LANES, out, 11 * size, 2 * LANES)

    kinds = (types.intp, _FLOATS, _FLOATS, _FLOATS)
    function = numba.cfunc(types.void(*kinds))(operations)

    def run(x, y):
        x, y = np.broadcast_arrays(np.float32(x), np.float32(y))
        count = x.size
        rows = -(-count // LANES)
        rows += rows == LANES  # LANES rows mean: transpose, too
        ins = np.zeros((2, rows * LANES), dtype=np.float32)
        ins[0, :count], ins[1, :count] = x.ravel(), y.ravel()
        out = np.zeros((11, rows * LANES), dtype=np.float32)
        c = ctypes.CFUNCTYPE(None, ctypes.c_ssize_t, *[ctypes.c_void_p] * 3)(function.address)
        c(rows, ins[0].ctypes.data, ins[1].ctypes.data, out.ctypes.data)
        names = [
            "add",
            "sub",
            "mul",
            "div",
            "fma",
            "at_least",
            "gate",
            "exp",
            "total",
            "winner",
            "where_equal",
        ]
        return {name: row[:count] for name, row in zip(names, out, strict=True)}

    def run_transpose(matrix):
        x = np.zeros((12, LANES, LANES), dtype=np.float32)
        x[0] = matrix
        # Behind what the others give, rows that are twice as far apart.
        out = np.zeros((11 + 2) * LANES * LANES, dtype=np.float32)
        c = ctypes.CFUNCTYPE(None, ctypes.c_ssize_t, *[ctypes.c_void_p] * 3)(function.address)
        c(LANES, x.ctypes.data, x[0].ctypes.data, out.ctypes.data)
        return out[11 * LANES * LANES :].reshape(LANES, 2, LANES)[:, 0]

    return run, run_transpose


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "fma"])
def test_arithmetic(compiled, name):
    random = np.random.default_rng(0)
    x, y = random.normal(size=(2, 5 * LANES + 3)).astype(np.float32)
    found = compiled[0](x, y)[name]
    a, b = x.astype(np.float64), y.astype(np.float64)
    expected = {"add": a + b, "sub": a - b, "mul": a * b, "div": a / b, "fma": a * b + a}[name]
    np.testing.assert_allclose(found, expected, rtol=2e-7, atol=2e-7)


def test_exp_over_the_range_it_holds(compiled):
    x = np.concatenate([np.linspace(-87.0, 87.0, 20_001), np.linspace(-1e-3, 1e-3, 101)])
    x = x.astype(np.float32)
    expected = np.exp(x.astype(np.float64))
    np.testing.assert_allclose(compiled[0](x, 0.0)["exp"], expected, rtol=2e-7)


def test_exp_beyond_the_range_is_held(compiled):
    found = compiled[0]([-np.inf, -3e38, -88.0, 88.0, 3e38, np.inf], 0.0)["exp"]
    expected = [math.exp(-87.0)] * 3 + [math.exp(87.0)] * 3
    np.testing.assert_allclose(found, np.array(expected), rtol=2e-7)


def test_exp_keeps_every_nan(compiled):
    bits = np.array([0x7FC00000, 0xFFC00000, 0x7FC00001, 0x7FFFFFFF, 0xFFFFFFFF], np.uint32)
    assert np.isnan(compiled[0](bits.view(np.float32), 0.0)["exp"]).all()


def test_at_least_keeps_nan_and_infinity(compiled):
    found = compiled[0]([np.nan, np.inf, -np.inf, 1.0, -1.0, -0.5], [0.0, 0.0, 0.0, 0.0, 0.0, -2.0])
    np.testing.assert_array_equal(found["at_least"], [np.nan, np.inf, 0.0, 1.0, 0.0, -0.5])


def test_gate_opens_above_zero_alone(compiled):
    gates = [1.0, 1e-45, 0.0, -0.0, -1.0, np.inf]
    np.testing.assert_array_equal(compiled[0](3.0, gates)["gate"], [3.0, 3.0, 0.0, 0.0, 0.0, 3.0])
    assert np.isnan(compiled[0](np.nan, 1.0)["gate"])


def test_winner_is_the_larger_the_first_of_equals_and_nan(compiled):
    value = [2.0, 1.0, 1.0, np.nan, 1.0, np.inf, np.nan]
    best = [1.0, 2.0, 1.0, 1.0, np.nan, 1.0, np.inf]
    found = compiled[0](value, best)["winner"]
    np.testing.assert_array_equal(found, [2.0, 2.0, 1.0, np.nan, np.nan, np.inf, np.nan])


def test_where_equal(compiled):
    found = compiled[0]([1.0, 2.0, 3.0], [1.0, 1.0, 3.0])["where_equal"]
    np.testing.assert_array_equal(found, [1.0, 0.0, 3.0])


def test_total_adds_halves_in_a_fixed_order(compiled):
    x = np.random.default_rng(1).normal(size=LANES).astype(np.float32) * 1e3
    expected = x.copy()
    while len(expected) > 1:
        half = len(expected) // 2
        expected = expected[:half] + expected[half:]
    assert compiled[0](x, 0.0)["total"][0] == expected[0]


def test_transpose(compiled):
    matrix = np.arange(LANES * LANES, dtype=np.float32).reshape(LANES, LANES)
    np.testing.assert_array_equal(compiled[1](matrix), matrix.T)


@vector.emitted(types.int64)
def _counted(emit, start, steps, TIMES):
    first, second = steps
    assert TIMES == (3, LANES)  # whole numbers of Python's, here
    return emit.place(start, (TIMES[0], first), (TIMES[1], second))


@compile_function
def _count(start, first, second):
    return _counted(start, (first, second), (3, LANES))


def test_tuples_and_constants_come_to_emitted_code():
    assert _count(1, 100, 2) == 1 + 3 * 100 + LANES * 2


def test_a_constant_that_is_none_is_refused():
    def wrong(times):
        return _counted(0, (1, 1), (times, times))

    with pytest.raises(numba.TypingError, match="int64 is no constant"):
        compile_function(wrong)(3)
