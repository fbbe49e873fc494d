import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.sigmoid import sigmoid, sigmoid_backward
from tests.equations.numeric import SEEDS, numeric_gradient, relative_error


@given(st.floats(-700, 700))
def test_is_the_textbook_curve(z):
    expected = 1 / (1 + math.exp(-z))
    assert sigmoid([z]).item() == pytest.approx(expected, rel=1e-14)


def test_saturates_without_overflow():
    np.testing.assert_array_equal(sigmoid([-1e6, 1e6, -np.inf, np.inf]), [0, 1, 0, 1])


def test_nan_stays_visible():
    assert np.isnan(sigmoid([np.nan])).all()


def test_works_in_float64():
    z = np.array([0, 1], dtype=np.float32)
    assert sigmoid(z).dtype == sigmoid_backward(z, z).dtype == np.float64


@given(SEEDS)
def test_backward_is_the_central_difference(seed):
    random = np.random.default_rng(seed)
    z, da = random.normal(scale=2.0, size=(2, 3, 5))

    dz = sigmoid_backward(da, sigmoid(z))

    assert relative_error(dz, numeric_gradient(lambda z: (da * sigmoid(z)).sum(), z)) < 1e-6


def test_backward_is_zero_where_the_curve_is_flat():
    a = sigmoid([-1e6, -745.0, 1e6])
    np.testing.assert_allclose(sigmoid_backward([1e-3, 1e-3, 1e-3], a), 0.0, atol=1e-300)
