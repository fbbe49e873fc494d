"""A gallery: blocks of images with their captions, the wrong ones marked, on any page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from numpy.typing import NDArray

from pellucid.plots._checks import pictures
from pellucid.plots._pages import Page
from pellucid.plots._style import (
    BODY,
    MUTED,
    RED,
    SMALL,
    TITLE,
    fitted,
    show_framed,
    text_width,
)

__all__ = ["CLOSE", "WIDE", "Answers", "Gallery", "Spacing", "spread"]

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


@dataclass(frozen=True)
class Answers:
    """What a network said of images.

    Attributes
    ----------
    images : ndarray of shape (n, ...)
        Not looked at yet: only those that are drawn are.
    truth, predicted : ndarray of shape (n,)
        Places in ``names``.
    sureness : ndarray of shape (n,)
        The probability of each prediction.
    names : list of str
        Of the classes, a line each.
    """

    images: NDArray[Any]
    truth: NDArray[np.intp]
    predicted: NDArray[np.intp]
    sureness: NDArray[np.float64]
    names: list[str]

    def mistakes(self) -> NDArray[np.intp]:
        """Return which are wrong, the surest first; equally sure ones stay in their order."""
        wrong = np.flatnonzero(self.predicted != self.truth)
        return wrong[np.argsort(-self.sureness[wrong], kind="stable")]


class Spacing(NamedTuple):
    """Inches: a tile's side, from tile to tile, below a tile, and the heads' places and height."""

    tile: float
    step: float
    under: float
    lines: tuple[float, float, float]
    head: float


WIDE = Spacing(tile=1.08, step=1.3, under=0.16, lines=(0.2, 0.5, 0.88), head=1.1)
CLOSE = Spacing(tile=0.8, step=1.0, under=0.1, lines=(0.0, 0.25, 0.5), head=0.68)


class Gallery:
    """What is drawn and where, in inches: one block or two of tiles below their heads."""

    def __init__(self, answers: Answers, count: int, spacing: Spacing) -> None:
        self._answers, self._spacing = answers, spacing
        self._mistakes = answers.mistakes()
        self._worst = self._mistakes[:count]
        self._first = spread(answers.truth, count)
        widest = max(text_width(_pair(name, name), BODY, "bold") for name in answers.names)
        self._is_one_line = widest <= spacing.step - 0.08
        self._tile = _tile(pictures("images", answers.images[:1]).shape[1:], spacing.tile)
        self._row = self._tile[1] + (0.25 if self._is_one_line else 0.42) + spacing.under
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
        self._first = spread(self._answers.truth, min(most, len(self._first)))
        self._worst = self._worst[:most]

    def draw(self, page: Page, title: str) -> None:
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

    def _draw_block(self, page: Page, left: float, indices: NDArray[np.intp]) -> None:
        (width, height), step = self._tile, self._spacing.step
        top = self._spacing.head + self._row - height - self._spacing.under
        answers = self._answers
        for place, index in enumerate(indices):
            x = left + place % self._columns * step + (step - width) / 2
            y = top + place // self._columns * self._row
            axes = page.axes(x, y, width, height)
            show_framed(axes, pictures("images", answers.images[index : index + 1])[0], "auto")
            truth, predicted = answers.truth[index], answers.predicted[index]
            caption = self._caption(answers.names[truth], answers.names[predicted])
            axes.set_title(caption, fontsize=BODY, pad=4, linespacing=1.1)
            if truth != predicted:
                _mark_wrong(axes, answers.sureness[index], self._tile)

    def _caption(self, truth: str, predicted: str) -> str:
        """Return the caption in a line, or in two lines that fit above a tile."""
        if self._is_one_line:
            return _pair(truth, predicted)
        room = self._spacing.step - 0.08
        lines = (f"T.L: {truth}", f"P: {predicted}")
        return "\n".join(fitted(line, room, BODY, "bold") for line in lines)

    def _head_of_first(self) -> str:
        images = len(self._answers.truth)
        if images == 1:
            return "The only image"
        shown = len(self._first)
        if np.array_equal(self._first, np.arange(shown)):
            return f"The first {shown} of {images:,} images"
        truth = self._answers.truth
        is_all = len(np.unique(truth[self._first])) == len(np.unique(truth))
        return f"{shown} of {images:,} images, {'from all classes' if is_all else 'a class each'}"

    def _head_of_worst(self) -> str:
        wrong, shown = len(self._mistakes), len(self._worst)
        if not wrong:
            return "Mistakes: none"
        if shown < wrong:
            return f"The {shown} surest of {wrong:,} mistakes"
        return "The only mistake" if wrong == 1 else f"All {wrong} mistakes, the surest first"


def spread(truth: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Return which images to draw: the first, or some of all classes where the first lack one.

    Files in folders come class by class, so that the first are all of one.
    """
    first = np.arange(min(count, len(truth)))
    found, sizes = np.unique(truth, return_counts=True)
    if len(np.unique(truth[first])) == len(found):
        return first
    if len(found) > count:  # as many classes as there is room for, from all of them
        found = found[np.arange(count) * len(found) // count]
        return np.sort([np.flatnonzero(truth == place)[0] for place in found])
    order = np.argsort(truth, kind="stable")
    rank = np.arange(len(truth)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    # The first of each class, then the second of each, and so on.
    return np.sort(order[np.argsort(rank, kind="stable")[:count]])


def _pair(truth: str, predicted: str) -> str:
    return f"T.L: {truth}  P: {predicted}"


def _tile(shape: tuple[int, ...], side: float) -> tuple[float, float]:
    """Return the width and height in inches of an image of a shape (height, width, ...)."""
    height, width = shape[:2]
    longest = max(height, width)
    return side * max(width / longest, _NARROWEST), side * max(height / longest, _NARROWEST)


def _mark_wrong(axes: Axes, sureness: float, tile: tuple[float, float]) -> None:
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
