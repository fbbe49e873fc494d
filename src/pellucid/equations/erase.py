"""Erasing a rectangle of an image: each channel's mean stands in its place.

The function here is given the random numbers; it draws none.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["erase"]


def erase(image: ArrayLike, x: float, y: float, width: float, height: float) -> NDArray[np.float64]:
    """Put each channel's mean into a rectangle of whole pixels.

    ``w = max(1, floor(width W + 1/2))``, ``left = floor(x (W - w + 1))``, and h and top likewise;
    ``out[c, i, j] = mean(image[c])`` for ``top <= i < top + h``, ``left <= j < left + w``

    Parameters
    ----------
    image : array_like of shape (H, W) or (C, H, W)
        One image.
    x, y : float
        Where it lies, from 0 to below 1: of the places it can have.
    width, height : float
        Its sides, as shares of the image's; nothing is erased where one is 0.

    Returns
    -------
    ndarray of the image's shape, float64

    Notes
    -----
    Training only. Source: "For photographs" in docs/equations.md; Z. Zhong et al., "Random Erasing
    Data Augmentation", 2017.

    Examples
    --------
    >>> erase([[0.0, 0.25, 0.5, 1.0]], 0.0, 0.0, 0.5, 1.0).tolist()
    [[0.4375, 0.4375, 0.5, 1.0]]
    """
    out = np.array(image, dtype=np.float64)
    if width == 0.0 or height == 0.0:
        return out
    rows, columns = (
        _from_to(place, share, size)
        for place, share, size in ((y, height, out.shape[-2]), (x, width, out.shape[-1]))
    )
    out[..., rows, columns] = out.mean(axis=(-2, -1), keepdims=True)
    return out


def _from_to(place: float, share: float, size: int) -> slice:
    """Return the whole pixels of an axis that a part of it takes."""
    length = min(size, max(1, math.floor(share * size + 0.5)))
    start = math.floor(place * (size - length + 1))
    return slice(start, start + length)
