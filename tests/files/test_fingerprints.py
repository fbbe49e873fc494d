import hashlib

import numpy as np
import pytest

from pellucid import CNNClassifier, Model, Preprocessing, Trainer, fingerprint
from pellucid.errors import ConfigurationError
from pellucid.files.fingerprints import array_fingerprint
from tests.training.examples import NETWORK, bright_corners

VALUES = np.array([1.5, -2.0, 0.0], np.float32)


def test_it_is_the_sha_256_of_little_endian_float32():
    expected = hashlib.sha256(np.array(VALUES, "<f4").tobytes()).hexdigest()
    assert fingerprint(VALUES) == expected
    assert fingerprint(VALUES.astype(">f4")) == expected
    assert fingerprint(VALUES.astype(np.float64)) == expected
    assert fingerprint(np.repeat(VALUES, 2)[::2]) == expected
    assert fingerprint([1.5, -2.0, 0.0]) == expected


def test_one_bit_changes_it():
    other = VALUES.copy()
    other.view(np.uint32)[2] ^= 0x80000000
    assert other[2] == VALUES[2]  # minus zero
    assert fingerprint(other) != fingerprint(VALUES)


def test_all_that_holds_parameters_has_one():
    images, labels = bright_corners(40)
    with Trainer(NETWORK) as trainer:
        trainer.fit(images, labels, batch_size=20)
    found = fingerprint(trainer.parameters)
    assert fingerprint(trainer) == found
    model = Model(NETWORK, trainer.parameters, Preprocessing(NETWORK.input_shape), tuple("abcd"))
    assert fingerprint(model) == found
    # The history has its first digits, after every update.
    assert trainer.history.updates[-1].fingerprint == found[:16]


def test_a_classifier_has_one_once_it_is_fitted():
    classifier = CNNClassifier(max_iter=1, random_state=0)
    with pytest.raises(ConfigurationError, match="This CNNClassifier has learned nothing yet; ca"):
        fingerprint(classifier)
    images, labels = bright_corners(40)
    classifier.fit(images[:, 0], labels)
    assert fingerprint(classifier) == fingerprint(classifier.parameters_)


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (NETWORK, "a Network"),
        (np.zeros((2, 2), np.float32), r"an array of shape \(2, 2\) and dtype float32"),
        (np.zeros(2, np.int64), r"an array of shape \(2,\) and dtype int64"),
        ("model.safetensors", "a str"),
        (None, "a NoneType"),
        ([[1.0], [1.0, 2.0]], "a list"),
    ],
)
def test_what_has_none(value, what):
    with pytest.raises(ConfigurationError, match=f"There is no fingerprint of {what}; give a Mod"):
        fingerprint(value)


def test_of_several_arrays_their_borders_count():
    numbers = np.arange(4)
    assert array_fingerprint(numbers[:1], numbers[1:]) != array_fingerprint(numbers)
    assert array_fingerprint(numbers[:1], numbers[1:]) != array_fingerprint(
        numbers[:2], numbers[2:]
    )


def test_an_array_s_is_of_dtype_shape_and_bytes(tmp_path):
    images, _ = bright_corners(10)
    images.tofile(tmp_path / "images")
    on_disk = np.memmap(tmp_path / "images", np.uint8, "r", shape=images.shape)
    assert array_fingerprint(on_disk) == array_fingerprint(images)
    assert array_fingerprint(np.asfortranarray(images)) == array_fingerprint(images)
    others = (images[:-1], images.reshape(5, 2, 10, 11), images.view(np.int8), 255 - images)
    assert len({array_fingerprint(other) for other in (images, *others)}) == 5
    del on_disk
