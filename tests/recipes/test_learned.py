import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.recipes.learned import alike_within, not_learned

CLASSES = [f"class {number}" for number in range(10)]


@given(st.integers(0, 10**6), st.integers(200, 3000))
def test_guesses_are_told_and_what_is_learned_is_not(seed, count):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, count)
    guessed = not_learned(labels, random.permutation(labels), CLASSES)
    assert len(guessed) <= 1
    learned = np.where(random.random(count) < 0.9, labels, random.integers(0, 10, count))
    assert not [line for line in not_learned(labels, learned, CLASSES) if "learned" in line]


def test_always_the_same_class_is_nothing():
    labels = np.arange(100) % 10
    (line,) = not_learned(labels, np.full(100, 3), CLASSES, advice="Try --recipe auto,")
    assert line.startswith("Nothing was learned: 10.0% of the test images are right, and always")
    assert "Try --recipe auto, or look at whether" in line


def test_hardly_more_than_the_commonest_class():
    labels = np.repeat([0, 1], [70, 30])
    predicted = labels.copy()
    predicted[70:95] = 0
    (line,) = not_learned(labels, predicted, CLASSES[:2])
    assert line.startswith("Hardly anything was learned: 75.0%")


def test_all_right_of_few_is_not_chance():
    labels = np.array([0, 1, 0, 1])
    assert not_learned(labels, labels, CLASSES[:2]) == []


@pytest.mark.parametrize(
    ("losses", "is_told"),
    [([2.3] * 20, True), ([2.3, *[0.5] * 20], False), ([1.0, 1.2, 1.1], True), ([2.3], False)],
)
def test_a_loss_that_did_not_fall(losses, is_told):
    labels = np.arange(40) % 10
    assert bool(not_learned(labels, labels, CLASSES, losses)) == is_told


def test_a_class_that_is_never_said():
    labels = np.arange(100) % 10
    predicted = np.where(labels == 4, 5, labels)
    (line,) = not_learned(labels, predicted, CLASSES)
    assert line == (
        "None of the test images was taken for 'class 4'. Give more pictures of it, or train "
        "longer."
    )
    predicted = labels % 3
    assert "and 2 more" in not_learned(labels, predicted, CLASSES)[-1]


def test_classes_of_one_picture():
    images = np.random.default_rng(0).integers(0, 255, (9, 8, 8))
    labels = np.arange(9) % 3
    assert alike_within(images, labels, CLASSES) == []
    images[labels == 2] = images[2]
    assert "'class 2' are equal" in alike_within(images, labels, CLASSES)[0]
    assert alike_within(images[:3], labels[:3], CLASSES) == []  # one each is no proof
