import math

import numpy as np
import pytest

from pellucid import Adam
from pellucid.equations import adam as adam_equation
from pellucid.errors import ConfigurationError
from pellucid.training.adam import AdamState


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"learning_rate": 0.0},
            r"learning_rate is 0\.0; .* above 0 and at most 1e\+30",
        ),
        ({"learning_rate": -1}, r"learning_rate is -1; "),
        ({"learning_rate": math.nan}, r"learning_rate is nan; "),
        ({"learning_rate": math.inf}, r"learning_rate is inf; "),
        ({"beta1": 1.0}, r"beta1 is 1\.0; .* at least 0 and below 1, for example 0\.9\."),
        ({"beta2": -0.1}, r"beta2 is -0\.1; "),
        ({"beta2": math.nan}, r"beta2 is nan; "),
        ({"eps": 0.0}, r"eps is 0\.0; .* above 0, for example 1e-10\."),
        ({"eps": math.inf}, r"eps is inf; "),
    ],
)
def test_settings_out_of_bounds_are_refused(settings, message):
    with pytest.raises(ConfigurationError, match=message):
        Adam(**settings)


def test_a_setting_that_is_no_number_is_refused():
    with pytest.raises(ConfigurationError, match="learning_rate is 'fast'"):
        Adam(learning_rate="fast")


def test_the_state_counts_updates_and_follows_the_equation():
    random, settings = np.random.default_rng(0), Adam(0.02, 0.8, 0.99, 1e-8)
    theta = random.normal(size=7).astype(np.float32)
    state, expected = AdamState(7), (theta.copy(), np.zeros(7), np.zeros(7))
    for t in range(1, 5):
        g = random.normal(size=7).astype(np.float32)
        state.update(settings, theta, g, 32)
        expected = adam_equation(
            *expected, g, t, batch_size=32, learning_rate=0.02, beta1=0.8, beta2=0.99, eps=1e-8
        )
        assert state.t == t
    for found, wanted in zip((theta, state.m, state.v), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-9)


def test_the_first_step_has_the_length_of_the_learning_rate():
    theta, state = np.zeros(3, np.float32), AdamState(3)
    state.update(Adam(0.25), theta, np.array([1e-3, -5.0, 1e4], np.float32), 16)
    np.testing.assert_allclose(theta, [-0.25, 0.25, -0.25], rtol=1e-5)
