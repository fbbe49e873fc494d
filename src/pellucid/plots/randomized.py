"""Training images before and after they are randomized."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from pellucid.arguments import whole
from pellucid.errors import DataError
from pellucid.plots._checks import pictures
from pellucid.plots._pages import Sheet
from pellucid.plots._style import MUTED, TITLE, show_framed, styled

__all__ = ["randomized"]

_COLUMNS = 10
_TILE = 0.95
_STEP = 1.03
_LEFT = 0.85
_HEAD = 0.7


@styled
def randomized(
    before: ArrayLike,
    after: ArrayLike,
    *,
    count: int = 20,
    title: str = "Training images, before and after randomizing",
) -> Figure:
    """Draw images as they are stored and, below each, as the network sees it in training.

    Parameters
    ----------
    before, after : array-like of shape (n, H, W), (n, 1, H, W) or (n, 3, H, W)
        uint8, or floats in [0, 1]; ``after[i]`` is made of ``before[i]``.
    count : int, default 20
        How many pairs to draw at most, ten a row.
    title : str
        The heading.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataError
        The two don't fit one another, or hold values that can't be drawn.
    ConfigurationError
        ``count`` is no whole number of at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> images = np.zeros((3, 8, 8), np.uint8)
    >>> len(randomized(images, images / 255).axes)
    6
    """
    count = whole("count", count, least=1)
    if len(np.asarray(before)) != len(np.asarray(after)):
        raise DataError(
            f"There are {len(np.asarray(before))} images before and {len(np.asarray(after))} "
            "after; they are drawn in pairs, so there must be as many of each."
        )
    pairs = (pictures("before", before, count), pictures("after", after, count))
    shown = len(pairs[0])
    lines = -(-shown // _COLUMNS)
    columns = min(shown, _COLUMNS)
    line_height = 2 * _STEP + 0.25
    width = max(_LEFT + columns * _STEP + 0.2, 5.4)
    page = Sheet(width, _HEAD + lines * line_height)
    page.text(0.25, 0.22, title, fontsize=TITLE, fontweight="bold")
    for line in range(lines):
        for part, name in enumerate(("before", "after")):
            top = _HEAD + line * line_height + part * _STEP
            page.text(_LEFT - 0.1, top + _TILE / 2, name, ha="right", va="center", color=MUTED)
            for column in range(min(columns, shown - line * _COLUMNS)):
                axes = page.axes(_LEFT + column * _STEP, top, _TILE, _TILE)
                show_framed(axes, pairs[part][line * _COLUMNS + column])
    return page.figure
