import numpy as np
from hypothesis import given

from pellucid.equations.relu import relu, relu_backward
from tests.equations.numeric import SEEDS, numeric_gradient, relative_error, spread_values


def test_negative_values_become_zero_and_positive_ones_stay():
    a = relu(np.array([-3.0, -0.0, 0.0, 1e-300, 7.0], dtype=np.float64))
    np.testing.assert_array_equal(a, [0.0, 0.0, 0.0, 1e-300, 7.0])


def test_nan_and_infinity_stay_visible():
    np.testing.assert_array_equal(relu([np.nan, np.inf, -np.inf]), [np.nan, np.inf, 0.0])


def test_works_in_float64():
    z = np.array([1, -2], dtype=np.int8)
    assert relu(z).dtype == relu_backward(z, z).dtype == np.float64


@given(SEEDS)
def test_backward_is_the_central_difference(seed):
    random = np.random.default_rng(seed)
    z = spread_values(random, (2, 3, 4, 2))
    da = random.normal(size=z.shape)

    dz = relu_backward(da, z)

    assert relative_error(dz, numeric_gradient(lambda z: (da * relu(z)).sum(), z)) < 1e-6


@given(SEEDS)
def test_the_output_serves_as_the_mask_too(seed):
    random = np.random.default_rng(seed)
    z, da = random.normal(size=(2, 20))
    np.testing.assert_array_equal(relu_backward(da, z), relu_backward(da, relu(z)))


def test_nothing_passes_at_zero():
    assert relu_backward([5.0], [0.0]).item() == 0.0
