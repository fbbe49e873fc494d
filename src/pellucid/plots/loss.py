"""The loss over the updates."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator, StrMethodFormatter
from numpy.typing import ArrayLike, NDArray

from pellucid.arguments import whole
from pellucid.errors import DataError
from pellucid.plots._checks import finite
from pellucid.plots._pages import new_figure
from pellucid.plots._style import BLUE, MUTED, RED, TITLE, styled

__all__ = ["loss_curve", "moving_average"]


def moving_average(values: ArrayLike, window: int) -> NDArray[np.float64]:
    """Return the centered moving average.

    ``s[i] = mean(v[i - h], ..., v[i + h])``, h = min((window - 1) // 2, i, n - 1 - i)

    Toward both ends the window shrinks on both sides, so it stays centered: a straight line comes
    out unchanged, and the first and last value are the curve's own.

    Parameters
    ----------
    values : array-like of shape (n,)
        Finite numbers.
    window : int
        How many values to average; an even number counts as the odd one below it.

    Returns
    -------
    ndarray of shape (n,), float64

    Examples
    --------
    >>> moving_average([0, 3, 0, 3, 0], 3).tolist()
    [0.0, 1.0, 2.0, 1.0, 0.0]
    """
    array = np.asarray(values, dtype=np.float64)
    index = np.arange(len(array))
    half = np.minimum((window - 1) // 2, np.minimum(index, len(array) - 1 - index))
    # Sums of the distance from the mean stay small, so their differences keep their digits.
    center = array.mean() if len(array) else 0.0
    total = np.concatenate([[0.0], np.cumsum(array - center)])
    average: NDArray[np.float64] = (total[index + half + 1] - total[index - half]) / (2 * half + 1)
    return average + center


@styled
def loss_curve(
    losses: ArrayLike,
    *,
    smoothing: int | None = None,
    images_per_update: int | None = None,
    classes: int | None = None,
    validation: ArrayLike | None = None,
    title: str = "Loss Values Over Updates",
) -> Figure:
    """Draw the loss of every update, and a smoothed line through them.

    Parameters
    ----------
    losses : array-like of shape (updates,)
        Cross-entropy, in nats per image, of update 1, 2, ...
    smoothing : int, optional
        Width of the centered moving average, in updates; an even number counts as the odd one
        below it, 1 leaves the line out. By default about a tenth of the updates, 501 at most.
    images_per_update : int, optional
        The batch size; adds an axis of training images seen.
    classes : int, optional
        How many there are; adds the line of chance, the loss of who gives each the same
        probability, ``log classes``.
    validation : array-like of shape (n, 2), optional
        Numbers of updates, and the loss on validation images after each; adds a line through them.
    title : str
        The heading.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataError
        No loss, or one that is NaN or infinite; or ``validation`` of another shape.
    ConfigurationError
        ``smoothing``, ``images_per_update`` or ``classes`` is no whole number of at least 1.

    Examples
    --------
    >>> figure = loss_curve([2.3, 1.2, 0.9, 0.8], images_per_update=1024)
    >>> figure.axes[0].get_xlabel()
    'update'
    """
    values = finite("losses", losses)
    if values.ndim != 1 or not len(values):
        raise DataError(
            f"losses has shape {values.shape}; it must be one number an update, at least one."
        )
    default = max(1, min(len(values) // 10, 501))
    window = default if smoothing is None else whole("smoothing", smoothing, least=1)
    window -= 1 - window % 2

    figure = new_figure(8.0, 4.7, ConstrainedLayoutEngine(w_pad=0.2, h_pad=0.17))
    axes = figure.subplots()
    _draw_lines(axes, values, window)
    top, chance = float(values.max()), 0.0
    if validation is not None and len(measured := finite("validation", validation)):
        top = max(top, _draw_validation(axes, measured))
    if classes is not None:
        chance = math.log(whole("classes", classes, least=1))
        label = f"chance, ln {classes} = {chance:.2f}"
        axes.axhline(chance, color=MUTED, linewidth=1.0, linestyle="--", label=label)
        top = max(top, chance)
    _set_axes(axes, len(values), top)
    if len(axes.lines) > 1:
        _add_legend(axes, chance)
    if images_per_update is not None:
        images = whole("images_per_update", images_per_update, least=1)
        _add_image_axis(axes, images, len(values))
    axes.set_title(title, fontsize=TITLE, fontweight="bold", loc="left", pad=10)
    return figure


def _draw_lines(axes: Axes, values: NDArray[np.float64], window: int) -> None:
    updates = np.arange(1, len(values) + 1)
    marker = "o" if len(values) == 1 else None
    smooth = window > 1
    axes.plot(
        updates,
        values,
        color=BLUE,
        alpha=0.35 if smooth else 1.0,
        linewidth=1.1 if smooth else 1.8,
        marker=marker,
        label="each update",
    )
    if smooth:
        axes.plot(
            updates,
            moving_average(values, window),
            color=BLUE,
            linewidth=2.2,
            label=f"centered mean of {window} updates",
        )


def _draw_validation(axes: Axes, measured: NDArray[np.float64]) -> float:
    """Draw the loss on validation images; return the largest."""
    if measured.ndim != 2 or measured.shape[1] != 2:
        raise DataError(
            f"validation has shape {measured.shape}; it must be (n, 2): the number of an update, "
            "and the loss after it."
        )
    axes.plot(
        measured[:, 0], measured[:, 1], color=RED, linewidth=1.6, marker=".", label="validation"
    )
    return float(measured[:, 1].max())


def _add_legend(axes: Axes, chance: float) -> None:
    """Name the lines in the upper right, below the line of chance where that runs there."""
    height = chance / axes.get_ylim()[1]
    top = height - 0.02 if height > 0.7 else 1.0
    axes.legend(frameon=False, loc="upper right", bbox_to_anchor=(1, top), borderaxespad=0.2)


def _set_axes(axes: Axes, count: int, top: float) -> None:
    axes.set_xlabel("update")
    axes.set_ylabel("loss (cross-entropy, nats per image)")
    margin = 0.5 if count == 1 else 0.015 * (count - 1)
    axes.set_xlim(1 - margin, count + margin)
    axes.set_ylim(0, max(top, 1e-12) * 1.06)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=True, min_n_ticks=1))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.grid(axis="y", color="#E6E6E6", linewidth=0.8)
    axes.set_axisbelow(True)


def _add_image_axis(axes: Axes, images: int, count: int) -> None:
    def seen(update: Any) -> Any:
        return update * images

    def update(seen: Any) -> Any:
        return seen / images

    second = axes.secondary_xaxis("top", functions=(seen, update))
    if count == 1:
        second.set_xticks([images])
    else:
        second.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True))
    second.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    second.set_xlabel("training images seen")
