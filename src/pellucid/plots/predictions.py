"""The gallery: images with their true label and the prediction, the wrong ones marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.arguments import whole
from pellucid.errors import DataError
from pellucid.plots._checks import class_indices, finite, pictures
from pellucid.plots._style import (
    BODY,
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

__all__ = ["predictions"]

_COLUMNS = 5
_TILE = 1.08
_STEP = 1.3
_MARGIN = 0.35
_BETWEEN = 0.45
_HEAD = 1.1
_UNDER = 0.16


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
    count = whole("count", count, least=1)
    truth, given, images = _checked(images, labels, probabilities, classes)
    predicted = given.argmax(axis=1)
    sureness = given[np.arange(len(given)), predicted]
    mistakes = np.flatnonzero(predicted != truth)
    # A stable sort: equally sure mistakes stay in their order.
    worst = mistakes[np.argsort(-sureness[mistakes], kind="stable")][:count]
    first = np.arange(min(count, len(truth)))

    names = one_line(classes)
    line = max(_width_of_pair(name, name) for name in names) <= _STEP - 0.08
    rows = -(-max(len(first), len(worst)) // _COLUMNS)
    row = _TILE + (0.25 if line else 0.42) + _UNDER
    block = _COLUMNS * _STEP
    figure = new_figure(2 * _MARGIN + 2 * block + _BETWEEN, _HEAD + rows * row + 0.25)
    right = _MARGIN + block + _BETWEEN
    _write_heads(figure, title, len(truth), len(mistakes), len(first), len(worst), right)
    for left, block_indices in ((_MARGIN, first), (right, worst)):
        for place, index in enumerate(block_indices):
            x = left + place % _COLUMNS * _STEP + (_STEP - _TILE) / 2
            y = _HEAD + place // _COLUMNS * row + row - _TILE - _UNDER
            axes = axes_at(figure, x, y, _TILE, _TILE)
            caption = _caption(names[truth[index]], names[predicted[index]], line)
            _draw(axes, pictures("images", images[index : index + 1])[0], caption)
            if truth[index] != predicted[index]:
                _mark_wrong(axes, sureness[index])
    return figure


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


def _caption(truth: str, predicted: str, line: bool) -> str:
    if line:
        return _pair(truth, predicted)
    room = _STEP - 0.08
    parts = (f"T.L: {truth}", f"P: {predicted}")
    return "\n".join(fitted(part, room, BODY, "bold") for part in parts)


def _write_heads(
    figure: Figure, title: str, images: int, wrong: int, first: int, worst: int, right: float
) -> None:
    text_at(figure, _MARGIN + 0.1, 0.2, title, fontsize=TITLE, fontweight="bold")
    legend = "T.L = True Label, P = Prediction.  Wrong: red frame, cross, and the probability of P."
    text_at(figure, _MARGIN + 0.1, 0.5, legend, color=MUTED)
    one = "The only image" if images == 1 else f"The first {first} of {images:,} images"
    text_at(figure, _MARGIN + 0.1, 0.88, one, fontweight="bold")
    if not wrong:
        two = "Mistakes: none"
    elif worst < wrong:
        two = f"The {worst} surest of {wrong:,} mistakes"
    else:
        two = "The only mistake" if wrong == 1 else f"All {wrong} mistakes, the surest first"
    text_at(figure, right + 0.1, 0.88, two, fontweight="bold")


def _draw(axes: Axes, picture: NDArray[np.float64], caption: str) -> None:
    axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(visible=True, color=FAINT, linewidth=0.8)
    axes.set_title(caption, fontsize=BODY, pad=4, linespacing=1.1)


def _mark_wrong(axes: Axes, sureness: float) -> None:
    from matplotlib import patheffects

    for spine in axes.spines.values():
        spine.set(color=RED, linewidth=3.0)
    axes.title.set(color=RED, fontweight="bold")
    (cross,) = axes.plot(
        [0.89],
        [0.89],
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
        0.05,
        0.05,
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
