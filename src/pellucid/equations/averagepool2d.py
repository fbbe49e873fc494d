"""Average pooling: the mean of the values under each position of a window."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations._windows import Pair, positions, under
from pellucid.equations.padding import Pads, zero_pad, zero_pad_backward
from pellucid.equations.rules import Rules

__all__ = ["RULES", "average_pool2d", "average_pool2d_backward"]


def average_pool2d(
    x: ArrayLike, pool_size: Pair, stride: Pair, padding: Pair = (0, 0)
) -> NDArray[np.float64]:
    """Slide a window over each channel and take the mean of the values under it.

    ``p[n, c, y, x] = sum_{i, j} x_padded[n, c, y*sy + i, x*sx + j] / (PH * PW)``, ``0 <= i < PH``,
    ``0 <= j < PW``

    Parameters
    ----------
    x : array_like of shape (n, C, H, W)
        Feature maps.
    pool_size : (int, int)
        Height and width of the window in pixels, ``(PH, PW)``.
    stride : (int, int)
        Pixels from one window to the next, ``(sy, sx)``.
    padding : (int, int), default (0, 0)
        Rows of zeros above and below, and columns on both sides, ``(py, px)``. They count.

    Returns
    -------
    p : ndarray of shape (n, C, OH, OW), float64
        ``OH = (H + 2 py - PH) // sy + 1``, and OW likewise.

    Raises
    ------
    NetworkError
        The window is larger than the feature map.

    Notes
    -----
    The same in training and inference. Source: "Average pooling" in docs/equations.md.

    Examples
    --------
    >>> average_pool2d([[[[1, 5, 2], [3, 4, 6]]]], (2, 2), (1, 1)).tolist()
    [[[[3.25, 4.25]]]]
    """
    x = zero_pad(x, _pads(padding))
    count = positions((x.shape[2], x.shape[3]), pool_size, stride)
    total = np.zeros((*x.shape[:2], *count))
    for i in range(pool_size[0]):
        for j in range(pool_size[1]):
            rows, columns = under(i, j, count, stride)
            total += x[:, :, rows, columns]
    return total / (pool_size[0] * pool_size[1])


def average_pool2d_backward(
    dp: ArrayLike,
    shape: tuple[int, ...],
    pool_size: Pair,
    stride: Pair,
    padding: Pair = (0, 0),
) -> NDArray[np.float64]:
    """Give every value of a window an equal share of its gradient.

    ``dx[n, c, u, v] = sum of dp[n, c, y, x] / (PH * PW)`` over the windows (y, x) that (u, v) lies
    in; 0 where it lies in none. What zeros around the image get is dropped.

    Parameters
    ----------
    dp : array_like of shape (n, C, OH, OW)
        Gradient of the loss with respect to the output ``p``.
    shape : tuple of int
        The shape of the input of the forward pass, (n, C, H, W).
    pool_size, stride, padding : (int, int)
        As given to :func:`average_pool2d`.

    Returns
    -------
    dx : ndarray of shape (n, C, H, W), float64

    Notes
    -----
    Training only. Source: "Average pooling" in docs/equations.md.

    Examples
    --------
    >>> average_pool2d_backward([[[[4.0, 8.0]]]], (1, 1, 2, 3), (2, 2), (1, 1)).tolist()
    [[[[1.0, 3.0, 2.0], [1.0, 3.0, 2.0]]]]
    """
    dp = np.asarray(dp, dtype=np.float64)
    share, dx = dp / (pool_size[0] * pool_size[1]), zero_pad(np.zeros(shape), _pads(padding))
    for i in range(pool_size[0]):
        for j in range(pool_size[1]):
            rows, columns = under(i, j, (dp.shape[2], dp.shape[3]), stride)
            dx[:, :, rows, columns] += share
    return zero_pad_backward(dx, _pads(padding))


def _pads(padding: Pair) -> Pads:
    return (padding[0], padding[0]), (padding[1], padding[1])


RULES = Rules(
    forward=lambda layer, x: average_pool2d(x, layer.pool_pair, layer.stride_pair, layer.pad_pair),
    backward=lambda layer, dp, inputs, p: (
        average_pool2d_backward(
            dp, inputs[0].shape, layer.pool_pair, layer.stride_pair, layer.pad_pair
        ),
    ),
)
