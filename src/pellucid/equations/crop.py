"""A part of an image, resized to the whole: a matrix that is one with the other moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["crop_matrix"]


def crop_matrix(
    x: float, y: float, width: float, height: float, shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return the matrix that makes a rectangle of the image the whole of it.

    A pixel is a square of side 1 around its middle. The rectangle, ``w = width W`` wide and
    ``h = height H`` high, begins ``x (W - w)`` from the image's left edge and ``y (H - h)`` from
    its upper edge:

    ``x' = (x + 1/2 - left) W / w - 1/2``, ``y' = (y + 1/2 - top) H / h - 1/2``

    Parameters
    ----------
    x, y : float
        Where it lies: the share of the room beside it that is left of it, and above it.
    width, height : float
        Its sides, as shares of the image's, above 0 and at most 1.
    shape : (int, int) or (int, int, int)
        The image's shape, (H, W) or (C, H, W), in pixels.

    Returns
    -------
    ndarray of shape (3, 3), float64

    Notes
    -----
    Training only. What is sampled next to the rectangle's edge may lie outside it, in the image.
    Source: "For photographs" in docs/equations.md; random resized crops are those of C. Szegedy
    et al., "Going Deeper with Convolutions", 2014.

    Examples
    --------
    The right half of four pixels:

    >>> from pellucid.equations.randomize import warp
    >>> warp([[0, 0, 4, 8]], crop_matrix(1.0, 0.0, 0.5, 1.0, (1, 4)), "repeat").tolist()
    [[3.0, 5.0, 7.0, 8.0]]
    """
    matrix = np.eye(3)
    for axis, (place, share, size) in enumerate(((x, width, shape[-1]), (y, height, shape[-2]))):
        start = place * (size - share * size)
        matrix[axis, axis] = 1.0 / share
        matrix[axis, 2] = (0.5 - start) / share - 0.5
    return matrix
