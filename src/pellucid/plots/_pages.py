"""Pages to draw on, with places in inches from the top left corner: a figure, or axes in one.

matplotlib's layout engines share out a given figure, and don't reach into axes of somebody else.
Here it is the other way about: tiles and cells have a size at which they can be read, and the page
is as large as they need.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

__all__ = ["Inset", "Page", "Sheet", "new_figure", "size_of"]

Bounds = tuple[float, float, float, float]


def new_figure(width: float, height: float, layout: Any = None) -> Figure:
    """Return an empty white figure of that size in inches, on the Agg canvas."""
    figure = Figure(figsize=(width, height), layout=layout)
    FigureCanvasAgg(figure)
    return figure


def size_of(ax: Axes) -> tuple[float, float]:
    """Return the width and height of axes in inches."""
    return ax.bbox.width / ax.figure.dpi, ax.bbox.height / ax.figure.dpi


class Page(ABC):
    """Somewhere to draw, so many inches wide and high."""

    def __init__(self, width: float, height: float) -> None:
        self._width, self._height = width, height

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Return new axes of a size at a place."""
        bottom = self._height - top - height
        return self._new_axes(
            (left / self._width, bottom / self._height, width / self._width, height / self._height)
        )

    def text(self, left: float, top: float, text: str, **settings: Any) -> None:
        """Write a text whose top left corner is at a place, unless ``ha`` and ``va`` say other."""
        settings = {"ha": "left", "va": "top", **settings}
        self._write(left / self._width, 1 - top / self._height, text, settings)

    @abstractmethod
    def _new_axes(self, bounds: Bounds) -> Axes: ...

    @abstractmethod
    def _write(self, x: float, y: float, text: str, settings: dict[str, Any]) -> None: ...


class Sheet(Page):
    """A new figure of its own."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__(width, height)
        self.figure = new_figure(width, height)

    def _new_axes(self, bounds: Bounds) -> Axes:
        return self.figure.add_axes(bounds)

    def _write(self, x: float, y: float, text: str, settings: dict[str, Any]) -> None:
        self.figure.text(x, y, text, **settings)


class Inset(Page):
    """Axes in any figure, which keep their place and lose their own frame."""

    def __init__(self, ax: Axes) -> None:
        super().__init__(*size_of(ax))
        ax.set_axis_off()
        self._ax = ax

    def _new_axes(self, bounds: Bounds) -> Axes:
        return self._ax.inset_axes(bounds)

    def _write(self, x: float, y: float, text: str, settings: dict[str, Any]) -> None:
        self._ax.text(x, y, text, transform=self._ax.transAxes, **settings)
