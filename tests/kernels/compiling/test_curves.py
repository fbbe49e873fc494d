"""The curves, each in a tiny compiled function over rows of LANES floats."""

import ctypes

import numba
import numpy as np
import pytest
from numba import types
from scipy import special

from pellucid.kernels.compiling import curves
from pellucid.kernels.compiling.vector import LANES, load, splat, store

_FLOATS = types.CPointer(types.float32)


@pytest.fixture(scope="module")
def compiled():
    """One function: (number of rows, x, out); out has one row of blocks a curve."""
    at_most, erfc, tanh = curves.at_most, curves.erfc, curves.tanh

    def operations(rows, x, out):
        size = rows * LANES
        for row in range(rows):
            at = row * LANES
            value = load(x, at)
            store(out, at, at_most(value, splat(types.float32(2.0))))
            store(out, at + size, erfc(value))
            store(out, at + 2 * size, tanh(value))

    function = numba.cfunc(types.void(types.intp, _FLOATS, _FLOATS))(operations)

    def run(x):
        rows = -(-len(x) // LANES)
        given, out = np.zeros(rows * LANES, np.float32), np.zeros((3, rows * LANES), np.float32)
        given[: len(x)] = x
        c = ctypes.CFUNCTYPE(None, ctypes.c_ssize_t, *[ctypes.c_void_p] * 2)(function.address)
        c(rows, given.ctypes.data, out.ctypes.data)
        return dict(zip(("at_most", "erfc", "tanh"), out[:, : len(x)], strict=True))

    return run


def test_at_most_keeps_nan_and_infinity(compiled):
    found = compiled([np.nan, np.inf, -np.inf, 1.0, 3.0])["at_most"]
    np.testing.assert_array_equal(found, [np.nan, 2.0, -np.inf, 1.0, 2.0])


def test_tanh_to_its_value(compiled):
    x = np.concatenate([np.linspace(-60, 60, 60_001), np.linspace(-1e-3, 1e-3, 101)])
    x = x.astype(np.float32)
    np.testing.assert_allclose(compiled(x)["tanh"], np.tanh(x.astype(np.float64)), rtol=3e-7)


def test_erfc_to_its_value(compiled):
    x = np.linspace(-20, 9, 60_001).astype(np.float32)
    found, expected = compiled(x)["erfc"], special.erfc(x.astype(np.float64))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    np.testing.assert_allclose(found[x < 3], expected[x < 3], rtol=2e-6)
    assert np.abs(found - expected).max() < 5e-7


def test_far_out_they_are_their_limits(compiled):
    found = compiled(np.float32([-np.inf, -3e38, -1e30, 1e30, 3e38, np.inf]))
    np.testing.assert_array_equal(found["tanh"], [-1, -1, -1, 1, 1, 1])
    np.testing.assert_allclose(found["erfc"], [2, 2, 2, 0, 0, 0], atol=1e-37)


def test_nan_stays_visible(compiled):
    bits = np.array([0x7FC00000, 0xFFC00000, 0x7FC00001, 0xFFFFFFFF], np.uint32)
    found = compiled(bits.view(np.float32))
    assert np.isnan(found["tanh"]).all()
    assert np.isnan(found["erfc"]).all()
