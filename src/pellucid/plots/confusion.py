"""The confusion matrix: which class is taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import DataError
from pellucid.plots._checks import class_indices
from pellucid.plots._pages import Sheet
from pellucid.plots._style import (
    BODY,
    INK,
    MUTED,
    SMALL,
    TITLE,
    fitted,
    one_line,
    styled,
    text_width,
)

__all__ = ["confusion"]

# Above this the counts would be too small to read and are left to the color.
_MOST_WITH_COUNTS = 40
_RECALL = 0.8


class _Sizes(NamedTuple):
    """Inches, and points for the fonts."""

    cell: float
    count_font: float
    name_font: float
    left: float
    top: float
    upright: bool


@styled
def confusion(
    labels: ArrayLike,
    predicted: ArrayLike,
    classes: Sequence[object],
    *,
    title: str = "Confusion matrix",
) -> Figure:
    """Draw how often each true class (row) was predicted as each class (column).

    Cells hold counts; their color is the share of the row. The right predictions on the diagonal
    are blue from 0 to 100%; the errors are orange on a scale of their own, from 0 to the largest
    error, so that they stand out however few there are. The right margin is each class's recall,
    the share of its images that were recognized.

    Parameters
    ----------
    labels, predicted : array-like of shape (n,), int
        True and predicted classes, as places in ``classes``.
    classes : sequence
        The name of each class, at least two.
    title : str
        The heading; the accuracy follows it.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataError
        Arrays that don't fit one another or the classes, or no image at all.

    Examples
    --------
    >>> figure = confusion([0, 0, 1, 1], [0, 1, 1, 1], ["cat", "dog"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['1', '1', '2', 'recall', '50.0%', '100.0%']
    """
    if len(classes) < 2:
        raise DataError(f"classes holds {len(classes)} names; a confusion matrix needs two.")
    truth = class_indices("labels", labels, classes)
    answers = class_indices("predicted", predicted, classes)
    if len(truth) != len(answers):
        raise DataError(
            f"There are {len(truth)} labels, but {len(answers)} predictions; give one a label."
        )
    many = len(classes)
    counts = np.bincount(many * truth + answers, minlength=many**2).reshape(many, many)
    rows = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(rows, 1)

    names = one_line(classes)
    sizes = _sizes(names, counts)
    side = sizes.cell * len(names)
    right = int(counts.trace())
    accuracy = f"{right:,} of {len(truth):,} right, accuracy {right / len(truth):.2%}"
    heads = max(text_width(title, TITLE, "bold"), text_width(accuracy, BODY)) + 0.5
    width = max(sizes.left + side + _RECALL + 1.25, heads)
    page = Sheet(width, sizes.top + side + 0.35)
    axes = page.axes(sizes.left, sizes.top, side, side)
    bar = page.axes(sizes.left + side + _RECALL + 0.2, sizes.top, 0.16, side)
    _draw_cells(axes, bar, counts, shares, sizes)
    _write_recall(axes, rows[:, 0], shares.diagonal(), sizes)
    _write_names(axes, names, sizes)
    page.text(0.25, 0.2, title, fontsize=TITLE, fontweight="bold")
    page.text(0.25, 0.5, accuracy, color=MUTED)
    return page.figure


def _sizes(names: list[str], counts: NDArray[np.int64]) -> _Sizes:
    many = len(names)
    count_font = 8.0 if many > 12 else 10.0
    if many > _MOST_WITH_COUNTS:
        cell = min(0.16, 30 / many)
    else:
        widest = text_width(f"{counts.max()}", count_font)
        cell = max(widest + 0.1, 0.34, min(1.0, 3.0 / many + 0.25))
    name_font = min(BODY, cell * 72 * 0.8)
    longest = min(max(text_width(name, name_font) for name in names), 1.6)
    upright = longest > cell - 0.06
    above = longest if upright else name_font / 72
    return _Sizes(cell, count_font, name_font, longest + 0.65, 1.15 + above, upright)


def _draw_cells(
    axes: Axes, bar: Axes, counts: NDArray[np.int64], shares: NDArray[np.float64], sizes: _Sizes
) -> None:
    diagonal = np.eye(len(counts), dtype=bool)
    limit = float(shares[~diagonal].max()) or 0.01
    # Both maps begin at white and stop before they are too dark to look at.
    blue = LinearSegmentedColormap.from_list("right", ["white", *colormaps["Blues"]([0.25, 0.55])])
    orange = LinearSegmentedColormap.from_list(
        "wrong", ["white", *colormaps["Oranges"]([0.3, 0.6, 0.85])]
    )
    right = axes.imshow(np.ma.masked_array(shares, ~diagonal), cmap=blue, vmin=0, vmax=1)
    wrong = axes.imshow(np.ma.masked_array(shares, diagonal), cmap=orange, vmin=0, vmax=limit)
    right.set_gid("right")
    wrong.set_gid("wrong")
    colorbar = axes.figure.colorbar(wrong, cax=bar)
    places = MaxNLocator(nbins=6, steps=[1, 2, 5, 10]).tick_values(0, limit)
    ticks = [float(tick) for tick in np.asarray(places) if 0 <= tick <= limit]
    colorbar.set_ticks(ticks, labels=[f"{100 * tick:.6g}%" for tick in ticks], fontsize=SMALL)
    colorbar.set_label("errors, share\nof the true class", fontsize=SMALL)
    colorbar.outline.set_visible(False)
    if len(counts) > _MOST_WITH_COUNTS:
        return
    for row, column in np.argwhere(counts):
        image = right if row == column else wrong
        axes.text(
            column,
            row,
            str(counts[row, column]),
            ha="center",
            va="center",
            fontsize=sizes.count_font,
            color=_readable_on(image.to_rgba(shares[row, column])),
        )


def _readable_on(color: Any) -> str:
    luminance = float(np.dot(color[:3], (0.299, 0.587, 0.114)))
    return INK if luminance > 0.5 else "white"


def _write_recall(
    axes: Axes, rows: NDArray[np.int64], recall: NDArray[np.float64], sizes: _Sizes
) -> None:
    edge = len(rows) - 0.5
    right = edge + (_RECALL - 0.1) / sizes.cell
    font = min(BODY, sizes.name_font)
    style: dict[str, Any] = {"ha": "right", "fontsize": font, "color": MUTED}
    axes.text(right, -0.5 - 0.06 / sizes.cell, "recall", va="bottom", **style)
    for row, (images, share) in enumerate(zip(rows, recall, strict=True)):
        axes.text(right, row, f"{share:.1%}" if images else "–", va="center", **style)


def _write_names(axes: Axes, names: list[str], sizes: _Sizes) -> None:
    short = [fitted(name, 1.6, sizes.name_font) for name in names]
    places = np.arange(len(names))
    axes.set_xticks(places, short, fontsize=sizes.name_font, rotation=90 if sizes.upright else 0)
    axes.set_yticks(places, short, fontsize=sizes.name_font)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("prediction", labelpad=6)
    axes.set_ylabel("true label", labelpad=6)
    axes.tick_params(which="both", length=0)
    axes.set_xticks(places[1:] - 0.5, minor=True)
    axes.set_yticks(places[1:] - 0.5, minor=True)
    axes.grid(which="minor", color="#E0E0E0", linewidth=0.6)
    for spine in axes.spines.values():
        spine.set(visible=True, color=MUTED, linewidth=0.8)
