import math

import numpy as np
import pytest

from pellucid.network.initial import initialize_filter, initialize_normal, initialize_weight


def assert_normal(values, std):
    """Mean, spread and tails of N(0, std), each within five standard errors."""
    count, scaled = values.size, values.ravel() / std
    assert values.dtype == np.float64
    assert abs(scaled.mean()) < 5 / math.sqrt(count)
    assert abs(scaled.std() - 1) < 5 / math.sqrt(2 * count)
    for bound, share in ((1.0, 0.682689), (2.0, 0.954500)):
        error = math.sqrt(share * (1 - share) / count)
        assert abs((np.abs(scaled) < bound).mean() - share) < 5 * error


@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_filters_have_the_standard_deviation_of_the_whole_array(scale):
    shape = (50, 4, 15, 10)
    values = initialize_filter(shape, scale, random=np.random.default_rng(1))
    assert values.shape == shape
    assert_normal(values, scale / math.sqrt(50 * 4 * 15 * 10))


@pytest.mark.parametrize(("variance", "std"), [(0.01, 0.1), (0.25, 0.5)])
def test_weights_take_the_variance(variance, std):
    values = initialize_weight((100, 300), variance, random=np.random.default_rng(2))
    assert values.shape == (100, 300)
    assert_normal(values, std)


def test_the_seeds_values_are_the_defaults():
    filters = initialize_filter((50, 20, 5, 5), random=np.random.default_rng(3))
    weights = initialize_weight((10, 2500), random=np.random.default_rng(3))
    assert_normal(filters, 1 / math.sqrt(50 * 20 * 5 * 5))
    assert_normal(weights, 0.1)


def test_the_same_generator_draws_the_same_and_goes_on():
    first, second = np.random.default_rng(4), np.random.default_rng(4)
    once = initialize_normal((6,), 1.0, first)
    np.testing.assert_array_equal(once, initialize_normal((6,), 1.0, second))
    assert (initialize_normal((6,), 1.0, first) != once).all()


def test_a_standard_deviation_of_0_gives_zeros_and_draws_nothing():
    used, fresh = np.random.default_rng(5), np.random.default_rng(5)
    np.testing.assert_array_equal(initialize_normal((2, 3), 0.0, used), np.zeros((2, 3)))
    assert used.random() == fresh.random()
