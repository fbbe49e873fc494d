"""Arrays of a network as pictures: activations, gradients, and filters over a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from pellucid.arguments import whole
from pellucid.errors import DataError
from pellucid.plots._checks import finite
from pellucid.plots._pages import Sheet
from pellucid.plots._style import BODY, FAINT, MUTED, SMALL, TITLE, fitted, styled

__all__ = ["filters_over_training", "maps"]

_NAMES = 1.75
_HEAD = 0.75
_TILE = 0.8
_STRIP = 6.0
_LEAST = 0.62
_GAP = 0.22

Tiles = NDArray[np.float64]


class _Row(NamedTuple):
    """A name, what is said below it, and its pictures, (n, height, width), on one scale."""

    name: str
    said: str
    tiles: Tiles
    limit: float


@styled
def maps(
    arrays: Mapping[str, ArrayLike],
    *,
    most: int = 12,
    is_one_scale: bool = False,
    title: str = "",
) -> Figure:
    """Draw arrays by their names, a row each: what layers give, or gradients.

    Made for ``values`` and ``gradients`` of a :class:`pellucid.Trace`. Maps ``(channels, height,
    width)`` are a tile a channel, filters ``(filters, channels, height, width)`` a tile for each
    pair, and of a matrix or a row of numbers every number is a pixel. Blue is negative, white is 0,
    red is positive.

    Parameters
    ----------
    arrays : mapping of str to array-like of 1 to 4 axes
        What to draw, in this order.
    most : int, default 12
        How many tiles are drawn of one array at most; the picture says where there are more.
    is_one_scale : bool, default False
        Whether all arrays share a scale, so that they can be compared; else each has its own, as
        wide as its largest number.
    title : str, default ""
        The heading.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataError
        No array, an empty one, or one with more than 4 axes or a number that is not finite.
    ConfigurationError
        ``most`` is no whole number of at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> figure = maps({"conv1": np.ones((5, 24, 24)), "dense2": np.arange(10.0)})
    >>> [image.get_clim() for axes in figure.axes for image in axes.images][-2:]
    [(-1.0, 1.0), (-9.0, 9.0)]
    """
    most = whole("most", most, least=1)
    if not arrays:
        raise DataError("There are no arrays to draw; give at least one, by its name.")
    found = {name: _checked(name, array) for name, array in arrays.items()}
    largest = max(float(np.abs(array).max()) for array in found.values())
    rows = []
    for name, array in found.items():
        tiles = _tiles(array)
        limit = largest if is_one_scale else float(np.abs(array).max())
        left_out = f"\nfirst {most} of {len(tiles)}" if len(tiles) > most else ""
        said = f"{' × '.join(map(str, array.shape))}{left_out}"
        rows.append(_Row(name, said, tiles[:most], limit or 1.0))
    return _drawn(rows, title)


@styled
def filters_over_training(
    states: Sequence[ArrayLike],
    names: Sequence[object],
    *,
    most: int = 12,
    title: str = "Filters over the training",
) -> Figure:
    """Draw a layer's filters at several moments of a training, a row a moment, on one scale.

    Parameters
    ----------
    states : sequence of array-like of shape (K, C, KH, KW)
        The filters ``f`` at each moment.
    names : sequence
        What to call each moment, such as the number of updates before it.
    most : int, default 12
        How many pairs of filter and channel are drawn.
    title : str
        The heading.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    DataError
        No state, states of different shapes or of other than 4 axes, a number that is not finite,
        or not as many names as states.
    ConfigurationError
        ``most`` is no whole number of at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> figure = filters_over_training([np.zeros((5, 1, 5, 5)), np.ones((5, 1, 5, 5))], [0, 79])
    >>> {image.get_clim() for axes in figure.axes for image in axes.images}
    {(-1.0, 1.0)}
    """
    most = whole("most", most, least=1)
    if not len(states) or len(states) != len(names):
        raise DataError(
            f"There are {len(states)} states and {len(names)} names; give at least one, and a name "
            "each."
        )
    arrays = [finite(f"states[{n}]", state) for n, state in enumerate(states)]
    for n, array in enumerate(arrays):
        if array.ndim != 4 or array.shape != arrays[0].shape or not array.size:
            raise DataError(
                f"states[{n}] has shape {array.shape}; all must have one shape (filters, channels, "
                f"height, width), as the first has {arrays[0].shape}."
            )
    limit = max(float(np.abs(array).max()) for array in arrays) or 1.0
    rows = []
    for name, array in zip(names, arrays, strict=True):
        tiles = _tiles(array)
        left_out = f"first {most} of {len(tiles)}" if len(tiles) > most else ""
        rows.append(_Row(str(name), left_out, tiles[:most], limit))
    return _drawn(rows, title)


def _checked(name: str, array: ArrayLike) -> Tiles:
    values = finite(name, array)
    if not 1 <= values.ndim <= 4 or not values.size:
        raise DataError(f"{name} has shape {values.shape}; it must have 1 to 4 axes, and numbers.")
    return values


def _tiles(array: Tiles) -> Tiles:
    """Return an array as pictures: (n, height, width)."""
    if array.ndim == 1:
        return array[np.newaxis, np.newaxis]
    return array[np.newaxis] if array.ndim == 2 else array.reshape(-1, *array.shape[-2:])


def _drawn(rows: list[_Row], title: str) -> Figure:
    """Draw the rows below one another."""
    sizes = [_sizes(row) for row in rows]
    width = _NAMES + max(
        len(row.tiles) * (across + 0.1) for row, (across, _) in zip(rows, sizes, strict=True)
    )
    top = _HEAD if title else 0.2
    height = top + sum(down + _GAP for _, down in sizes)
    page = Sheet(max(width + 0.2, 4.0), height)
    page.text(0.25, 0.22, title, fontsize=TITLE, fontweight="bold")
    for row, (across, down) in zip(rows, sizes, strict=True):
        name = fitted(row.name, _NAMES - 0.35, BODY, "bold")
        page.text(0.25, top, name, fontweight="bold")
        said = "\n".join(filter(None, [row.said, f"±{row.limit:.3g}"]))
        page.text(0.25, top + 0.2, said, fontsize=SMALL, color=MUTED)
        for place, tile in enumerate(row.tiles):
            axes = page.axes(_NAMES + place * (across + 0.1), top, across, down)
            axes.imshow(
                tile, cmap="RdBu_r", vmin=-row.limit, vmax=row.limit, interpolation="nearest",
                aspect="auto",
            )  # fmt: skip
            axes.set(xticks=[], yticks=[])
            for spine in axes.spines.values():
                spine.set(color=FAINT, linewidth=0.6, visible=True)
        top += down + _GAP
    return page.figure


def _sizes(row: _Row) -> tuple[float, float]:
    """Return how wide and high a row's tiles are, in inches: never less than what is written."""
    _, height, width = row.tiles.shape
    if len(row.tiles) == 1 and width > 4 * height:
        return min(_STRIP, 0.5 * width), _LEAST
    longer = max(height, width)
    return max(_TILE * width / longer, 0.25), max(_TILE * height / longer, _LEAST)
