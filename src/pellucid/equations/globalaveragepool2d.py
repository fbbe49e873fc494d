"""Global average pooling: the mean of each channel."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations.rules import Rules

__all__ = ["RULES", "global_average_pool2d", "global_average_pool2d_backward"]


def global_average_pool2d(x: ArrayLike) -> NDArray[np.float64]:
    """Return the mean of each channel: ``p[n, c] = sum_{y, x} x[n, c, y, x] / (H * W)``.

    Parameters
    ----------
    x : array_like of shape (n, C, H, W)
        Feature maps.

    Returns
    -------
    p : ndarray of shape (n, C), float64

    Notes
    -----
    The same in training and inference. Source: "Global average pooling" in docs/equations.md.

    Examples
    --------
    >>> global_average_pool2d([[[[1, 5, 2], [3, 4, 6]]]]).tolist()
    [[3.5]]
    """
    return np.asarray(np.asarray(x, dtype=np.float64).mean(axis=(2, 3)))


def global_average_pool2d_backward(dp: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Give every pixel an equal share: ``dx[n, c, y, x] = dp[n, c] / (H * W)``.

    Parameters
    ----------
    dp : array_like of shape (n, C)
        Gradient of the loss with respect to the output ``p``.
    shape : tuple of int
        The shape that :func:`global_average_pool2d` was given, ``(n, C, H, W)``.

    Returns
    -------
    dx : ndarray of that shape, float64

    Notes
    -----
    Training only. Source: "Global average pooling" in docs/equations.md.

    Examples
    --------
    >>> global_average_pool2d_backward([[6.0]], (1, 1, 1, 3)).tolist()
    [[[[2.0, 2.0, 2.0]]]]
    """
    share = np.asarray(dp, dtype=np.float64) / (shape[2] * shape[3])
    return np.array(np.broadcast_to(share[:, :, None, None], shape))


RULES = Rules(
    forward=lambda layer, x: global_average_pool2d(x),
    backward=lambda layer, dp, inputs, p: (global_average_pool2d_backward(dp, inputs[0].shape),),
)
