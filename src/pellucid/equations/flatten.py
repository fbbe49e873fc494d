"""Flatten: an image's channels, rows and columns as one row of features."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations.rules import Rules

__all__ = ["RULES", "flatten", "flatten_backward"]


def flatten(x: ArrayLike) -> NDArray[np.float64]:
    """Write each image as one row, channel by channel and row by row.

    ``fc[n, (c*H + y)*W + x] = x[n, c, y, x]``

    Parameters
    ----------
    x : array_like of shape (n, C, H, W)
        Feature maps; any shape (n, ...) will do.

    Returns
    -------
    fc : ndarray of shape (n, C * H * W), float64

    Notes
    -----
    The same in training and inference. Source: "Flatten" in docs/equations.md.

    Examples
    --------
    >>> flatten([[[[1, 2], [3, 4]]]]).tolist()
    [[1.0, 2.0, 3.0, 4.0]]
    """
    x = np.asarray(x, dtype=np.float64)
    # Not -1 for the width: that can't be worked out when there are no images.
    return x.reshape(len(x), math.prod(x.shape[1:]))


def flatten_backward(dx: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Give the gradient its shape back: ``dpool[n, c, y, x] = dfc[n, (c*H + y)*W + x]``.

    Parameters
    ----------
    dx : array_like of shape (n, C * H * W)
        Gradient of the loss with respect to the flat row.
    shape : tuple of int
        The shape that :func:`flatten` was given, ``(n, C, H, W)``.

    Returns
    -------
    ndarray of that shape, float64

    Notes
    -----
    Training only. Source: the second line of the founding document's step 7 of backpropagation,
    listed in docs/equations.md.

    Examples
    --------
    >>> flatten_backward([[1, 2, 3, 4]], (1, 1, 2, 2)).tolist()
    [[[[1.0, 2.0], [3.0, 4.0]]]]
    """
    return np.asarray(dx, dtype=np.float64).reshape(shape)


RULES = Rules(
    forward=lambda layer, x: flatten(x),
    backward=lambda layer, dfc, inputs, fc: (flatten_backward(dfc, inputs[0].shape),),
)
