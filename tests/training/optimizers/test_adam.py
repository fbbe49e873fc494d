import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Adam
from pellucid.equations.adam import adam as adam_equation
from pellucid.errors import ConfigurationError
from pellucid.training.optimizers.optimizer import Step


def updated(settings, theta, vectors, gradient, batch_size, t=1):
    """Update in place; return the place of a parameter that would not be finite."""
    step = Step(theta, vectors, gradient, batch_size, t, settings.learning_rate)
    return settings.update(step)


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


def test_steps_follow_the_equation():
    random, settings = np.random.default_rng(0), Adam(0.02, 0.8, 0.99, 1e-8)
    theta = random.normal(size=7).astype(np.float32)
    vectors, expected = settings.begin(7), (theta.copy(), np.zeros(7), np.zeros(7))
    for t in range(1, 5):
        g = random.normal(size=7).astype(np.float32)
        assert updated(settings, theta, vectors, g, 32, t) is None
        expected = adam_equation(
            *expected, g, t, batch_size=32, learning_rate=0.02, beta1=0.8, beta2=0.99, eps=1e-8
        )
    for found, wanted in zip((theta, vectors["m"], vectors["v"]), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-9)


def test_the_first_step_has_the_length_of_the_learning_rate():
    theta, settings = np.zeros(3, np.float32), Adam(0.25)
    updated(settings, theta, settings.begin(3), np.array([1e-3, -5.0, 1e4], np.float32), 16)
    np.testing.assert_allclose(theta, [-0.25, 0.25, -0.25], rtol=1e-5)


@pytest.mark.parametrize(
    ("settings", "theta", "m", "v", "gradient"),
    [
        (Adam(0.05, 0.9, 0.0, 1e-45), 0.0, 1.0, 0.0, 0.0),  # m is divided by eps
        (Adam(0.05, 0.9, 0.999, 1e-45), 0.0, 1.0, 0.0, 0.0),
        (Adam(1e30), 3.4e38, -1e7, 0.0, -1.0),
        (Adam(0.05, 0.9, 0.0), 0.0, 0.0, np.inf, 1.0),  # 0 times infinity
        (Adam(), 0.0, 0.0, 0.0, 1e22),  # a second moment that would be infinite, seen by nobody
    ],
)
def test_a_step_that_leaves_float32_is_told_and_undone(settings, theta, m, v, gradient):
    vectors, vector = settings.begin(4), np.array([1.0, 2.0, theta, 4.0], np.float32)
    vectors["m"][2], vectors["v"][2] = m, v
    changed = vector, vectors["m"], vectors["v"]
    before = [array.copy() for array in changed]
    assert updated(settings, vector, vectors, np.array([0, 0, gradient, 0], np.float32), 1) == 2
    for found, expected in zip(changed, before, strict=True):
        np.testing.assert_array_equal(found, expected)


@given(
    st.floats(1e-12, 1e30),
    st.sampled_from([0.0, 0.9, 0.999999]),
    st.sampled_from([0.0, 1e-9, 0.9]),
    st.floats(1e-320, 1e3),
    st.integers(0, 99),
)
def test_parameters_stay_finite_whatever_the_settings(rate, beta1, beta2, eps, seed):
    random, settings = np.random.default_rng(seed), Adam(rate, beta1, beta2, eps)
    theta, vectors, t = random.normal(size=20).astype(np.float32), settings.begin(20), 1
    for _ in range(3):
        exponents = random.uniform(-37, 38, 20)
        gradient = (random.choice([-1, 1], 20) * 10.0**exponents).astype(np.float32)
        t += updated(settings, theta, vectors, gradient, 7, t) is None
        assert np.isfinite(theta).all()


def test_it_names_itself_and_what_it_is_set_to():
    assert Adam(0.5, 0.8).to_dict() == {
        "name": "Adam", "learning_rate": 0.5, "beta1": 0.8, "beta2": 0.999, "eps": 1e-10
    }  # fmt: skip
    assert Adam(0.5).advice() == "lower the learning rate (now 0.5) or raise eps (now 1e-10)"
