"""MedMNIST's arrays, made as its authors describe them."""

import io

import numpy as np
import pytest

from pellucid.data.sets.medmnist import MEDMNIST

BY_NAME = {known.name: known for known in MEDMNIST}


def npz(shape, labels=3):
    random, arrays = np.random.default_rng(0), {}
    for part, count in (("train", 5), ("val", 2), ("test", 3)):
        arrays[f"{part}_images"] = random.integers(0, 256, (count, *shape), np.uint8)
        arrays[f"{part}_labels"] = random.integers(0, labels, (count, 1), np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return arrays, buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "shape"), [("bloodmnist", (28, 28, 3)), ("pneumoniamnist", (28, 28))]
)
def test_colors_become_planes_and_labels_a_row(name, shape):
    made, data = npz(shape, labels=2)
    arrays, classes = BY_NAME[name].read({f"{name}.npz": data})
    assert len(classes) == {"bloodmnist": 8, "pneumoniamnist": 2}[name]
    for part in ("train", "val", "test"):
        images = made[f"{part}_images"]
        planes = images.transpose(0, 3, 1, 2) if images.ndim == 4 else images
        np.testing.assert_array_equal(arrays[f"{part}_images"], planes)
        np.testing.assert_array_equal(arrays[f"{part}_labels"], made[f"{part}_labels"][:, 0])


def test_a_pickle_is_not_read():
    buffer = io.BytesIO()
    np.savez(buffer, train_images=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        BY_NAME["pathmnist"].read({"pathmnist.npz": buffer.getvalue()})


def test_there_are_eleven_each_with_classes_of_its_own():
    assert len(BY_NAME) == 11
    assert all(len(set(known.read.args[1])) == len(known.read.args[1]) for known in MEDMNIST)
