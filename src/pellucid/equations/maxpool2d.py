"""Max pooling: the largest value under each position of a window."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from pellucid.equations._windows import Pair, positions, under
from pellucid.equations.padding import zero_pad, zero_pad_backward
from pellucid.equations.rules import Rules

__all__ = ["RULES", "max_pool2d", "max_pool2d_backward", "max_pool2d_winners"]


def max_pool2d(
    x: ArrayLike, pool_size: Pair, stride: Pair, padding: Pair = (0, 0)
) -> NDArray[np.float64]:
    """Slide a window over each channel and keep the largest value under it.

    ``p[n, c, y, x] = max_{i, j} x[n, c, y*sy + i - py, x*sx + j - px]``, ``0 <= i < PH``,
    ``0 <= j < PW``, over what lies in the image

    Parameters
    ----------
    x : array_like of shape (n, C, H, W)
        Feature maps.
    pool_size : (int, int)
        Height and width of the window in pixels, ``(PH, PW)``.
    stride : (int, int)
        Pixels from one window to the next, ``(sy, sx)``. Less than the pool size makes the windows
        overlap.
    padding : (int, int), default (0, 0)
        Rows above and below, and columns on both sides, that windows reach beyond the image,
        ``(py, px)``; at most half of the window, so that each has a pixel.

    Returns
    -------
    p : ndarray of shape (n, C, OH, OW), float64
        ``OH = (H + 2 py - PH) // sy + 1``, and OW likewise; a NaN under the window is its maximum.

    Raises
    ------
    NetworkError
        The window is larger than the feature map.

    Notes
    -----
    The same in training and inference. Source: "Max pooling" in docs/equations.md.

    Examples
    --------
    >>> max_pool2d([[[[1, 5, 2], [3, 4, 6]]]], (2, 2), (1, 1)).tolist()
    [[[[5.0, 6.0]]]]
    """
    windows = _windows(x, pool_size, stride, padding)
    return np.asarray(windows.max(axis=-1))


def max_pool2d_winners(
    x: ArrayLike, pool_size: Pair, stride: Pair, padding: Pair = (0, 0)
) -> NDArray[np.intp]:
    """Return which element of each window is its maximum: the first one, row by row.

    ``winner = i * PW + j`` for the smallest such number with ``x[..., y*sy + i - py, x*sx + j -
    px] = p``.

    Parameters
    ----------
    x : array_like of shape (n, C, H, W)
        Feature maps.
    pool_size, stride, padding : (int, int)
        As given to :func:`max_pool2d`.

    Returns
    -------
    ndarray of shape (n, C, OH, OW), int
        Values from 0 to PH * PW - 1.

    Raises
    ------
    NetworkError
        The window is larger than the feature map.

    Notes
    -----
    What the backward pass needs of the forward pass; training only. Source: "Max pooling" in
    docs/equations.md.

    Examples
    --------
    >>> max_pool2d_winners([[[[1, 5, 5], [3, 5, 6]]]], (2, 2), (1, 1)).tolist()
    [[[[1, 3]]]]
    """
    windows = _windows(x, pool_size, stride, padding)
    is_inside = _windows(np.ones(np.shape(x)), pool_size, stride, padding) == 1.0
    is_largest = (windows == windows.max(axis=-1, keepdims=True)) | np.isnan(windows)
    return np.asarray((is_largest & is_inside).argmax(axis=-1))


def max_pool2d_backward(
    dp: ArrayLike, x: ArrayLike, pool_size: Pair, stride: Pair, padding: Pair = (0, 0)
) -> NDArray[np.float64]:
    """Send each output's gradient to the pixel that was its maximum.

    ``dx[n, c, u, v] = sum of dp[n, c, y, x]`` over the windows (y, x) whose winner lies at (u, v).
    Overlapping windows may have the same winner, which then gets both gradients. Of equal values
    only the first, row by row, gets the gradient.

    Parameters
    ----------
    dp : array_like of shape (n, C, OH, OW)
        Gradient of the loss with respect to the output ``p``.
    x : array_like of shape (n, C, H, W)
        The input of the forward pass.
    pool_size, stride, padding : (int, int)
        As given to :func:`max_pool2d`.

    Returns
    -------
    dx : ndarray of shape (n, C, H, W), float64

    Raises
    ------
    NetworkError
        The window is larger than the feature map.

    Notes
    -----
    Training only. Source: the first line of the founding document's step 8 of backpropagation,
    listed in docs/equations.md.

    Examples
    --------
    >>> max_pool2d_backward([[[[10, 20]]]], [[[[1, 5, 2], [3, 4, 6]]]], (2, 2), (1, 1)).tolist()
    [[[[0.0, 10.0, 0.0], [0.0, 0.0, 20.0]]]]
    """
    dp = np.asarray(dp, dtype=np.float64)
    winner = max_pool2d_winners(x, pool_size, stride, padding)
    pads = (padding[0], padding[0]), (padding[1], padding[1])
    dx = zero_pad(np.zeros(np.shape(x)), pads)
    for i in range(pool_size[0]):
        for j in range(pool_size[1]):
            y_slice, x_slice = under(i, j, (winner.shape[2], winner.shape[3]), stride)
            won = winner == i * pool_size[1] + j
            dx[:, :, y_slice, x_slice] += np.where(won, dp, 0.0)
    return zero_pad_backward(dx, pads)


def _windows(x: ArrayLike, pool_size: Pair, stride: Pair, padding: Pair) -> NDArray[np.float64]:
    """Return the values under each window, row by row, as shape (n, C, OH, OW, PH * PW).

    Beyond the image they are minus infinity.
    """
    around = ((0, 0), (0, 0), *((pad, pad) for pad in padding))
    x = np.pad(np.asarray(x, dtype=np.float64), around, constant_values=-np.inf)
    count = positions((x.shape[2], x.shape[3]), pool_size, stride)
    every = sliding_window_view(x, pool_size, axis=(2, 3))
    strided = every[:, :, :: stride[0], :: stride[1]]
    return strided.reshape(*x.shape[:2], *count, pool_size[0] * pool_size[1])


RULES = Rules(
    forward=lambda layer, x: max_pool2d(x, layer.pool_pair, layer.stride_pair, layer.pad_pair),
    backward=lambda layer, dp, inputs, p: (
        max_pool2d_backward(dp, inputs[0], layer.pool_pair, layer.stride_pair, layer.pad_pair),
    ),
)
