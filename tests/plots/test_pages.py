"""Pages: places in inches, on a figure and in axes alike."""

from __future__ import annotations

import pytest

from pellucid.plots._pages import Inset, Sheet, new_figure, size_of


def sheet():
    page = Sheet(8.0, 4.0)
    return page, page.figure, (0.0, 0.0)


def inset():
    figure = new_figure(16.0, 8.0)
    ax = figure.add_axes((0.25, 0.25, 0.5, 0.5))
    return Inset(ax), figure, (4.0, 2.0)  # of its top left corner


@pytest.mark.parametrize("make", [sheet, inset])
class TestPages:
    def test_axes_have_their_place_and_size_in_inches(self, make):
        page, figure, (left, top) = make()
        axes = page.axes(1.0, 0.5, 3.0, 2.0)
        figure.draw_without_rendering()
        box, height = axes.get_window_extent(), figure.get_figheight()
        assert size_of(axes) == pytest.approx((3.0, 2.0))
        assert box.x0 / figure.dpi == pytest.approx(left + 1.0)
        assert height - box.y1 / figure.dpi == pytest.approx(top + 0.5)

    def test_texts_hang_from_their_place(self, make):
        page, figure, (left, top) = make()
        page.text(1.0, 0.5, "here", color="red")
        page.text(1.0, 0.5, "there", ha="right", va="center")
        figure.draw_without_rendering()
        found = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
        here, there = sorted(found, key=lambda text: text.get_text())
        x, y = here.get_transform().transform(here.get_position()) / figure.dpi
        assert (x, figure.get_figheight() - y) == pytest.approx((left + 1.0, top + 0.5))
        assert (here.get_ha(), here.get_va(), here.get_color()) == ("left", "top", "red")
        assert (there.get_ha(), there.get_va()) == ("right", "center")


def test_an_inset_takes_the_frame_of_its_axes_away():
    ax = new_figure(4.0, 4.0).add_subplot()
    Inset(ax)
    assert not ax.axison


def test_a_new_figure_needs_no_display():
    figure = new_figure(3.0, 2.0)
    assert tuple(figure.get_size_inches()) == (3.0, 2.0)
    assert type(figure.canvas).__name__ == "FigureCanvasAgg"
