"""Global max pooling: the largest value of each channel."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations.rules import Rules

__all__ = ["RULES", "global_max_pool2d", "global_max_pool2d_backward"]


def global_max_pool2d(x: ArrayLike) -> NDArray[np.float64]:
    """Return the largest value of each channel: ``p[n, c] = max_{y, x} x[n, c, y, x]``.

    Parameters
    ----------
    x : array_like of shape (n, C, H, W)
        Feature maps.

    Returns
    -------
    p : ndarray of shape (n, C), float64
        A NaN in a channel is its maximum.

    Notes
    -----
    The same in training and inference. Source: "Global max pooling" in docs/equations.md.

    Examples
    --------
    >>> global_max_pool2d([[[[1, 5, 2], [3, 4, 6]]]]).tolist()
    [[6.0]]
    """
    return np.asarray(np.asarray(x, dtype=np.float64).max(axis=(2, 3)))


def global_max_pool2d_backward(dp: ArrayLike, x: ArrayLike) -> NDArray[np.float64]:
    """Send each channel's gradient to the pixel that was its maximum, the first of equals.

    ``dx[n, c, y, x] = dp[n, c]`` where (y, x) is the first, row by row, with ``x = p``, else 0.

    Parameters
    ----------
    dp : array_like of shape (n, C)
        Gradient of the loss with respect to the output ``p``.
    x : array_like of shape (n, C, H, W)
        The input of the forward pass.

    Returns
    -------
    dx : ndarray of shape (n, C, H, W), float64

    Notes
    -----
    Training only. Source: "Global max pooling" in docs/equations.md.

    Examples
    --------
    >>> global_max_pool2d_backward([[7.0]], [[[[1, 5], [5, 4]]]]).tolist()
    [[[[0.0, 7.0], [0.0, 0.0]]]]
    """
    x, dp = np.asarray(x, dtype=np.float64), np.asarray(dp, dtype=np.float64)
    rows = x.reshape(*x.shape[:2], x.shape[2] * x.shape[3])
    winner = rows.argmax(axis=-1)[:, :, None]
    dx = np.zeros(rows.shape)
    np.put_along_axis(dx, winner, dp[:, :, None], axis=-1)
    return dx.reshape(x.shape)


RULES = Rules(
    forward=lambda layer, x: global_max_pool2d(x),
    backward=lambda layer, dp, inputs, p: (global_max_pool2d_backward(dp, inputs[0]),),
)
