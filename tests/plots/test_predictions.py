"""The gallery: every wrong prediction is marked, and no other."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from pellucid import plots
from pellucid.errors import ConfigurationError, DataError
from pellucid.plots._style import RED
from tests.plots.figures import artists, overlapping, texts

DIGITS = list(range(10))


def one_hot(predicted, classes, sureness=0.9):
    probabilities = np.full((len(predicted), classes), (1 - sureness) / (classes - 1))
    probabilities[np.arange(len(predicted)), predicted] = sureness
    return probabilities


class TestPredictions:
    def draw(self, truth, predicted, classes=DIGITS, **settings):
        images = np.random.default_rng(0).integers(0, 256, (len(truth), 9, 8), np.uint8)
        return plots.predictions(
            images, truth, one_hot(predicted, len(classes)), classes, **settings
        )

    def test_marks_every_wrong_one_and_no_other(self):
        random = np.random.default_rng(1)
        truth, predicted = random.integers(0, 10, (2, 60))
        predicted[:15] = truth[:15]
        figure = self.draw(truth, predicted)
        wrong = int((truth[:25] != predicted[:25]).sum()) + 25
        assert len(figure.axes) == 50
        assert len(artists(figure, "wrong")) == wrong
        assert [t.get_text() for t in artists(figure, "sureness")] == ["90%"] * wrong
        for axes in figure.axes:
            names = axes.get_title().replace("T.L: ", "").replace("P: ", "").split()
            red = to_hex(axes.spines["left"].get_edgecolor()) == RED.lower()
            assert red == (names[0] != names[1])
            assert red == any(line.get_gid() == "wrong" for line in axes.lines)

    def test_writes_true_label_and_prediction_in_order(self):
        figure = self.draw([7, 2, 1], [7, 2, 8])
        titles = [axes.get_title() for axes in figure.axes]
        assert titles == ["T.L: 7  P: 7", "T.L: 2  P: 2", "T.L: 1  P: 8", "T.L: 1  P: 8"]

    def test_shows_the_surest_mistakes_first(self):
        probabilities = [[0.6, 0.4], [0.999, 0.001], [0.1, 0.9], [1.0, 0.0]]
        images = np.zeros((4, 5, 5))
        images[:, 0, 0] = [0.1, 0.2, 0.3, 0.4]
        figure = plots.predictions(images, [1, 1, 1, 1], probabilities, ["a", "b"], count=2)
        assert [axes.images[0].get_array()[0, 0] for axes in figure.axes] == [0.1, 0.2, 0.4, 0.2]
        assert [t.get_text() for t in artists(figure, "sureness")] == [
            "60%",
            ">99%",
            "100%",
            ">99%",
        ]
        assert "The 2 surest of 3 mistakes" in texts(figure)

    def test_all_right(self):
        figure = self.draw([1, 2], [1, 2])
        assert len(figure.axes) == 2
        assert not artists(figure, "wrong")
        assert "Mistakes: none" in texts(figure)

    def test_all_wrong_and_a_single_image(self):
        assert len(artists(self.draw([1, 2], [2, 1]), "wrong")) == 4
        figure = self.draw([0], [1], ["cat", "dog"])
        assert {"The only image", "The only mistake"} <= set(texts(figure))

    def test_draws_pixels_as_they_are(self):
        images = np.random.default_rng(0).integers(0, 256, (1, 3, 6, 7), np.uint8)
        color = plots.predictions(images, [0], [[0.9, 0.1]], ["a", "b"]).axes[0].images[0]
        np.testing.assert_allclose(color.get_array(), images[0].transpose(1, 2, 0) / 255)
        gray = plots.predictions(images[:, :1], [0], [[0.9, 0.1]], ["a", "b"]).axes[0].images[0]
        np.testing.assert_allclose(gray.get_array(), images[0, 0] / 255)
        assert gray.get_clim() == (0, 1)

    @pytest.mark.parametrize("name", ["Ankle boot of the very long kind", "W" * 40, "a\nb", "$x^"])
    def test_long_and_odd_names_fit(self, name):
        figure = self.draw([0, 1] * 10, [1, 0] * 10, [name, "Trousers and more"])
        assert overlapping(figure) == ([], [])

    def test_overlaps_nothing(self):
        assert overlapping(self.draw(DIGITS, DIGITS[::-1])) == ([], [])

    @pytest.mark.parametrize("shape", [(1, 30), (1, 900), (30, 1), (3, 64)])
    def test_rows_and_columns_are_wide_enough_to_be_seen(self, shape):
        images = np.random.default_rng(0).integers(0, 256, (10, *shape), np.uint8)
        figure = plots.predictions(images, DIGITS, one_hot(DIGITS[::-1], 10), DIGITS)
        for axes in figure.axes:
            # The frame of a mistake is 3 points wide.
            assert min(axes.bbox.width, axes.bbox.height) / figure.dpi * 72 >= 18
        assert overlapping(figure) == ([], [])

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"images": np.full((2, 4, 4), 16.0)}, r"images goes from 16 to 16; float pixels lie"),
            ({"images": np.full((2, 4, 4), np.nan)}, r"images\[0, 0, 0\] is nan"),
            ({"images": np.zeros((2, 4, 4), int)}, r"images has dtype int64; images are uint8"),
            ({"images": np.zeros((2, 2, 4, 4))}, r"images has shape \(1, 2, 4, 4\); it must be"),
            ({"images": np.zeros((3, 4, 4))}, r"but there are 2 labels; give one image a label"),
            ({"labels": [0, 2]}, r"labels goes from 0 to 2, but there are 2 classes, so 0 to 1"),
            ({"labels": [0.0, 1.0]}, r"labels has shape \(2,\) and dtype float64"),
            ({"probabilities": [[1.0, 0.0]]}, r"shape \(1, 2\); for 2 labels and 2 classes it m"),
            ({"probabilities": [[1, 0], [np.nan, 1]]}, r"probabilities\[1, 0\] is nan"),
        ],
    )
    def test_refuses_what_does_not_fit(self, changes, message):
        arguments = {
            "images": np.zeros((2, 4, 4)),
            "labels": [0, 1],
            "probabilities": np.eye(2),
            "classes": ["a", "b"],
        }
        with pytest.raises(DataError, match=message):
            plots.predictions(**{**arguments, **changes})

    def test_refuses_no_count(self):
        with pytest.raises(ConfigurationError, match="count is 0; it must be a whole number"):
            self.draw([0], [0], count=0)
