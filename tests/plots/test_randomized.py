"""Images before and after randomizing, in pairs."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import plots
from pellucid.errors import DataError
from tests.plots.figures import overlapping


class TestRandomized:
    @pytest.mark.parametrize(("images", "shown"), [(1, 1), (10, 10), (13, 13), (30, 20)])
    def test_draws_each_pair_one_above_the_other(self, images, shown):
        before = np.random.default_rng(0).random((images, 8, 9))
        figure = plots.randomized(before, before[:, None] / 2)
        assert len(figure.axes) == 2 * shown
        places = {}
        for axes in figure.axes:
            box = axes.get_position()
            places.setdefault(round(box.x0, 6), []).append((-box.y0, axes.images[0].get_array()))
        drawn = 0
        for column in places.values():
            column.sort(key=lambda item: item[0])
            for (_, first), (_, second) in zip(column[::2], column[1::2], strict=True):
                np.testing.assert_array_equal(second, first / 2)
                drawn += 1
        assert drawn == shown
        assert overlapping(figure) == ([], [])

    def test_color(self):
        images = np.zeros((2, 3, 8, 8), np.uint8)
        figure = plots.randomized(images, images / 255)
        assert figure.axes[0].images[0].get_array().shape == (8, 8, 3)

    def test_refuses_a_half_pair(self):
        with pytest.raises(DataError, match="There are 2 images before and 1 after"):
            plots.randomized(np.zeros((2, 4, 4)), np.zeros((1, 4, 4)))
