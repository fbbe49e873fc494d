"""What the convolution layers have learned: their filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from pellucid.arguments import whole
from pellucid.errors import DataError
from pellucid.plots._checks import finite
from pellucid.plots._pages import Sheet
from pellucid.plots._style import BODY, FAINT, MUTED, SMALL, TITLE, styled, text_width

__all__ = ["filters"]

_PAGE = 14.0
_HEAD = 0.75
_LEFT = 0.75
_ABOVE = 0.9
_BELOW = 0.3
_BAR = 0.95
_GAP = 0.1


class _Block(NamedTuple):
    """One layer's part of the picture; lengths in inches."""

    name: str
    shape: tuple[int, ...]
    shown: NDArray[np.float64]
    limit: float
    tile_width: float
    tile_height: float
    is_color: bool = False

    @property
    def grid_width(self) -> float:
        return self.tile_width * len(self.shown[0])

    @property
    def grid_height(self) -> float:
        return self.tile_height * len(self.shown)

    @property
    def bar_height(self) -> float:
        return max(self.grid_height, 0.8)

    @property
    def lines(self) -> list[str]:
        """What is written over the grid."""
        count, channels, height, width = self.shape
        inputs = "input channel" if channels == 1 else "input channels"
        plural = "filter" if count == 1 else "filters"
        lines = [f"{count} {plural}, {channels} {inputs}, {height} × {width}"]
        rows, columns = self.shown.shape[:2]
        if self.is_color:
            lines[0] += ", as colors: gray is 0"
            columns = channels
        if (rows, columns) != (count, channels):
            parts = [
                f"{part} of {whole} {name}"
                for part, whole, name in (
                    (rows, count, "filters"),
                    (columns, channels, "channels"),
                )
                if part < whole
            ]
            lines.append(f"shown: the first {' and '.join(parts)}")
        return lines

    @property
    def width(self) -> float:
        text = max(
            text_width(self.name, BODY, "bold"),
            *(text_width(line, SMALL) for line in self.lines),
            0,
        )
        return max(_LEFT + self.grid_width + _BAR, text + 0.75)

    @property
    def height(self) -> float:
        return _ABOVE + self.bar_height + _BELOW


@styled
def filters(
    arrays: Sequence[ArrayLike],
    names: Sequence[str],
    *,
    most: int = 16,
    is_color: bool = False,
    title: str = "Learned filters",
) -> Figure:
    """Draw the filters of every convolution layer: a row a filter, a column an input channel.

    Blue is negative, white is 0, red is positive; each layer has a color scale of its own,
    symmetric about 0 and as wide as its largest weight.

    Parameters
    ----------
    arrays : sequence of array-like of shape (K, C, KH, KW)
        Each layer's filters ``f``: K filters for C input channels, KH x KW pixels.
    names : sequence of str
        What to call each layer, for example ``["f1", "f2"]``.
    most : int, default 16
        How many filters, and how many channels, are drawn of one layer at most; the picture says
        where there are more.
    is_color : bool, default False
        Whether the first layer sees red, green and blue: each of its filters is one tile in these
        colors then, in which gray is 0 and what is brighter positive.
    title : str
        The heading.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataError
        No array, one that is not four-dimensional or not finite, or not as many names as arrays.
    ConfigurationError
        ``most`` is no whole number of at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> figure = filters([np.ones((5, 1, 5, 5))], ["f1"])
    >>> len(figure.axes[0].images), figure.axes[0].images[0].get_clim()
    (5, (-1.0, 1.0))
    """
    most = whole("most", most, least=1)
    if not len(arrays) or len(arrays) != len(names):
        raise DataError(
            f"There are {len(arrays)} filter arrays and {len(names)} names; give at least one, "
            "and a name each."
        )
    blocks = [_block(array, name, most) for array, name in zip(arrays, names, strict=True)]
    if is_color:
        blocks[0] = _colored(blocks[0], arrays[0])
    lines = _lines(blocks)
    width = max(sum(block.width for block in line) for line in lines) + 0.3
    heights = [max(block.height for block in line) for line in lines]
    page = Sheet(max(width, 4.0), _HEAD + sum(heights) + 0.1)
    page.text(0.25, 0.22, title, fontsize=TITLE, fontweight="bold")
    top = _HEAD
    for line, height in zip(lines, heights, strict=True):
        left = 0.0
        for block in line:
            _draw(page, block, left, top)
            left += block.width
        top += height
    return page.figure


def _block(array: ArrayLike, name: str, most: int) -> _Block:
    values = finite(name, array)
    if values.ndim != 4 or not values.size:
        raise DataError(
            f"{name} has shape {values.shape}; filters have the shape (filters, channels, height, "
            "width)."
        )
    shown = values[:most, :most]
    # The scale is the whole layer's, also where only a part of it is drawn.
    limit = float(np.abs(values).max()) or 1.0
    tile = float(np.clip(4.4 / max(shown.shape[:2]), 0.3, 0.8))
    height, width = values.shape[2:]
    longer = max(height, width)
    return _Block(
        name,
        values.shape,
        shown,
        limit,
        max(tile * width / longer, 0.25),
        max(tile * height / longer, 0.2),
    )


def _colored(block: _Block, array: ArrayLike) -> _Block:
    """Return a block whose three channels are one tile of colors."""
    if block.shape[1] != 3:
        raise DataError(
            f"{block.name} has {block.shape[1]} channels; only filters of 3 can be drawn in color."
        )
    values = np.asarray(array, dtype=np.float64)[: len(block.shown)]
    colors = 0.5 + values.transpose(0, 2, 3, 1)[:, np.newaxis] / (2 * block.limit)
    return block._replace(shown=colors, is_color=True)


def _lines(blocks: list[_Block]) -> list[list[_Block]]:
    """Return the blocks side by side, and on a new line where the page is full."""
    lines: list[list[_Block]] = [[]]
    for block in blocks:
        if lines[-1] and sum(b.width for b in lines[-1]) + block.width > _PAGE:
            lines.append([])
        lines[-1].append(block)
    return lines


def _draw(page: Sheet, block: _Block, left: float, top: float) -> None:
    page.text(left + 0.25, top, block.name, fontweight="bold")
    page.text(left + 0.25, top + 0.2, "\n".join(block.lines), fontsize=SMALL, color=MUTED)
    top += _ABOVE
    axes = page.axes(left + _LEFT, top, block.grid_width, block.grid_height)
    _draw_grid(axes, block)
    if block.is_color:
        return
    bar_left = left + _LEFT + block.grid_width + 0.12
    bar = page.axes(bar_left, top, 0.12, block.bar_height)
    colorbar = page.figure.colorbar(axes.images[0], cax=bar, ticks=[-block.limit, 0, block.limit])
    bar.set_yticklabels([f"−{block.limit:.2g}", "0", f"{block.limit:.2g}"], fontsize=SMALL)
    colorbar.outline.set_visible(False)


def _draw_grid(axes: Axes, block: _Block) -> None:
    rows, columns = block.shown.shape[:2]
    half_x = 0.5 - _GAP / 2
    half_y = 0.5 - _GAP / 2
    for row in range(rows):
        for column in range(columns):
            extent = (column - half_x, column + half_x, row + half_y, row - half_y)
            axes.imshow(
                block.shown[row, column],
                cmap="RdBu_r",
                vmin=-block.limit,
                vmax=block.limit,
                interpolation="nearest",
                extent=extent,
                aspect="auto",
            )
    _draw_frames(axes, rows, columns, half_x, half_y)
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    names = ["colors"] if block.is_color else _numbers(columns)
    axes.set_xticks(range(columns), names, fontsize=SMALL)
    axes.set_yticks(range(rows), _numbers(rows), fontsize=SMALL)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    if not block.is_color:
        axes.set_xlabel("input channel", fontsize=SMALL, color=MUTED)
    axes.set_ylabel("filter", fontsize=SMALL, color=MUTED)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _numbers(count: int) -> list[str]:
    return [str(number) for number in range(1, count + 1)]


def _draw_frames(axes: Axes, rows: int, columns: int, half_x: float, half_y: float) -> None:
    """Outline each filter, so that a white corner still shows where it ends."""
    frames = [
        Rectangle((column - half_x, row - half_y), 2 * half_x, 2 * half_y)
        for row in range(rows)
        for column in range(columns)
    ]
    axes.add_collection(
        PatchCollection(frames, facecolor="none", edgecolor=FAINT, linewidth=0.6, zorder=3)
    )
