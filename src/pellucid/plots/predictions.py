"""The gallery: images with their true label and the prediction, the wrong ones marked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from pellucid.arguments import whole
from pellucid.errors import DataError
from pellucid.plots._checks import class_indices, finite
from pellucid.plots._gallery import CLOSE, WIDE, Answers, Gallery
from pellucid.plots._matplotlib import session_figure
from pellucid.plots._pages import Inset, Sheet, size_of
from pellucid.plots._style import DPI, one_line, styled

__all__ = ["predictions", "predictions_into"]


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

    On the left the first ``count`` images in order, or where these lack a class as many from all
    classes, on the right the wrong predictions that the network was surest of, at most ``count``.
    A wrong one has a red frame, a cross in its corner, and the probability that the network gave
    to its prediction.

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
    gallery = Gallery(_answers(images, labels, probabilities, classes), count, WIDE)
    page = Sheet(*gallery.size)
    gallery.draw(page, title)
    return page.figure


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
    """Draw the same into axes, as many images as they have room for; None makes a figure.

    Where there is not room for six columns, the mistakes have no block of their own.
    """
    count = whole("count", count, least=1)
    answers = _answers(images, labels, probabilities, classes)
    gallery = Gallery(answers, count, WIDE if ax is None else CLOSE)
    if ax is None:
        ax = session_figure(figsize=gallery.size, dpi=DPI).add_axes((0, 0, 1, 1))
    else:
        gallery.fit_into(*size_of(ax))
    gallery.draw(Inset(ax), title)
    return ax


def _answers(
    images: ArrayLike, labels: ArrayLike, probabilities: ArrayLike, classes: Sequence[object]
) -> Answers:
    """Return what was given, checked, with the prediction for each image."""
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
    predicted = given.argmax(axis=1)
    sureness = given[np.arange(len(given)), predicted]
    return Answers(array, truth, predicted, sureness, one_line(classes))
