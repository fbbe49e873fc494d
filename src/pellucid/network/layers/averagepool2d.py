"""Average pooling: its description; :mod:`pellucid.equations.averagepool2d` has its equation."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.network.layers.pool import Pool

__all__ = ["AveragePool2D"]


@dataclass(frozen=True)
class AveragePool2D(Pool):
    """The mean of the values under each position of a window.

    ``p[c, y, x] = sum_{i, j} x_padded[c, y*sy + i, x*sx + j] / (PH * PW)``

    It takes (channels, height, width) and gives (channels, ``(height + 2*py - PH) // sy + 1``, and
    width likewise), float32: a rest narrower than the window is left out. Nothing is learned. The
    same in training and inference; backward, in training, every value of a window gets an equal
    share of its gradient.

    Parameters
    ----------
    pool_size : int or (int, int), default 2
        Height and width of the window, in pixels.
    stride : int, (int, int) or None, default None
        Pixels from one window to the next; None takes ``pool_size``, so that they don't overlap.
    padding : int or (int, int), default 0
        Rows of zeros above and below the image, and columns on both sides; at most half of the
        window. They count: a window is divided by all its places, as PyTorch has it by default
        (``count_include_pad=True``).

    Raises
    ------
    NetworkError
        A setting that can't be, or an input smaller than the window.

    Notes
    -----
    Source: "Average pooling" in docs/equations.md; :mod:`pellucid.equations.averagepool2d`.

    Examples
    --------
    >>> AveragePool2D(2).output_shape((5, 20, 20))
    (5, 10, 10)
    >>> AveragePool2D((1, 4)).output_shape((5, 20, 20))
    (5, 20, 5)
    """
