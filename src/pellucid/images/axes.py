"""The axes of an array of images, and what counts as one."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import is_whole

__all__ = ["Images", "four_axes", "from_all_over", "sides", "three_axes"]

S = TypeVar("S", bound=np.generic)
Images = NDArray[np.uint8] | NDArray[np.float32]
"""Pixels as stored, 0 to 255 in uint8, or as float32 in [0, 1]."""


def three_axes(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return ``(channels, height, width)`` of an image of either shape.

    Examples
    --------
    >>> three_axes((28, 28)), three_axes((3, 28, 28))
    ((1, 28, 28), (3, 28, 28))
    """
    return tuple(shape) if len(shape) == 3 else (1, *shape)


def four_axes(images: NDArray[Any]) -> NDArray[Any]:
    """Return images as ``(n, channels, height, width)``, a view of the same pixels.

    Examples
    --------
    >>> four_axes(np.zeros((2, 28, 28))).shape
    (2, 1, 28, 28)
    """
    return images if images.ndim == 4 else images[:, np.newaxis]


def from_all_over(samples: NDArray[S], most: int) -> NDArray[S]:
    """Return at most so many samples, each as far from the one before: for a look at all.

    Examples
    --------
    >>> from_all_over(np.arange(10), 4)
    array([0, 3, 6, 9])
    """
    return samples[:: max(1, math.ceil(len(samples) / most))]


def sides(value: Any, *counts: int) -> tuple[int, ...] | None:
    """Return so many whole numbers of at least 1, whatever sequence they come in, or else None.

    Examples
    --------
    >>> sides([28, 28], 2, 3), sides((28, 0), 2, 3), sides(28, 2)
    ((28, 28), None, None)
    """
    if not isinstance(value, tuple | list) or len(value) not in counts:
        return None
    are_sides = all(is_whole(side) and side >= 1 for side in value)
    return tuple(int(side) for side in value) if are_sides else None
