"""Randomizing an image: scaling, rotation, translation, noise.

The three moves are 3 x 3 matrices that take a point of the input, ``(x, y, 1)`` in pixels, to its
place in the output. x grows to the right, y downwards, and (0, 0) is the middle of the top left
pixel. Multiplied together they are one move, so the image is sampled once and blurred once.

The functions here are given the random numbers; they draw none. The steps for photographs are in
:mod:`pellucid.equations.photo`.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import ConfigurationError

__all__ = [
    "Border",
    "add_noise",
    "compose",
    "randomize",
    "rotation_matrix",
    "scale_matrix",
    "translation_matrix",
    "warp",
]

Border = Literal["zeros", "repeat", "reflect"]
"""What lies outside an image; see :func:`warp`."""


def scale_matrix(scale: float, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the matrix that enlarges an image ``scale`` times about its center.

    ``x' = cx + scale * (x - cx)``, ``y' = cy + scale * (y - cy)``,
    ``(cx, cy) = ((W - 1) / 2, (H - 1) / 2)``

    Parameters
    ----------
    scale : float
        Above 1 enlarges, below 1 shrinks.
    shape : (int, int) or (int, int, int)
        The image's shape, (H, W) or (C, H, W), in pixels.

    Returns
    -------
    ndarray of shape (3, 3), float64

    Raises
    ------
    ConfigurationError
        The scale is not a finite number above 0.

    Notes
    -----
    Training only. Source: step 1 of "Randomizing" in docs/equations.md.

    Examples
    --------
    >>> scale_matrix(2.0, (5, 3)).tolist()
    [[2.0, 0.0, -1.0], [0.0, 2.0, -2.0], [0.0, 0.0, 1.0]]
    """
    if not 0.0 < scale < math.inf:
        raise ConfigurationError(f"The scale is {scale}; it must be a finite number above 0.")
    return _about_center(np.array([[scale, 0.0], [0.0, scale]]), shape)


def rotation_matrix(degrees: float, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the matrix that turns an image counter-clockwise, as seen, about its center.

    ``x' = cx + cos(d) * (x - cx) + sin(d) * (y - cy)``,
    ``y' = cy - sin(d) * (x - cx) + cos(d) * (y - cy)``,
    ``(cx, cy) = ((W - 1) / 2, (H - 1) / 2)``

    The sine has the other sign than in a textbook because y grows downwards.

    Parameters
    ----------
    degrees : float
        The angle d in degrees; positive is counter-clockwise.
    shape : (int, int) or (int, int, int)
        The image's shape, (H, W) or (C, H, W), in pixels.

    Returns
    -------
    ndarray of shape (3, 3), float64

    Notes
    -----
    Training only. Source: step 2 of "Randomizing" in docs/equations.md.

    Examples
    --------
    The middle of the right edge goes to the middle of the top edge:

    >>> (rotation_matrix(90.0, (3, 3)) @ [2, 1, 1]).round(12).tolist()
    [1.0, 0.0, 1.0]
    """
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return _about_center(np.array([[cos, sin], [-sin, cos]]), shape)


def translation_matrix(dx: float, dy: float) -> NDArray[np.float64]:
    """Return the matrix that moves an image: ``x' = x + dx``, ``y' = y + dy``.

    Parameters
    ----------
    dx, dy : float
        Pixels to the right and down.

    Returns
    -------
    ndarray of shape (3, 3), float64

    Notes
    -----
    Training only. Source: step 3 of "Randomizing" in docs/equations.md.

    Examples
    --------
    >>> translation_matrix(2.0, -1.0).tolist()
    [[1.0, 0.0, 2.0], [0.0, 1.0, -1.0], [0.0, 0.0, 1.0]]
    """
    return np.array([[1.0, 0.0, dx], [0.0, 1.0, dy], [0.0, 0.0, 1.0]])


def compose(
    scale: float, degrees: float, dx: float, dy: float, shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return the three moves as one matrix, ``translation @ rotation @ scaling``: scaling first.

    Parameters
    ----------
    scale : float
        Above 1 enlarges, below 1 shrinks.
    degrees : float
        Angle in degrees; positive is counter-clockwise.
    dx, dy : float
        Pixels to the right and down.
    shape : (int, int) or (int, int, int)
        The image's shape, (H, W) or (C, H, W), in pixels.

    Returns
    -------
    ndarray of shape (3, 3), float64

    Raises
    ------
    ConfigurationError
        The scale is not a finite number above 0.

    Notes
    -----
    Training only. Source: steps 1 to 3 of "Randomizing" in docs/equations.md.

    Examples
    --------
    >>> compose(1.0, 0.0, 2.0, -1.0, (28, 28)).tolist()
    [[1.0, 0.0, 2.0], [0.0, 1.0, -1.0], [0.0, 0.0, 1.0]]
    """
    return translation_matrix(dx, dy) @ rotation_matrix(degrees, shape) @ scale_matrix(scale, shape)


def warp(image: ArrayLike, matrix: ArrayLike, border: Border = "zeros") -> NDArray[np.float64]:
    """Move an image: each output pixel takes the value at the point that comes to lie on it.

    ``(sx, sy, 1) = matrix^-1 (x, y, 1)``, and with ``left = floor(sx)``, ``top = floor(sy)``,
    ``fx = sx - left``, ``fy = sy - top``

    ``out[y, x] = (1-fy) * ((1-fx) * image[top, left] + fx * image[top, left+1])
    + fy * ((1-fx) * image[top+1, left] + fx * image[top+1, left+1])``

    where a neighbor that lies outside the image counts as 0, or is, for a border that is repeated,
    the pixel next to it, and for one that is reflected, the pixel as far inside of the outermost
    one: ``image[-1]`` is ``image[0]`` or ``image[1]``.

    Parameters
    ----------
    image : array_like of shape (H, W) or (C, H, W)
        One image; its channels move together.
    matrix : array_like of shape (3, 3)
        From a point of the input to its place in the output, in pixels; see :func:`compose`.
    border : {"zeros", "repeat", "reflect"}, default "zeros"
        What lies outside the image.

    Returns
    -------
    ndarray of the image's shape, float64

    Notes
    -----
    Training only. Source: steps 1 to 3 of "Randomizing" in docs/equations.md. OpenCV calls the
    borders CONSTANT, REPLICATE and REFLECT_101.

    Examples
    --------
    >>> warp([[1, 2, 3]], translation_matrix(0.5, 0.0)).tolist()
    [[0.5, 1.5, 2.5]]
    >>> warp([[1, 2, 3]], translation_matrix(2.0, 0.0), "reflect").tolist()
    [[3.0, 2.0, 1.0]]
    """
    image = np.asarray(image, dtype=np.float64)
    height, width = image.shape[-2:]
    y, x = np.mgrid[0:height, 0:width]
    inverse = np.linalg.inv(np.asarray(matrix, dtype=np.float64))
    sx, sy, _ = np.tensordot(inverse, np.stack([x, y, np.ones_like(x)]), axes=1)
    left, top = np.floor(sx).astype(np.int64), np.floor(sy).astype(np.int64)
    fx, fy = sx - left, sy - top

    out: NDArray[np.float64] = np.zeros_like(image)
    for row, weight_y in ((top, 1.0 - fy), (top + 1, fy)):
        for column, weight_x in ((left, 1.0 - fx), (left + 1, fx)):
            out += weight_y * weight_x * _pixels(image, row, column, border)
    return out


def add_noise(image: ArrayLike, mask: ArrayLike, noise: ArrayLike) -> NDArray[np.float64]:
    """Add noise where the mask is true, then clip to [0, 1].

    ``out = max(0, min(1, image + mask * noise))``, element by element

    Parameters
    ----------
    image : array_like of shape (H, W) or (C, H, W)
        One image.
    mask : array_like of the same shape, bool
        Where noise is added.
    noise : array_like of the same shape
        Noise in units of the pixels.

    Returns
    -------
    ndarray of the same shape, float64

    Notes
    -----
    Training only. Source: step 4 of "Randomizing" in docs/equations.md.

    Examples
    --------
    >>> add_noise([0.5, 0.5, 0.5], [False, True, True], [0.1, 0.25, -0.75]).tolist()
    [0.5, 0.75, 0.0]
    """
    image, noise = np.asarray(image, dtype=np.float64), np.asarray(noise, dtype=np.float64)
    return np.asarray(np.clip(image + np.where(mask, noise, 0.0), 0.0, 1.0))


def randomize(
    image: ArrayLike,
    scale: float,
    degrees: float,
    dx: float,
    dy: float,
    mask: ArrayLike,
    noise: ArrayLike,
) -> NDArray[np.float64]:
    """Do all four steps: scale, rotate, move, add noise.

    ``out = add_noise(warp(image, compose(scale, degrees, dx, dy, shape)), mask, noise)``

    Parameters
    ----------
    image : array_like of shape (H, W) or (C, H, W)
        One image, pixels in [0, 1].
    scale : float
        Above 1 enlarges, below 1 shrinks.
    degrees : float
        Angle in degrees; positive is counter-clockwise.
    dx, dy : float
        Pixels to the right and down.
    mask : array_like of the image's shape, bool
        Where noise is added.
    noise : array_like of the image's shape
        Noise in units of the pixels.

    Returns
    -------
    ndarray of the image's shape, float64

    Raises
    ------
    ConfigurationError
        The scale is not a finite number above 0.

    Notes
    -----
    Training only. Source: "Randomizing" in docs/equations.md.

    Examples
    --------
    >>> image, mask, noise = [[0.5, 0.0]], [[False, True]], [[0.0, 0.75]]
    >>> randomize(image, 1.0, 0.0, 1.0, 0.0, mask, noise).tolist()
    [[0.0, 1.0]]
    """
    image = np.asarray(image, dtype=np.float64)
    return add_noise(warp(image, compose(scale, degrees, dx, dy, image.shape)), mask, noise)


def _about_center(linear: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return ``p' = center + linear (p - center)`` as a 3 x 3 matrix."""
    height, width = shape[-2:]
    center = np.array([(width - 1) / 2, (height - 1) / 2])
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = center - linear @ center
    return matrix


def _pixels(
    image: NDArray[np.float64], row: NDArray[np.int64], column: NDArray[np.int64], border: Border
) -> NDArray[np.float64]:
    """Return ``image[..., row, column]``, and what the border gives where that lies outside."""
    height, width = image.shape[-2:]
    if border == "reflect":
        row, column = _reflected(row, height), _reflected(column, width)
    values = image[..., np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    if border == "zeros":
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        values = np.where(inside, values, 0.0)
    return np.asarray(values)


def _reflected(index: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return places in an axis that is reflected at its outermost pixels, again and again."""
    if size == 1:
        return np.zeros_like(index)
    index = np.mod(index, 2 * (size - 1))
    return np.minimum(index, 2 * (size - 1) - index)
