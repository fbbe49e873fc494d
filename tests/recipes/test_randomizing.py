"""How a run randomizes, in words: what is said comes back, and photographs go by their size."""

import dataclasses

import pytest

from pellucid import Augmentation
from pellucid.errors import ConfigurationError
from pellucid.recipes.randomizing import (
    STEPS,
    ForPhotos,
    from_words,
    suited,
    to_words,
    told_default,
)

NOTHING = dict.fromkeys(STEPS)


@pytest.mark.parametrize(
    "augmentation",
    [
        None, Augmentation(), Augmentation(rotation=(0, 0), erase=0.5, whole_shift=True),
        Augmentation.photos(), Augmentation.photos(100), ForPhotos(),
        dataclasses.replace(Augmentation.photos(), mixup=0.2), ForPhotos((("hue", (-0.1, 0.1)),)),
        dataclasses.replace(Augmentation.photos(), mirror=0.0),
        dataclasses.replace(Augmentation.photos(), whole_shift=False, shift=(-0.5, 0.5)),
    ],
)  # fmt: skip
def test_what_is_said_comes_back(augmentation):
    assert from_words(to_words(augmentation)) == augmentation


def test_words():
    assert to_words(None) == {"randomize": "none", **NOTHING}
    assert to_words(Augmentation()) == {"randomize": "digits", **NOTHING}
    words = to_words(Augmentation.photos(64))
    assert words == {"randomize": "photos", **NOTHING, "shift": (-8.0, 8.0)}
    assert from_words({"randomize": "photos"}) == ForPhotos()
    changed = from_words({"randomize": "photos", "mirror": 0.0, "erase": None})
    assert changed == ForPhotos((("mirror", 0.0),))


@pytest.mark.parametrize(("shape", "far"), [((1, 32, 32), 4), ((3, 64, 96), 8), ((200, 90), 11)])
def test_photographs_are_shifted_by_an_eighth_of_their_side(shape, far):
    found = suited(ForPhotos((("mixup", 0.3),)), shape)
    assert found == dataclasses.replace(Augmentation.photos(min(shape[-2:])), mixup=0.3)
    assert found.shift == (-far, far)
    assert suited(None, shape) is None
    assert suited(Augmentation(), shape) == Augmentation()


def test_what_can_not_be_is_refused_before_the_size_is_known():
    with pytest.raises(ConfigurationError, match=r"^mixup is -1; it must be from"):
        from_words({"randomize": "photos", "mixup": -1})
    with pytest.raises(ConfigurationError, match=r"^shift is .*holds no whole number"):
        from_words({"randomize": "photos", "shift": (0.2, 0.8)})
    with pytest.raises(ConfigurationError, match=r"^erase is 0.5, but randomize is none, which"):
        from_words({"randomize": "none", "erase": 0.5})


def test_defaults_are_told_of_both():
    assert told_default("border") == "zeros; reflect of photos"
    assert told_default("whole_shift") == "no; yes of photos"
    assert all(told_default(name) for name in STEPS)
