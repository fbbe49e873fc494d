"""The confusion matrix: counts, shares, recall, and a layout for any number of classes."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import plots
from pellucid.errors import DataError
from tests.plots.figures import overlapping, texts


class TestConfusion:
    def test_counts_shares_and_recall(self):
        figure = plots.confusion([0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 1], ["cat", "dog", "eel"])
        axes = figure.axes[0]
        cells = {t.get_position(): t.get_text() for t in axes.texts if t.get_text().isdigit()}
        assert cells == {(0, 0): "3", (1, 0): "1", (1, 1): "2"}
        right, wrong = axes.images
        np.testing.assert_array_equal(right.get_array().diagonal(), [0.75, 1, 0])
        np.testing.assert_array_equal(right.get_array().mask, ~np.eye(3, dtype=bool))
        assert wrong.get_array()[0, 1] == 0.25
        np.testing.assert_array_equal(wrong.get_array().mask, np.eye(3, dtype=bool))
        # The errors have a scale of their own.
        assert right.get_clim() == (0, 1)
        assert wrong.get_clim() == (0, 0.25)
        assert [t.get_text() for t in axes.texts][-3:] == ["75.0%", "100.0%", "–"]
        assert "5 of 6 right, accuracy 83.33%" in texts(figure)

    @pytest.mark.parametrize(
        ("classes", "name"),
        [
            (2, "{}"),
            (2, "a class name too long for any margin {}"),
            (3, "a class {}"),
            (10, "{}"),
            (26, "a class {}"),
        ],
    )
    def test_overlaps_nothing(self, classes, name):
        random = np.random.default_rng(0)
        truth, found = random.integers(0, classes, (2, 30_000))
        figure = plots.confusion(truth, found, [name.format(i) for i in range(classes)])
        assert overlapping(figure) == ([], [])

    def test_all_right(self):
        figure = plots.confusion([0, 1], [0, 1], ["a", "b"])
        assert figure.axes[0].images[1].get_clim() == (0, 0.01)

    def test_hundreds_of_classes_go_without_counts(self):
        random = np.random.default_rng(0)
        figure = plots.confusion(*random.integers(0, 300, (2, 900)), range(300))
        assert max(figure.get_size_inches()) < 36
        assert not [t for t in figure.axes[0].texts if t.get_text().isdigit()]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (([0], [0], ["a"]), "classes holds 1 names; a confusion matrix needs two"),
            (([0, 1], [0], ["a", "b"]), "There are 2 labels, but 1 predictions"),
            (([0, -1], [0, 1], ["a", "b"]), "labels goes from -1 to 0, but there are 2 classes"),
            (([], [], ["a", "b"]), r"labels has shape \(0,\)"),
        ],
    )
    def test_refuses_what_does_not_fit(self, arguments, message):
        with pytest.raises(DataError, match=message):
            plots.confusion(*arguments)
