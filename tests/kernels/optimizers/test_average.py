import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.average import average as average_equation
from pellucid.kernels.optimizers.average import average
from tests.equations.numeric import SEEDS


@given(st.integers(0, 50), st.lists(st.floats(1e-6, 1), max_size=8), SEEDS)
def test_it_agrees_with_the_equation(size, weights, seed):
    random = np.random.default_rng(seed)
    mean, rounded = np.full(size, np.inf), np.zeros(size, np.float32)
    expected = mean
    for weight in (1.0, *weights):
        theta = random.normal(size=size).astype(np.float32)
        expected = average_equation(expected, theta, weight)
        average(mean, rounded, theta, weight)
        np.testing.assert_allclose(mean, expected, rtol=1e-13, atol=1e-15)
        np.testing.assert_array_equal(rounded, mean.astype(np.float32))


def test_a_long_average_still_hears_its_updates():
    """In float32 nothing would move: a step is less than half of the last digit."""
    mean, rounded = np.ones(1), np.ones(1, np.float32)
    theta = np.full(1, np.float32(1.001))
    for _ in range(1000):
        average(mean, rounded, theta, 1e-5)
    expected = 1.0 + (float(theta[0]) - 1.0) * (1.0 - (1.0 - 1e-5) ** 1000)
    assert abs(mean[0] - expected) < 1e-12
