import numpy as np
import pytest

from pellucid import data
from pellucid.images.sameness import blank, sameness

RANDOM = np.random.default_rng(0)


def test_a_picture_is_blank_if_each_channel_is():
    images = RANDOM.integers(0, 256, (4, 3, 5, 5), np.uint8)
    images[1] = np.array([9, 8, 7])[:, None, None]
    images[2, 0] = 5
    assert blank(images).tolist() == [False, True, False, False]
    images[3] = RANDOM.integers(250, 256, (3, 5, 5))
    assert blank(images, contrast=8).tolist() == [False, True, False, True]


@pytest.mark.parametrize("count", [1500, 3])
def test_most_must_be_the_same(count):
    images = RANDOM.random((count, 6, 6))
    assert sameness(images) == ""
    images[: count // 2 + 1] = images[-1]
    assert sameness(images) == f"{count // 2 + 2:,} of {count:,} images are equal."
    images[: count // 2 + 1] = 0
    assert sameness(images, "pictures") == (
        f"{count // 2 + 1:,} of {count:,} pictures are blank: each has one color all over."
    )
    images[1:] = RANDOM.random((count - 1, 6, 6))
    assert sameness(images) == ""


def test_one_image_or_one_pixel_says_nothing():
    assert sameness(np.zeros((1, 4, 4))) == ""
    assert sameness(np.zeros((9, 1, 1))) == ""


def test_ordinary_data_are_not_the_same():
    digits = data.load("digits")
    assert sameness(digits.train_images) == ""
    assert not blank(digits.train_images).any()
