"""Mirroring an image left-right, as a matrix that is one with the other moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["mirror_matrix"]


def mirror_matrix(mirror: bool, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the matrix that exchanges left and right, or leaves the image as it is.

    ``x' = W - 1 - x``, ``y' = y``

    Parameters
    ----------
    mirror : bool
        Whether they are exchanged.
    shape : (int, int) or (int, int, int)
        The image's shape, (H, W) or (C, H, W), in pixels.

    Returns
    -------
    ndarray of shape (3, 3), float64

    Notes
    -----
    Training only. Source: "For photographs" in docs/equations.md.

    Examples
    --------
    >>> from pellucid.equations.randomize import warp
    >>> warp([[1, 2, 3]], mirror_matrix(True, (1, 3))).tolist()
    [[3.0, 2.0, 1.0]]
    """
    matrix = np.eye(3)
    if mirror:
        matrix[0, 0], matrix[0, 2] = -1.0, shape[-1] - 1.0
    return matrix
