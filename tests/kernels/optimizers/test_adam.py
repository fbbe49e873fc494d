import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.adam import adam as adam_equation
from pellucid.kernels.optimizers.adam import adam
from tests.equations.numeric import SEEDS, relative_error

BETA = st.sampled_from([0.0, 0.5, 0.9, 0.999])


@given(st.integers(1, 50), st.integers(1, 1024), BETA, BETA, SEEDS)
def test_updates_agree_with_the_equation(size, batch_size, beta1, beta2, seed):
    random = np.random.default_rng(seed)
    theta = random.normal(size=size).astype(np.float32)
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    expected = theta, m, v
    for t in range(1, 6):
        scale = 10.0 ** random.integers(-3, 3)
        g = (random.normal(size=size) * scale).astype(np.float32)
        settings = {"learning_rate": 0.03, "beta1": beta1, "beta2": beta2, "eps": 1e-10}
        expected = adam_equation(*expected, g, t, batch_size=batch_size, **settings)
        step, correction = 0.03 / (1.0 - beta1**t), 1.0 / (1.0 - beta2**t)
        adam(theta, m, v, g, 1.0 / batch_size, step, beta1, beta2, correction, 1e-10)
        for found, wanted in zip((theta, m, v), expected, strict=True):
            assert found.dtype == np.float32
            size_of = np.abs(wanted).max()
            assert np.abs(found - wanted).max() <= 1e-6 * size_of
    assert relative_error(theta, expected[0]) <= 1e-6


def test_a_gradient_of_0_changes_nothing_at_first():
    theta = np.array([1.0, -2.0], dtype=np.float32)
    m, v = np.zeros(2, np.float32), np.zeros(2, np.float32)
    adam(theta, m, v, np.zeros(2, np.float32), 0.125, 0.3, 0.9, 0.999, 1000.0, 1e-10)
    np.testing.assert_array_equal([theta, m, v], [[1.0, -2.0], [0.0, 0.0], [0.0, 0.0]])
