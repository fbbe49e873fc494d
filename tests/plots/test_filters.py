"""The learned filters: all of them, or a word on those left out."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import plots
from pellucid.errors import DataError
from tests.plots.figures import overlapping, texts


class TestFilters:
    def test_draws_every_filter_on_a_scale_symmetric_about_zero(self):
        random = np.random.default_rng(0)
        arrays = [random.normal(0, 0.1, (5, 1, 5, 5)), random.normal(0, 0.1, (5, 4, 3, 7))]
        figure = plots.filters(arrays, ["f1", "f2"])
        grids = [axes for axes in figure.axes if axes.images]
        for axes, array in zip(grids, arrays, strict=True):
            drawn = np.array([image.get_array() for image in axes.images])
            np.testing.assert_array_equal(drawn, array.reshape(-1, *array.shape[2:]))
            limits = {image.get_clim() for image in axes.images}
            assert limits == {(-np.abs(array).max(), np.abs(array).max())}
        assert {"f1", "f2", "5 filters, 4 input channels, 3 × 7"} <= set(texts(figure))
        assert len(figure.axes) == 4

    def test_says_what_it_leaves_out(self):
        figure = plots.filters([np.ones((64, 32, 3, 3)), np.ones((20, 3, 1, 1))], ["f1", "f2"])
        assert len(figure.axes[0].images) == 256
        written = "\n".join(texts(figure))
        assert "shown: the first 16 of 64 filters and 16 of 32 channels" in written
        assert "shown: the first 16 of 20 filters" in written

    @pytest.mark.parametrize(
        "shapes",
        [
            [(1, 1, 1, 1)],
            [(5, 1, 5, 5), (5, 5, 5, 5)],
            [(16, 3, 3, 3), (64, 32, 3, 3), (4, 3, 1, 1), (1, 1, 1, 7), (2, 2, 9, 1)],
        ],
    )
    def test_overlaps_nothing(self, shapes):
        random = np.random.default_rng(0)
        figure = plots.filters([random.normal(size=s) for s in shapes], ["f"] * len(shapes))
        assert overlapping(figure) == ([], [])

    def test_draws_filters_of_color_images_in_color(self):
        array = np.random.default_rng(0).normal(0, 0.1, (5, 3, 4, 4))
        figure = plots.filters([array, np.ones((2, 5, 3, 3))], ["f1", "f2"], is_color=True, most=2)
        first, second = figure.axes[0], figure.axes[1]
        assert len(first.images) == 2
        shown = np.array([image.get_array() for image in first.images])
        expected = 0.5 + array[:2].transpose(0, 2, 3, 1) / np.abs(array).max() / 2
        np.testing.assert_allclose(shown, expected)
        assert len(second.images) == 4
        assert overlapping(figure) == ([], [])

    def test_refuses_colors_of_other_channels(self):
        with pytest.raises(DataError, match="f1 has 1 channels; only filters of 3"):
            plots.filters([np.ones((2, 1, 3, 3))], ["f1"], is_color=True)

    def test_zeros_have_a_scale(self):
        figure = plots.filters([np.zeros((2, 1, 3, 3))], ["f1"])
        assert figure.axes[0].images[0].get_clim() == (-1, 1)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (([], []), "There are 0 filter arrays and 0 names"),
            (([np.ones((1, 1, 1, 1))], []), "There are 1 filter arrays and 0 names"),
            (([np.ones((3, 3))], ["f1"]), r"f1 has shape \(3, 3\); filters have the shape"),
            (([np.full((1, 1, 1, 1), np.nan)], ["f1"]), r"f1\[0, 0, 0, 0\] is nan"),
        ],
    )
    def test_refuses_what_is_no_filter(self, arguments, message):
        with pytest.raises(DataError, match=message):
            plots.filters(*arguments)
