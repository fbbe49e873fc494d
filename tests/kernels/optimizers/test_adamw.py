import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.adam import adam as adam_equation
from pellucid.equations.adamw import adamw as adamw_equation
from pellucid.kernels.optimizers.adam import adam
from pellucid.kernels.optimizers.adamw import adamw
from tests.equations.numeric import SEEDS

SETTINGS = {"learning_rate": 0.03, "beta1": 0.9, "beta2": 0.999, "eps": 1e-10}


@given(st.lists(st.integers(1, 40), min_size=1, max_size=5), st.integers(1, 1024), SEEDS)
def test_every_second_stretch_decays_as_the_equation_says(sizes, batch_size, seed):
    random, decay = np.random.default_rng(seed), 0.7
    ends, size = np.cumsum(sizes), sum(sizes)
    kept = np.where(np.arange(len(sizes)) % 2 == 0, 1.0 - 0.03 * decay, 1.0)
    decays = np.repeat(kept, sizes) < 1.0
    theta = random.normal(size=size).astype(np.float32)
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    expected = theta, m, v
    for t in range(1, 6):
        g = (random.normal(size=size) * 10.0 ** random.integers(-3, 3)).astype(np.float32)
        shrunk = adamw_equation(
            *expected, g, t, batch_size=batch_size, weight_decay=decay, **SETTINGS
        )
        plain = adam_equation(*expected, g, t, batch_size=batch_size, **SETTINGS)
        expected = tuple(np.where(decays, a, b) for a, b in zip(shrunk, plain, strict=True))
        step, correction = 0.03 / (1.0 - 0.9**t), 1.0 / (1.0 - 0.999**t)
        adamw(
            theta, m, v, g, ends, kept, 1.0 / batch_size, step, 0.9, 0.999, correction, 1e-10
        )  # fmt: skip
        for found, wanted in zip((theta, m, v), expected, strict=True):
            assert found.dtype == np.float32
            assert np.abs(found - wanted).max() <= 1e-6 * np.abs(wanted).max()


def test_what_does_not_decay_has_the_bits_of_adam():
    random = np.random.default_rng(3)
    theta, m, v, g = (random.random(37).astype(np.float32) for _ in range(4))
    numbers = 0.125, 0.3, 0.9, 0.999, 1.5, 1e-10
    expected = theta.copy(), m.copy(), v.copy()
    adam(*expected, g, *numbers)
    adamw(theta, m, v, g, np.array([20, 37]), np.ones(2), *numbers)
    for found, wanted in zip((theta, m, v), expected, strict=True):
        assert found.tobytes() == wanted.tobytes()
