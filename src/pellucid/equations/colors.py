"""Changing an image's colors: brightness, contrast, saturation, hue.

Pixels are in [0, 1], and are held there after every step. Three channels are red, green and blue;
one is gray, of which brightness and contrast can be changed.

The functions here are given the random numbers; they draw none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "change_brightness",
    "change_colors",
    "change_contrast",
    "change_hue",
    "change_saturation",
    "gray",
]

_GRAY = (0.299, 0.587, 0.114)
"""How bright red, green and blue look (ITU-R BT.601)."""


def gray(image: ArrayLike) -> NDArray[np.float64]:
    """Return how bright each pixel looks: ``0.299 red + 0.587 green + 0.114 blue``.

    Parameters
    ----------
    image : array_like of shape (H, W), (1, H, W) or (3, H, W)
        One image; what has one channel is gray already.

    Returns
    -------
    ndarray of shape (H, W), float64

    Notes
    -----
    Training only. Source: "For photographs" in docs/equations.md; Recommendation ITU-R BT.601.

    Examples
    --------
    >>> gray([[[1.0]], [[0.5]], [[0.0]]]).round(4).tolist()
    [[0.5925]]
    """
    image = np.asarray(image, dtype=np.float64)
    if image.ndim == 3:
        return np.tensordot(_GRAY, image, axes=1) if len(image) == 3 else image[0]
    return image


def change_brightness(image: ArrayLike, factor: float) -> NDArray[np.float64]:
    """Multiply: ``out = clip(factor * image, 0, 1)``.

    Parameters
    ----------
    image : array_like of shape (H, W) or (C, H, W)
        One image, of any number of channels.
    factor : float
        Above 1 makes it brighter, 0 makes it black.

    Returns
    -------
    ndarray of the image's shape, float64

    Notes
    -----
    Training only. Source: "For photographs" in docs/equations.md; torchvision's ``ColorJitter``.

    Examples
    --------
    >>> change_brightness([[0.25, 0.75]], 1.5).tolist()
    [[0.375, 1.0]]
    """
    return _clip(factor * np.asarray(image, dtype=np.float64))


def change_contrast(image: ArrayLike, factor: float) -> NDArray[np.float64]:
    """Move away from the mean: ``out = clip(factor * image + (1 - factor) * mean(gray), 0, 1)``.

    Parameters
    ----------
    image : array_like of shape (H, W), (1, H, W) or (3, H, W)
        One image.
    factor : float
        Above 1 raises the contrast, 0 leaves one gray.

    Returns
    -------
    ndarray of the image's shape, float64

    Notes
    -----
    Training only. Source: "For photographs" in docs/equations.md; torchvision's ``ColorJitter``.

    Examples
    --------
    >>> change_contrast([[0.25, 0.75]], 0.5).tolist()
    [[0.375, 0.625]]
    """
    image = np.asarray(image, dtype=np.float64)
    return _clip(factor * image + (1.0 - factor) * gray(image).mean())


def change_saturation(image: ArrayLike, factor: float) -> NDArray[np.float64]:
    """Move away from gray: ``out = clip(factor * image + (1 - factor) * gray, 0, 1)``.

    Parameters
    ----------
    image : array_like of shape (H, W), (1, H, W) or (3, H, W)
        One image; of one channel it stays as it is.
    factor : float
        Above 1 makes colors stronger, 0 makes the image gray.

    Returns
    -------
    ndarray of the image's shape, float64

    Notes
    -----
    Training only. Source: "For photographs" in docs/equations.md; torchvision's ``ColorJitter``.

    Examples
    --------
    >>> change_saturation([[[1.0]], [[0.5]], [[0.0]]], 0.5).round(3).ravel().tolist()
    [0.796, 0.546, 0.296]
    """
    image = np.asarray(image, dtype=np.float64)
    if not _has_colors(image):
        return image
    return _clip(factor * image + (1.0 - factor) * gray(image))


def change_hue(image: ArrayLike, turns: float) -> NDArray[np.float64]:
    """Turn the circle of colors: red, yellow, green, cyan, blue, magenta, red.

    With ``v`` the largest of red, green and blue and ``c`` its distance to the smallest, the hue is
    in sixths of the circle, 0 where ``c`` is 0:

    ``h = (green - blue) / c`` where red is largest, ``2 + (blue - red) / c`` where green is, else
    ``4 + (red - green) / c``

    and with ``k = (n + h + 6 turns) mod 6``, n = 5 for red, 3 for green and 1 for blue:

    ``out = v - c * max(0, min(k, 4 - k, 1))``

    Parameters
    ----------
    image : array_like of shape (H, W), (1, H, W) or (3, H, W)
        One image; of one channel it stays as it is.
    turns : float
        1/3 makes green of red, -1/3 blue; 1/2 is the opposite color.

    Returns
    -------
    ndarray of the image's shape, float64

    Notes
    -----
    Training only. Source: "For photographs" in docs/equations.md; A. R. Smith, "Color Gamut
    Transform Pairs", 1978.

    Examples
    --------
    >>> change_hue([[[1.0]], [[0.25]], [[0.0]]], 0.5).ravel().tolist()
    [0.0, 0.75, 1.0]
    """
    image = np.asarray(image, dtype=np.float64)
    if not _has_colors(image):
        return image
    red, green, blue = image
    top = image.max(axis=0)
    chroma = top - image.min(axis=0)
    divisor = np.where(chroma > 0.0, chroma, 1.0)
    hue = np.where(
        red == top,
        (green - blue) / divisor,
        np.where(green == top, 2.0 + (blue - red) / divisor, 4.0 + (red - green) / divisor),
    )
    out = np.empty_like(image)
    for channel, start in enumerate((5.0, 3.0, 1.0)):
        k = np.mod(start + hue + 6.0 * turns, 6.0)
        share = np.clip(np.minimum(k, 4.0 - k), 0.0, 1.0)
        out[channel] = top - chroma * share
    return out


def change_colors(
    image: ArrayLike, brightness: float, contrast: float, saturation: float, turns: float
) -> NDArray[np.float64]:
    """Do all four, in this order: brightness, contrast, saturation, hue.

    Parameters
    ----------
    image : array_like of shape (H, W) or (C, H, W)
        One image; with other than 1 or 3 channels only its brightness can be changed.
    brightness, contrast, saturation : float
        The factors; 1 changes nothing.
    turns : float
        Of the circle of colors; 0 changes nothing.

    Returns
    -------
    ndarray of the image's shape, float64

    Notes
    -----
    Training only. Source: "For photographs" in docs/equations.md.

    Examples
    --------
    >>> change_colors([[0.25, 0.75]], 0.5, 2.0, 1.0, 0.0).tolist()
    [[0.0, 0.5]]
    """
    image = np.asarray(image, dtype=np.float64)
    if brightness != 1.0:
        image = change_brightness(image, brightness)
    if contrast != 1.0:
        image = change_contrast(image, contrast)
    if saturation != 1.0:
        image = change_saturation(image, saturation)
    return image if turns == 0.0 else change_hue(image, turns)


def _has_colors(image: NDArray[np.float64]) -> bool:
    return image.ndim == 3 and len(image) == 3


def _clip(image: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.clip(image, 0.0, 1.0))
