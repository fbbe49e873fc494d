import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.sgd import sgd as sgd_equation
from pellucid.kernels.optimizers.sgd import sgd, sgd_decaying
from tests.equations.numeric import SEEDS


@given(
    st.integers(1, 50), st.integers(1, 1024), st.sampled_from([0.0, 0.5, 0.9]), st.booleans(), SEEDS
)
def test_updates_agree_with_the_equation(size, batch_size, momentum, nesterov, seed):
    random = np.random.default_rng(seed)
    theta = random.normal(size=size).astype(np.float32)
    u = np.zeros_like(theta)
    expected = theta, u
    largest = 0.0  # what rounding is relative to: a step may lead back to nearly 0
    for _ in range(5):
        g = (random.normal(size=size) * 10.0 ** random.integers(-3, 3)).astype(np.float32)
        expected = sgd_equation(
            *expected, g, batch_size=batch_size, learning_rate=0.03, momentum=momentum,
            nesterov=nesterov,
        )  # fmt: skip
        largest = max(largest, *(np.abs(wanted).max() for wanted in expected))
        sgd(theta, u, g, 1.0 / batch_size, 0.03, momentum, nesterov)
        for found, wanted in zip((theta, u), expected, strict=True):
            assert found.dtype == np.float32
            assert np.abs(found - wanted).max() <= 1e-6 * largest


@given(
    st.integers(2, 50), st.integers(1, 1024), st.sampled_from([0.0, 0.5, 0.9]), st.booleans(), SEEDS
)
def test_one_stretch_decays_and_the_other_does_not(size, batch_size, momentum, nesterov, seed):
    random = np.random.default_rng(seed)
    theta = random.normal(size=size).astype(np.float32)
    ends, decays = np.array([size // 2, size]), np.array([0.3, 0.0])
    u = np.zeros_like(theta)
    expected = theta, u
    largest = 0.0  # what rounding is relative to: a step may lead back to nearly 0
    for _ in range(5):
        g = (random.normal(size=size) * 10.0 ** random.integers(-3, 3)).astype(np.float32)
        settings = {"batch_size": batch_size, "learning_rate": 0.03, "momentum": momentum}
        halves = [
            sgd_equation(*(part[where] for part in (*expected, g)), **settings,
                         nesterov=nesterov, weight_decay=decay)
            for where, decay in ((slice(size // 2), 0.3), (slice(size // 2, size), 0.0))
        ]  # fmt: skip
        expected = tuple(np.concatenate(pair) for pair in zip(*halves, strict=True))
        largest = max(largest, *(np.abs(wanted).max() for wanted in expected))
        sgd_decaying(theta, u, g, ends, decays, 1.0 / batch_size, 0.03, momentum, nesterov)
        for found, wanted in zip((theta, u), expected, strict=True):
            assert found.dtype == np.float32
            assert np.abs(found - wanted).max() <= 1e-6 * largest
