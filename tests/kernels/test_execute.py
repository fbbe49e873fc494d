import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU, Sigmoid
from pellucid.execution.sections import Outputs, Procedure, Section, section_step, whole_section
from pellucid.network import presets
from tests.equations.numeric import SEEDS
from tests.kernels.oracle import assert_agrees, problem

SMALL = Network(
    [Conv2D(5, 3, padding="same"), ReLU(), MaxPool2D(2), Sigmoid(), Flatten(), Dense(4)], (3, 5, 4)
)


@pytest.mark.parametrize("as_bytes", [False, True])
def test_a_whole_section_of_the_reference_network(as_bytes):
    network = presets.reference()
    assert_agrees(network, *problem(network, 128, as_bytes=as_bytes))


@given(st.integers(1, 4), st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), SEEDS)
def test_images_of_every_size_and_number_enter_as_they_are(channels, rows, columns, count, seed):
    network = Network([Flatten(), Dense(2)], (channels, rows, columns))
    assert_agrees(network, *problem(network, count, seed, as_bytes=seed % 2 == 0))


def test_a_section_of_thousands_of_images_loses_no_more_than_a_small_one():
    """Sums that only grow, and by nearly the same every time, show what rounding takes."""
    network = Network([Conv2D(5, 3), ReLU(), Flatten(), Dense(2)], (1, 5, 4))
    parameters, images, labels = problem(network, 8192)
    images[...] = images[0] + np.float32(1e-3) * images
    labels[...] = 1
    assert_agrees(network, parameters, images, labels, tolerance=3e-6)


def test_images_are_taken_by_index():
    parameters, images, labels = problem(SMALL, 30)
    order = np.random.default_rng(1).permutation(30)[:21]
    chosen = Section(order, labels[order], np.ones(21), np.zeros((21, 2), dtype=np.int64))
    found = section_step(Procedure(SMALL), parameters, images, chosen)
    again = section_step(Procedure(SMALL), parameters, images[order], whole_section(labels[order]))
    assert found.loss == again.loss
    np.testing.assert_array_equal(found.gradient, again.gradient)


def test_no_images_give_nothing():
    parameters, images, _ = problem(SMALL, 1)
    found = section_step(
        Procedure(SMALL), parameters, images[:0], whole_section(np.zeros(0, dtype=np.int64))
    )
    assert (found.loss, found.measure) == (0.0, 0)
    assert not found.gradient.any()


def test_the_same_section_has_the_same_bits():
    parameters, images, labels = problem(SMALL, 33)
    digests = set()
    for _ in range(3):
        found = section_step(Procedure(SMALL), parameters, images, whole_section(labels))
        digests.add(hashlib.sha256(found.gradient.tobytes()).hexdigest())
        section_step(
            Procedure(presets.reference((12, 12))), *_other()
        )  # another network in between
    assert len(digests) == 1


def _other():
    parameters, images, labels = problem(presets.reference((12, 12)), 3)
    return parameters, images, whole_section(labels)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("image", [0, 8, 19])
def test_a_bad_pixel_is_visible_in_its_image_alone(bad, image):
    network = Network([Conv2D(5, 3), ReLU(), MaxPool2D(2), Flatten(), Dense(4)], (3, 5, 4))
    parameters, images, labels = problem(network, 20)
    images[image, 1, 2, 2] = bad
    probabilities = np.zeros((20, 4), dtype=np.float32)
    section = whole_section(labels)
    found = section_step(Procedure(network), parameters, images, section, Outputs(probabilities))
    assert not np.isfinite(found.loss) or not np.isfinite(found.gradient).all()
    assert np.isnan(probabilities[image]).any()
    assert np.isfinite(np.delete(probabilities, image, axis=0)).all()


@pytest.mark.parametrize("name", ["f1", "b1", "w2", "b2"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_bad_parameter_is_visible(name, bad):
    parameters, images, labels = problem(SMALL, 20)
    SMALL.views(parameters)[name].flat[0] = bad
    found = section_step(Procedure(SMALL), parameters, images, whole_section(labels))
    if bad is np.inf and name == "b1":
        # Sigmoid(infinity) is 1: rightly finite, as in the equations.
        assert np.isfinite(found.loss)
        return
    assert np.isnan(found.loss)


def test_a_bad_section_leaves_nothing_behind():
    parameters, images, labels = problem(SMALL, 20)
    broken = np.full_like(parameters, np.nan)
    assert np.isnan(section_step(Procedure(SMALL), broken, images, whole_section(labels)).loss)
    assert_agrees(SMALL, parameters, images, labels)
    images_nan = np.full_like(images, np.inf)
    assert np.isnan(section_step(Procedure(SMALL), broken, images_nan, whole_section(labels)).loss)
    assert_agrees(SMALL, parameters, images, labels)
