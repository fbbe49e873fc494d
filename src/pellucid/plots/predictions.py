"""The gallery: images with their true label and the prediction, the wrong ones marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.arguments import whole
from pellucid.errors import DataError
from pellucid.plots._checks import class_indices, finite, pictures
from pellucid.plots._style import (
    BODY,
    DPI,
    FAINT,
    MUTED,
    RED,
    SMALL,
    TITLE,
    axes_at,
    fitted,
    new_figure,
    one_line,
    styled,
    text_at,
    text_width,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["predictions", "predictions_into"]

_COLUMNS = 5
_MARGIN = 0.35
_BETWEEN = 0.45
# A wider or taller image is stretched, so that its frame leaves something of it to see.
_NARROWEST = 0.25
# In the axes of somebody else mistakes get a block of their own where so many columns fit.
_COLUMNS_FOR_TWO = 6
_LEGENDS = (
    "T.L = True Label, P = Prediction.  Wrong: red frame, cross, and the probability of P.",
    "T.L = True Label, P = Prediction",
)


@styled
def predictions(
    images: ArrayLike,
    labels: ArrayLike,
    probabilities: ArrayLike,
    classes: Sequence[object],
    *,
    count: int = 25,
    title: str = "Predictions",
) -> Figure:
    """Draw images, each with its true label (T.L) and the prediction (P).

    On the left the first ``count`` images in order, on the right the wrong predictions that the
    network was surest of, at most ``count``. A wrong one has a red frame, a cross in its corner,
    and the probability that the network gave to its prediction.

    Parameters
    ----------
    images : array-like of shape (n, H, W), (n, 1, H, W) or (n, 3, H, W)
        uint8, or floats in [0, 1].
    labels : array-like of shape (n,), int
        The true classes, as places in ``classes``.
    probabilities : array-like of shape (n, len(classes))
        What the network gives to each class; the largest is the prediction.
    classes : sequence
        The name of each class. Names too long for their place are cut with an ellipsis.
    count : int, default 25
        How many images a block holds at most.
    title : str
        The heading.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataError
        Arrays that don't fit one another, or values that can't be drawn.
    ConfigurationError
        ``count`` is no whole number of at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> images = np.zeros((2, 8, 8), np.uint8)
    >>> figure = predictions(images, [0, 1], [[0.9, 0.1], [0.8, 0.2]], ["cat", "dog"])
    >>> [axes.get_title() for axes in figure.axes]
    ['T.L: cat  P: cat', 'T.L: dog  P: cat', 'T.L: dog  P: cat']
    """
    gallery = _Gallery(images, labels, probabilities, classes, count)
    figure = new_figure(*gallery.size)
    gallery.draw(_Sheet(figure), title)
    return figure


@styled
def predictions_into(
    ax: Axes | None,
    images: ArrayLike,
    labels: ArrayLike,
    probabilities: ArrayLike,
    classes: Sequence[object],
    *,
    count: int = 25,
    title: str = "Predictions",
) -> Axes:
    """Draw the same into axes, as many images as they have room for; None makes a figure of pyplot.

    Where there is not room for six columns, the mistakes have no block of their own.
    """
    spacing = _WIDE if ax is None else _CLOSE
    gallery = _Gallery(images, labels, probabilities, classes, count, spacing)
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.figure(figsize=gallery.size, dpi=DPI).add_axes((0, 0, 1, 1))
    else:
        gallery.fit_into(*_size(ax))
    gallery.draw(_Inset(ax), title)
    return ax


class _Spacing(NamedTuple):
    """Inches: a tile's side, from tile to tile, below a tile, and the heads' places and height."""

    tile: float
    step: float
    under: float
    lines: tuple[float, float, float]
    head: float


_WIDE = _Spacing(tile=1.08, step=1.3, under=0.16, lines=(0.2, 0.5, 0.88), head=1.1)
_CLOSE = _Spacing(tile=0.8, step=1.0, under=0.1, lines=(0.0, 0.25, 0.5), head=0.68)


class _Sheet:
    """A figure of its own, with places in inches from its top left corner."""

    def __init__(self, figure: Figure) -> None:
        self._figure = figure

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        return axes_at(self._figure, left, top, width, height)

    def text(self, left: float, top: float, text: str, **settings: Any) -> None:
        text_at(self._figure, left, top, text, **settings)


class _Inset:
    """Axes in any figure, with places in inches from their top left corner."""

    def __init__(self, ax: Axes) -> None:
        ax.set_axis_off()
        self._ax, (self._width, self._height) = ax, _size(ax)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        bottom = self._height - top - height
        return self._ax.inset_axes(
            (left / self._width, bottom / self._height, width / self._width, height / self._height)
        )

    def text(self, left: float, top: float, text: str, **settings: Any) -> None:
        place = left / self._width, 1 - top / self._height
        self._ax.text(*place, text, transform=self._ax.transAxes, ha="left", va="top", **settings)


def _size(ax: Axes) -> tuple[float, float]:
    """Return the width and height of axes in inches."""
    return ax.bbox.width / ax.figure.dpi, ax.bbox.height / ax.figure.dpi


class _Gallery:
    """What is drawn and where, in inches: one block or two of tiles below their heads."""

    def __init__(
        self,
        images: ArrayLike,
        labels: ArrayLike,
        probabilities: ArrayLike,
        classes: Sequence[object],
        count: int,
        spacing: _Spacing = _WIDE,
    ) -> None:
        self._spacing = spacing
        count = whole("count", count, least=1)
        self._truth, given, self._images = _checked(images, labels, probabilities, classes)
        self._predicted = given.argmax(axis=1)
        self._sureness = given[np.arange(len(given)), self._predicted]
        self._mistakes = np.flatnonzero(self._predicted != self._truth)
        # A stable sort: equally sure mistakes stay in their order.
        surest = np.argsort(-self._sureness[self._mistakes], kind="stable")
        self._worst = self._mistakes[surest][:count]
        self._first = np.arange(min(count, len(self._truth)))
        self._names = one_line(classes)
        widest = max(_width_of_pair(name, name) for name in self._names)
        self._line = widest <= spacing.step - 0.08
        self._tile = _tile(pictures("images", self._images[:1]).shape[1:], spacing.tile)
        self._row = self._tile[1] + (0.25 if self._line else 0.42) + spacing.under
        self._columns, self._margin, self._has_two = _COLUMNS, _MARGIN, True

    @property
    def size(self) -> tuple[float, float]:
        """The width and height of all of it."""
        rows = -(-max(len(self._first), len(self._worst)) // self._columns)
        blocks = 2 * self._columns * self._spacing.step + _BETWEEN
        return 2 * self._margin + blocks, self._spacing.head + rows * self._row + 0.25

    def fit_into(self, width: float, height: float) -> None:
        """Leave out what has no place, and the margin, for the axes have one."""
        step, rows = self._spacing.step, max(1, int((height - self._spacing.head) / self._row))
        self._margin, self._has_two = 0.0, width >= _COLUMNS_FOR_TWO * step + _BETWEEN
        room = (width - _BETWEEN) / 2 if self._has_two else width
        self._columns = max(1, int(room / step))
        most = self._columns * rows
        self._first, self._worst = self._first[:most], self._worst[:most]

    def draw(self, page: _Sheet | _Inset, title: str) -> None:
        """Draw everything."""
        block = self._columns * self._spacing.step
        left, right = self._margin, self._margin + block + _BETWEEN
        room = 2 * block + _BETWEEN if self._has_two else block
        first, second, third = self._spacing.lines
        heading = " ".join(title.split())
        size = TITLE if text_width(heading, TITLE, "bold") <= room else BODY
        heading = fitted(heading, room, size, "bold")
        page.text(left + 0.1, first, heading, fontsize=size, fontweight="bold")
        legend = next((text for text in _LEGENDS if text_width(text, BODY) <= room), _LEGENDS[-1])
        page.text(left + 0.1, second, fitted(legend, room, BODY), color=MUTED)
        page.text(left + 0.1, third, self._head_of_first(), fontweight="bold")
        self._draw_block(page, left, self._first)
        if self._has_two:
            page.text(right + 0.1, third, self._head_of_worst(), fontweight="bold")
            self._draw_block(page, right, self._worst)

    def _draw_block(self, page: _Sheet | _Inset, left: float, indices: NDArray[np.intp]) -> None:
        (width, height), step = self._tile, self._spacing.step
        top = self._spacing.head + self._row - height - self._spacing.under
        for place, index in enumerate(indices):
            x = left + place % self._columns * step + (step - width) / 2
            y = top + place // self._columns * self._row
            axes = page.axes(x, y, width, height)
            truth, predicted = self._truth[index], self._predicted[index]
            room = None if self._line else step - 0.08
            caption = _caption(self._names[truth], self._names[predicted], room)
            _draw(axes, pictures("images", self._images[index : index + 1])[0], caption)
            if truth != predicted:
                _mark_wrong(axes, self._sureness[index], self._tile)

    def _head_of_first(self) -> str:
        images = len(self._truth)
        return (
            "The only image"
            if images == 1
            else f"The first {len(self._first)} of {images:,} images"
        )

    def _head_of_worst(self) -> str:
        wrong, shown = len(self._mistakes), len(self._worst)
        if not wrong:
            return "Mistakes: none"
        if shown < wrong:
            return f"The {shown} surest of {wrong:,} mistakes"
        return "The only mistake" if wrong == 1 else f"All {wrong} mistakes, the surest first"


def _tile(shape: tuple[int, ...], side: float) -> tuple[float, float]:
    """Return the width and height in inches of an image of a shape (height, width, ...)."""
    height, width = shape[:2]
    longest = max(height, width)
    return side * max(width / longest, _NARROWEST), side * max(height / longest, _NARROWEST)


def _checked(
    images: ArrayLike, labels: ArrayLike, probabilities: ArrayLike, classes: Sequence[object]
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.generic]]:
    truth = class_indices("labels", labels, classes)
    given = finite("probabilities", probabilities)
    if given.shape != (len(truth), len(classes)):
        raise DataError(
            f"probabilities has shape {given.shape}; for {len(truth)} labels and {len(classes)} "
            f"classes it must be ({len(truth)}, {len(classes)})."
        )
    array = np.asarray(images)
    if array.shape[:1] != truth.shape:
        raise DataError(
            f"images has shape {array.shape}, but there are {len(truth)} labels; give one image "
            "a label."
        )
    return truth, given, array


def _pair(truth: str, predicted: str) -> str:
    return f"T.L: {truth}  P: {predicted}"


def _width_of_pair(truth: str, predicted: str) -> float:
    return text_width(_pair(truth, predicted), BODY, "bold")


def _caption(truth: str, predicted: str, room: float | None) -> str:
    """Return the caption in a line, or in two lines of so many inches."""
    if room is None:
        return _pair(truth, predicted)
    parts = (f"T.L: {truth}", f"P: {predicted}")
    return "\n".join(fitted(part, room, BODY, "bold") for part in parts)


def _draw(axes: Axes, picture: NDArray[np.float64], caption: str) -> None:
    axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest", aspect="auto")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(visible=True, color=FAINT, linewidth=0.8)
    axes.set_title(caption, fontsize=BODY, pad=4, linespacing=1.1)


def _mark_wrong(axes: Axes, sureness: float, tile: tuple[float, float]) -> None:
    from matplotlib import patheffects

    width, height = tile

    for spine in axes.spines.values():
        spine.set(color=RED, linewidth=3.0)
    axes.title.set(color=RED, fontweight="bold")
    (cross,) = axes.plot(
        [1 - 0.12 / width],
        [1 - 0.12 / height],
        transform=axes.transAxes,
        marker="X",
        markersize=10,
        color=RED,
        markeredgecolor="white",
        markeredgewidth=1.0,
        clip_on=False,
        zorder=5,
    )
    cross.set_gid("wrong")
    axes.text(
        0.054 / width,
        0.054 / height,
        _percent(sureness),
        transform=axes.transAxes,
        color=RED,
        fontsize=SMALL,
        fontweight="bold",
        path_effects=[patheffects.withStroke(linewidth=3.0, foreground="white")],
        gid="sureness",
    )


def _percent(share: float) -> str:
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"
