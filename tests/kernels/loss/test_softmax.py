import numpy as np
import pytest

from pellucid import Dense, Flatten, Network
from pellucid.equations import forward
from pellucid.execution.sections import Outputs, Procedure, section_step, whole_section


def probabilities(bias):
    """Return the probabilities of a network that gives its bias as logits."""
    network = Network([Flatten(), Dense(len(bias))], (1, 1))
    parameters = np.concatenate([np.zeros(len(bias)), bias]).astype(np.float32)
    images = np.zeros((3, 1, 1, 1), dtype=np.uint8)
    found = np.zeros((3, len(bias)), dtype=np.float32)
    section = whole_section(np.zeros(3, dtype=np.int64))
    section_step(Procedure(network), parameters, images, section, Outputs(found), training=False)
    with np.errstate(all="ignore"):
        expected = forward(network, parameters, images).probs
    return found, expected


@pytest.mark.parametrize(
    "bias", [[0, 0], [30, -30, 29.5], [1e4, 0, 1e4], [-1e30, 0, 3e38], [5] * 100, range(60)]
)
def test_logits_far_apart(bias):
    found, expected = probabilities(np.array(list(bias), dtype=np.float64))
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=2e-38)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-6)


@pytest.mark.parametrize("classes", [3_000, 100_000])
def test_many_classes_add_up_to_1(classes):
    found, expected = probabilities(np.random.default_rng(0).normal(size=classes))
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1, dtype=np.float64), 1.0, rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_nan_and_infinity_stay_visible(bad, place):
    bias = np.zeros(3)
    bias[place] = bad
    found, expected = probabilities(bias)
    assert np.isnan(found[:, place]).all()
    assert np.isnan(expected[:, place]).all()


def test_nan_of_any_bits_stays_visible():
    bias = np.array([0x3F800000, 0x7FC00001], dtype=np.uint32).view(np.float32)
    assert np.isnan(probabilities(bias)[0]).any()
