"""Randomizing a photograph: the moves of any image, and those of photographs, in their order.

The functions here are given the random numbers; they draw none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations.colors import change_colors
from pellucid.equations.crop import crop_matrix
from pellucid.equations.erase import erase
from pellucid.equations.mirror import mirror_matrix
from pellucid.equations.randomize import Border, add_noise, compose, warp

__all__ = ["randomize_photo"]


def randomize_photo(
    image: ArrayLike,
    scale: float,
    degrees: float,
    dx: float,
    dy: float,
    mask: ArrayLike,
    noise: ArrayLike,
    *,
    mirror: bool = False,
    crop: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0),
    border: Border = "zeros",
    brightness: float = 1.0,
    contrast: float = 1.0,
    saturation: float = 1.0,
    turns: float = 0.0,
    erased: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0),
) -> NDArray[np.float64]:
    """Do all steps: crop, mirror, scale, rotate, move, change colors, erase, add noise.

    ``moved = warp(image, compose(...) @ mirror_matrix(...) @ crop_matrix(...))``

    ``out = add_noise(erase(change_colors(moved)))``

    Parameters
    ----------
    image : array_like of shape (H, W) or (C, H, W)
        One image, pixels in [0, 1].
    scale, degrees, dx, dy, mask, noise
        As for :func:`pellucid.equations.randomize.randomize`.
    mirror : bool, default False
        Whether left and right change sides.
    crop : (float, float, float, float), default all of the image
        ``x, y, width, height`` of :func:`pellucid.equations.crop.crop_matrix`.
    border : {"zeros", "repeat", "reflect"}, default "zeros"
        What lies outside the image; see :func:`pellucid.equations.randomize.warp`.
    brightness, contrast, saturation, turns : float, default 1, 1, 1 and 0
        See :func:`pellucid.equations.colors.change_colors`.
    erased : (float, float, float, float), default nothing
        ``x, y, width, height`` of :func:`pellucid.equations.erase.erase`.

    Returns
    -------
    ndarray of the image's shape, float64

    Raises
    ------
    ConfigurationError
        The scale is not a finite number above 0.

    Notes
    -----
    Training only. Source: "For photographs" in docs/equations.md.

    Examples
    --------
    >>> nothing = [[False, False, False]], [[0.0, 0.0, 0.0]]
    >>> randomize_photo([[0.0, 0.5, 1.0]], 1.0, 0.0, 0.0, 0.0, *nothing, mirror=True).tolist()
    [[1.0, 0.5, 0.0]]
    """
    image = np.asarray(image, dtype=np.float64)
    shape = image.shape
    first = mirror_matrix(mirror, shape) @ crop_matrix(*crop, shape)
    moved = warp(image, compose(scale, degrees, dx, dy, shape) @ first, border)
    colored = change_colors(moved, brightness, contrast, saturation, turns)
    return add_noise(erase(colored, *erased), mask, noise)
