"""Max pooling: its description; its equation is in :mod:`pellucid.equations.maxpool2d`."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.errors import NetworkError
from pellucid.network.layers.pool import Pool

__all__ = ["MOST_PIXELS", "MaxPool2D"]

MOST_PIXELS = 2**24
"""The kernels note a window's winner in float32, which holds whole numbers up to here."""


@dataclass(frozen=True)
class MaxPool2D(Pool):
    """The largest value under each position of a window; ties go to the first, row by row.

    ``p[c, y, x] = max_{i, j} x[c, y*sy + i - py, x*sx + j - px]``, over what lies in the image

    It takes (channels, height, width) and gives (channels, ``(height + 2*py - PH) // sy + 1``, and
    width likewise), float32: a rest narrower than the window is left out. Nothing is learned. The
    same in training and inference; backward, in training, a gradient goes to its window's largest
    value.

    Parameters
    ----------
    pool_size : int or (int, int), default 2
        Height and width of the window, in pixels.
    stride : int, (int, int) or None, default None
        Pixels from one window to the next; None takes ``pool_size``, so that they don't overlap.
    padding : int or (int, int), default 0
        Rows above and below the image, and columns on both sides, that windows reach beyond it; at
        most half of the window. What lies there never wins.

    Raises
    ------
    NetworkError
        A setting that can't be, an input smaller than the window, or a window of more than 2**24
        pixels.

    Notes
    -----
    Source: "Max pooling" and step 8 in docs/equations.md; :mod:`pellucid.equations.maxpool2d`.

    Examples
    --------
    >>> MaxPool2D(2).output_shape((5, 20, 20))
    (5, 10, 10)
    >>> MaxPool2D(3, stride=2).output_shape((5, 20, 20))
    (5, 9, 9)
    >>> MaxPool2D(3, stride=2, padding=1).output_shape((5, 20, 20))
    (5, 10, 10)
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        height, width = self.pool_pair
        if height * width > MOST_PIXELS:
            raise NetworkError(
                f"{self} has a window of {height * width:,} pixels; it must have at most "
                f"{MOST_PIXELS:,}: use a smaller pool_size.",
            )
