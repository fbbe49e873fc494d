"""SVHN's files, made by SciPy as MATLAB writes them."""

import io

import numpy as np
from scipy.io import savemat

from pellucid.data.sets.svhn import SVHN


def test_images_come_first_colors_are_planes_and_ten_is_zero():
    random, files, made = np.random.default_rng(0), {}, {}
    for part, count in (("train", 5), ("test", 2)):
        images = random.integers(0, 256, (count, 3, 32, 32), np.uint8)
        labels = np.array([10, 1, 9, 5, 10], np.uint8)[:count]
        buffer = io.BytesIO()
        savemat(buffer, {"X": images.transpose(2, 3, 1, 0), "y": labels[:, None]})
        files[f"{part}_32x32.mat"], made[part] = buffer.getvalue(), (images, labels)
    arrays, classes = SVHN.read(files)
    assert classes == tuple("0123456789")
    for part, (images, labels) in made.items():
        np.testing.assert_array_equal(arrays[f"{part}_images"], images)
        np.testing.assert_array_equal(arrays[f"{part}_labels"], labels % 10)
