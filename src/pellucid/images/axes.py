"""The axes of an array of images, and what counts as one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Images", "three_axes"]


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
