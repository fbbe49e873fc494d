import dataclasses

import numpy as np
import pytest

from pellucid.data import Dataset


def make(images=None, labels=None):
    images = np.arange(2 * 4 * 5, dtype=np.uint8).reshape(2, 4, 5) if images is None else images
    labels = np.array([0, 1]) if labels is None else labels
    return Dataset("tiny", images, labels, images[:1], labels[:1], ("a", "b"), "made here")


def test_input_shape_has_the_channels():
    assert make().input_shape == (1, 4, 5)
    assert make(np.zeros((2, 3, 4, 5), np.uint8)).input_shape == (3, 4, 5)


def test_it_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        make().name = "other"


def test_fingerprint_sees_values_shapes_and_dtypes_but_not_memory_order():
    one = make()
    assert one.fingerprint() == make().fingerprint()
    assert len(one.fingerprint()) == 64
    fortran = np.asfortranarray(one.train_images)
    assert make(fortran).fingerprint() == one.fingerprint()
    changed = one.train_images.copy()
    changed[1, 3, 4] ^= 1
    others = [
        make(changed),
        make(one.train_images.reshape(2, 5, 4)),
        make(one.train_images.astype(np.float32)),
        make(labels=np.array([1, 1])),
    ]
    assert len({d.fingerprint() for d in [one, *others]}) == 5
