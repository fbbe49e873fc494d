"""Zero padding: zeros around an image, so that a filter reaches the pixels at its edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["zero_pad", "zero_pad_backward"]

Pads = tuple[tuple[int, int], tuple[int, int]]


def zero_pad(x: ArrayLike, pads: Pads) -> NDArray[np.float64]:
    """Put zeros around each image.

    ``x_padded[n, c, top + y, left + x] = x[n, c, y, x]``, and 0 elsewhere.

    Parameters
    ----------
    x : array_like of shape (n, C, H, W)
        Images or feature maps.
    pads : ((int, int), (int, int))
        Zeros added in pixels, ``((top, bottom), (left, right))``.

    Returns
    -------
    ndarray of shape (n, C, top + H + bottom, left + W + right), float64

    Notes
    -----
    The same in training and inference. Source: "Padding" in docs/equations.md.

    Examples
    --------
    >>> zero_pad([[[[1, 2]]]], ((1, 0), (0, 1)))[0, 0].tolist()
    [[0.0, 0.0, 0.0], [1.0, 2.0, 0.0]]
    """
    return np.pad(np.asarray(x, dtype=np.float64), ((0, 0), (0, 0), *pads))


def zero_pad_backward(dx_padded: ArrayLike, pads: Pads) -> NDArray[np.float64]:
    """Return the gradient of the image inside its padding: the padding is cut off.

    ``dx[n, c, y, x] = dx_padded[n, c, top + y, left + x]``. The zeros are constants, so what
    reaches them is dropped.

    Parameters
    ----------
    dx_padded : array_like of shape (n, C, top + H + bottom, left + W + right)
        Gradient of the loss with respect to the padded image.
    pads : ((int, int), (int, int))
        As given to :func:`zero_pad`.

    Returns
    -------
    ndarray of shape (n, C, H, W), float64

    Notes
    -----
    Training only. Source: part of the founding document's steps 9 and 10 of backpropagation, listed
    in docs/equations.md.

    Examples
    --------
    >>> zero_pad_backward([[[[7, 8, 9], [1, 2, 3]]]], ((1, 0), (0, 1))).tolist()
    [[[[1.0, 2.0]]]]
    """
    dx_padded = np.asarray(dx_padded, dtype=np.float64)
    (top, bottom), (left, right) = pads
    height, width = dx_padded.shape[2:]
    return dx_padded[:, :, top : height - bottom, left : width - right]
