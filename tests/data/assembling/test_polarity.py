import numpy as np
import pytest

from pellucid.data import load
from pellucid.data.assembling.polarity import Polarities, dark_on_light
from tests.data.readers.test_row_layout import PHOTOGRAPHS

DIGITS = load("digits").train_images


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("axis", [False, True])
def test_digits_are_light_on_dark_and_inverted_dark_on_light(dtype, axis):
    for images, expected in ((DIGITS, False), (255 - DIGITS, True)):
        images = images if dtype == np.uint8 else (images / 255).astype(dtype)
        assert dark_on_light(np.stack([images] * 3, axis=1) if axis else images) is expected


def test_what_is_neither():
    mixed = np.concatenate([DIGITS, 255 - DIGITS])
    for images in (
        mixed, DIGITS[:0], DIGITS * 0, PHOTOGRAPHS.transpose(0, 3, 1, 2), DIGITS[:, 10:18, 10:18],
    ):  # fmt: skip
        assert dark_on_light(images) is None


def test_only_a_difference_is_said():
    said = []
    polarities = Polarities(said.append)
    polarities.add("one", DIGITS)
    polarities.add("two", PHOTOGRAPHS.transpose(0, 3, 1, 2))
    polarities.add("three", DIGITS)
    assert polarities.told() == ""
    polarities.add("four", 255 - DIGITS)
    assert said == []
    assert polarities.told() == said[0]
    assert said[0].startswith("four is dark on light, one, three light on dark; what is trained on")
