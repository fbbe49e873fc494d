"""The loss curve: its lines, its axes, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import plots
from pellucid.errors import ConfigurationError, DataError
from pellucid.plots.loss import moving_average
from tests.plots.figures import overlapping, texts

# Numbers whose products do not underflow, which the tests count as an error.
SENSIBLE = st.integers(-(10**6), 10**6).map(lambda value: value / 1000)


class TestMovingAverage:
    @given(st.lists(SENSIBLE, min_size=1, max_size=40), st.integers(1, 60))
    def test_is_the_mean_of_a_window_that_shrinks_towards_the_ends(self, values, window):
        n = len(values)
        expected = []
        for i in range(n):
            h = min((window - 1) // 2, i, n - 1 - i)
            expected.append(np.mean(values[i - h : i + h + 1]))
        np.testing.assert_allclose(moving_average(values, window), expected, atol=1e-9)

    @given(SENSIBLE, st.integers(1, 50), st.integers(1, 60))
    def test_of_a_constant_is_the_constant(self, value, n, window):
        np.testing.assert_allclose(moving_average([value] * n, window), value, rtol=1e-12)

    def test_leaves_a_straight_line_alone(self):
        np.testing.assert_allclose(moving_average(np.arange(30.0), 9), np.arange(30.0))

    def test_of_nothing_is_nothing(self):
        assert moving_average([], 5).shape == (0,)


class TestLossCurve:
    def test_draws_the_losses_and_their_mean(self):
        losses = 2.3 * np.exp(-np.arange(79) / 10)
        axes = plots.loss_curve(losses, smoothing=9).axes[0]
        each, smooth = axes.lines
        np.testing.assert_array_equal(each.get_xdata(), np.arange(1, 80))
        np.testing.assert_array_equal(each.get_ydata(), losses)
        np.testing.assert_array_equal(smooth.get_ydata(), moving_average(losses, 9))
        assert axes.get_title(loc="left") == "Loss Values Over Updates"
        assert axes.get_xlabel() == "update"
        assert axes.get_ylabel() == "loss (cross-entropy, nats per image)"
        assert "centered mean of 9 updates" in [t.get_text() for t in axes.get_legend().texts]

    def test_has_a_line_of_chance(self):
        axes = plots.loss_curve([1.0, 0.5], classes=10).axes[0]
        assert axes.lines[-1].get_ydata()[0] == pytest.approx(np.log(10))
        assert axes.get_ylim()[1] > np.log(10)
        assert "chance, ln 10 = 2.30" in [t.get_text() for t in axes.get_legend().texts]

    def test_has_a_line_of_validation(self):
        measured = [(20, 1.5), (40, 3.5), (60, 1.25)]
        axes = plots.loss_curve(np.ones(60), validation=measured).axes[0]
        line = axes.lines[-1]
        assert list(zip(line.get_xdata(), line.get_ydata(), strict=True)) == measured
        assert axes.get_ylim()[1] > 3.5
        assert [t.get_text() for t in axes.get_legend().texts][-1] == "validation"
        assert len(plots.loss_curve([1.0], validation=[]).axes[0].lines) == 1
        with pytest.raises(DataError, match=r"^validation has shape \(2,\); it must be \(n, 2\): "):
            plots.loss_curve([1.0], validation=[1.0, 2.0])

    def test_an_even_window_counts_as_the_odd_one_below(self):
        figure = plots.loss_curve(np.arange(30.0) ** 2, smoothing=8)
        assert "centered mean of 7 updates" in texts(figure)

    @pytest.mark.parametrize(("updates", "lines"), [(1, 1), (29, 1), (30, 2), (79, 2)])
    def test_smooths_by_default_where_there_is_enough_to_smooth(self, updates, lines):
        assert len(plots.loss_curve(np.ones(updates)).axes[0].lines) == lines

    def test_one_update_is_a_point_in_sight(self):
        axes = plots.loss_curve([2.3], images_per_update=1024).axes[0]
        assert axes.lines[0].get_marker() == "o"
        assert axes.get_xlim()[0] < 1 < axes.get_xlim()[1]
        assert axes.get_ylim()[0] < 2.3 < axes.get_ylim()[1]

    def test_a_loss_of_zero_has_an_axis(self):
        low, high = plots.loss_curve([0.0, 0.0]).axes[0].get_ylim()
        assert low < high

    @pytest.mark.parametrize("updates", [1, 2, 79, 15_000])
    def test_counts_images_above_and_overlaps_nothing(self, updates):
        figure = plots.loss_curve(np.linspace(2.3, 0.2, updates), images_per_update=1024)
        assert overlapping(figure) == ([], [])
        (second,) = figure.axes[0].child_axes
        limits = np.array(figure.axes[0].get_xlim())
        np.testing.assert_allclose(second.get_xlim(), limits * 1024)

    @pytest.mark.parametrize(
        ("losses", "message"),
        [
            ([1.0, np.nan], r"losses\[1\] is nan; only finite numbers can be drawn\."),
            ([np.inf], r"losses\[0\] is inf"),
            ([], r"losses has shape \(0,\); it must be one number an update"),
            ([[1.0]], r"losses has shape \(1, 1\)"),
        ],
    )
    def test_refuses_what_is_no_curve(self, losses, message):
        with pytest.raises(DataError, match=message):
            plots.loss_curve(losses)

    @pytest.mark.parametrize("name", ["smoothing", "images_per_update"])
    @pytest.mark.parametrize("value", [0, -3, 1.5, True])
    def test_refuses_settings_that_are_no_count(self, name, value):
        with pytest.raises(ConfigurationError, match=f"{name} is {value!r}; it must be a whole"):
            plots.loss_curve([1.0], **{name: value})
