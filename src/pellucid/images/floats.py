"""Pixels as numbers from 0 to 1: in float32 as the kernels have them, in float64 for equations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["in_float32", "in_float64"]


def in_float32(images: NDArray[Any]) -> NDArray[np.float32]:
    """Return bytes divided by 255 in float32, and floats in [0, 1] as float32.

    Examples
    --------
    >>> in_float32(np.array([0, 51, 255], np.uint8))
    array([0. , 0.2, 1. ], dtype=float32)
    """
    floats = images.astype(np.float32, copy=False)
    return floats / np.float32(255) if images.dtype == np.uint8 else floats


def in_float64(images: NDArray[Any]) -> NDArray[np.float64]:
    """Return bytes divided by 255 in float64, and floats in [0, 1] as float64.

    Examples
    --------
    >>> in_float64(np.array([0, 51, 255], np.uint8))
    array([0. , 0.2, 1. ])
    """
    return images / 255.0 if images.dtype == np.uint8 else np.asarray(images, np.float64)
