"""Values that each channel has one of."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["each_channel"]


def each_channel(values: ArrayLike, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a value a channel, shaped to go beside ``x``, (n, C, H, W) or (n, C).

    Examples
    --------
    >>> each_channel([1, 2], np.zeros((5, 2, 3, 4))).shape
    (2, 1, 1)
    """
    return np.asarray(values, dtype=np.float64).reshape(-1, *[1] * (x.ndim - 2))
