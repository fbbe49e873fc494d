import dataclasses

import numpy as np
import pytest

from pellucid import Augmentation, predict_proba, presets
from pellucid.studio.live.looking import OF_BATCH, Looker, as_bytes, how_many
from pellucid.training.batches import batches
from tests.studio.live.examples import IMAGES, LABELS, looker
from tests.training.examples import NETWORK
from tests.training.trainings import CALL

PARAMETERS = NETWORK.initial_parameters(0)


def test_what_is_said_of_the_test_images():
    found = looker().look(2, 0, PARAMETERS)
    expected = predict_proba(NETWORK, PARAMETERS, IMAGES[:20])
    assert (found.branch, found.update) == (2, 0)
    assert found.said.tolist() == expected.argmax(axis=1).tolist()
    np.testing.assert_allclose(found.sure / 255, expected.max(axis=1), atol=0.51 / 255)
    assert found.accuracy == (expected.argmax(axis=1) == LABELS[:20]).mean()
    assert found.places.size == found.before.size == 0


def test_the_parameters_are_a_copy():
    own = PARAMETERS.copy()
    found = looker().look(1, 0, own)
    own[:] = 0
    assert found.parameters.any()


@pytest.mark.parametrize("update", [1, 2, 10])
def test_the_batch_is_that_of_the_update_randomized_as_the_training_did(update):
    """One image after another, by the equations, with the pass that each is drawn in."""
    randomizing = Augmentation()
    found = looker(randomizing).look(1, update, PARAMETERS)
    every = list(batches(60, CALL["total_images"], CALL["batch_size"], 0))
    batch = every[update - 1]
    assert found.places.tolist() == batch.indices[:OF_BATCH].tolist()
    assert found.labels.tolist() == LABELS[found.places].tolist()
    np.testing.assert_array_equal(found.before, IMAGES[found.places])
    for place, passed, after in zip(found.places, batch.passes, found.after, strict=False):
        whole = randomizing.apply(IMAGES, seed=0, pass_number=int(passed))
        np.testing.assert_array_equal(after, np.rint(whole[place] * 255))


def test_images_that_are_not_randomized_are_as_they_are():
    found = looker().look(1, 3, PARAMETERS)
    np.testing.assert_array_equal(found.before, found.after)


def test_a_network_that_says_nothing_of_some_images():
    found = looker().look(1, 0, np.full_like(PARAMETERS, 3e38))
    assert found.said.shape == (20,)


def test_floats_are_shown_as_bytes():
    images = IMAGES.astype(np.float32) / 255
    own = dataclasses.replace(looker(), train_images=images)
    assert isinstance(own, Looker)
    np.testing.assert_array_equal(own.look(1, 1, PARAMETERS).before.shape[1:], IMAGES.shape[1:])
    np.testing.assert_array_equal(as_bytes(images), IMAGES)


def test_fewer_test_images_of_larger_networks():
    assert how_many(presets.reference()) == 2000
    assert how_many(presets.residual((3, 64, 64), 10)) == 100
