"""The gallery's own reckoning: which images, how large, how many fit."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.plots._gallery import CLOSE, WIDE, Answers, Gallery, spread
from pellucid.plots._pages import Sheet
from tests.plots.figures import artists


def answers(count=12, wrong=(1, 4, 7), shape=(8, 8)):
    truth = np.zeros(count, np.intp)
    predicted = truth.copy()
    predicted[list(wrong)] = 1
    sureness = np.linspace(0.6, 0.9, count)
    return Answers(np.zeros((count, *shape)), truth, predicted, sureness, ["a", "b"])


def test_the_surest_mistakes_come_first_and_equal_ones_in_their_order():
    assert answers().mistakes().tolist() == [7, 4, 1]
    equal = Answers(np.zeros((3, 2, 2)), np.zeros(3, int), np.ones(3, int), np.ones(3), ["a", "b"])
    assert equal.mistakes().tolist() == [0, 1, 2]
    assert answers(wrong=()).mistakes().tolist() == []


def test_a_gallery_is_as_high_as_its_rows():
    one, two = (Gallery(answers(count, (1,)), 25, WIDE).size for count in (5, 6))
    assert one[0] == two[0]
    assert two[1] - one[1] == pytest.approx(WIDE.tile + WIDE.under + 0.25)
    flat = Gallery(answers(shape=(4, 16)), 25, WIDE).size
    assert flat[1] < Gallery(answers(), 25, WIDE).size[1]


@pytest.mark.parametrize(
    ("width", "height", "axes", "wrong"),
    [(3.2, 4.0, 6, 2), (20.0, 20.0, 15, 6), (0.5, 0.5, 1, 0), (7.0, 2.0, 6, 4)],
)
def test_only_what_fits_is_drawn(width, height, axes, wrong):
    gallery = Gallery(answers(), 25, CLOSE)
    gallery.fit_into(width, height)
    page = Sheet(width, height)
    gallery.draw(page, "Predictions")
    assert len(page.figure.axes) == axes
    assert len(artists(page.figure, "wrong")) == wrong


@pytest.mark.parametrize(
    ("truth", "count", "chosen"),
    [
        ([0, 1, 0, 1], 2, [0, 1]),
        ([0, 0, 0, 1, 1, 2], 4, [0, 1, 3, 5]),
        ([0, 0, 0, 0, 0, 1], 4, [0, 1, 2, 5]),
        ([0, 0, 1, 1, 2, 2, 3, 3], 2, [0, 4]),
        ([2, 2], 9, [0, 1]),
    ],
)
def test_all_classes_are_shown_where_there_is_room(truth, count, chosen):
    assert spread(np.array(truth), count).tolist() == chosen
