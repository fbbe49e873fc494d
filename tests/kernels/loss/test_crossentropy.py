import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Dense, Flatten, Network
from pellucid.execution.sections import Procedure, section_step, whole_section
from pellucid.network.loss import CrossEntropy
from tests.equations.numeric import SEEDS
from tests.kernels.oracle import assert_agrees, by_equations, problem

NETWORK = Network([Flatten(), Dense(5)], (2, 3))


@given(st.integers(1, 40), SEEDS)
def test_weighted_images(count, seed):
    parameters, images, labels = problem(NETWORK, count, seed)
    weights = np.random.default_rng(seed).random(count) * 3.0
    weights[0] = 2.0
    assert_agrees(NETWORK, parameters, images, labels, weights)


def test_an_image_of_weight_0_counts_for_nothing():
    parameters, images, labels = problem(NETWORK, 20)
    weights = np.ones(20)
    weights[7:] = 0.0
    assert_agrees(NETWORK, parameters, images, labels, weights)


@given(st.integers(1, 40), SEEDS, st.sampled_from([0.05, 0.1, 0.6]), st.integers(2, 9))
def test_smoothed_labels(count, seed, smoothing, classes):
    network = Network([Flatten(), Dense(classes)], (2, 3), CrossEntropy(smoothing))
    parameters, images, labels = problem(network, count, seed)
    assert_agrees(network, parameters, images, labels)
    weights = np.random.default_rng(seed).random(count) + 0.1
    assert_agrees(network, parameters, images, labels, weights)


@pytest.mark.parametrize("margin", [1.0, 12.0, 40.0])
def test_a_network_that_is_nearly_sure_of_a_smoothed_label(margin):
    network = Network([Flatten(), Dense(3)], (1, 1), CrossEntropy(0.1))
    parameters = np.array([0.5, 0.25, -0.5, margin, 0.0, -0.25], dtype=np.float32)
    images = np.full((3, 1, 1, 1), 0.75, dtype=np.float32)
    assert_agrees(network, parameters, images, np.arange(3))


@pytest.mark.parametrize("margin", [1.0, 5.0, 9.0, 12.0, 20.0])
def test_a_network_that_is_nearly_sure_still_learns_to_1e_5(margin):
    """The label's ``p - 1`` must not be what rounding leaves of two numbers near 1."""
    network = Network([Flatten(), Dense(3)], (1, 1))
    parameters = np.array([0.5, 0.25, -0.5, margin, 0.0, -0.25], dtype=np.float32)
    images, labels = np.full((4, 1, 1, 1), 0.75, dtype=np.float32), np.zeros(4, dtype=np.int64)
    assert_agrees(network, parameters, images, labels)


def test_the_label_probability_is_clipped():
    network = Network([Flatten(), Dense(2)], (1, 1))
    parameters = np.array([0.0, 0.0, 60.0, 0.0], dtype=np.float32)
    images = np.zeros((2, 1, 1, 1), dtype=np.uint8)
    for label, expected in ((1, -np.log(1e-10)), (0, 1e-10)):
        labels = np.full(2, label)
        found = section_step(Procedure(network), parameters, images, whole_section(labels))
        _, loss, gradient, _ = by_equations(network, parameters, images, labels)
        assert found.loss == pytest.approx(2 * expected, rel=1e-6)
        assert loss == pytest.approx(2 * expected, rel=1e-6)
        # The gradient is not clipped: a network that is sure and wrong must still learn.
        np.testing.assert_allclose(found.gradient, gradient, rtol=1e-5, atol=1e-6)


def test_correct_counts_the_images_that_are_right_ties_going_to_the_first():
    parameters, images, labels = problem(NETWORK, 37, seed=3)
    result = by_equations(NETWORK, parameters, images, labels)[0]
    found = section_step(
        Procedure(NETWORK), parameters, images, whole_section(labels), training=False
    )
    assert found.measure == int((result.probs.argmax(axis=1) == labels).sum())
    assert 0 < found.measure < 37
    nothing = np.zeros(NETWORK.size, dtype=np.float32)
    found = section_step(Procedure(NETWORK), nothing, images, whole_section(labels), training=False)
    assert found.measure == int((labels == 0).sum())
