"""Mixup: each image of a section mixed with another of it, and the loss of both labels.

The function here is given the random numbers; it draws none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["mixed"]


def mixed(values: ArrayLike, shares: ArrayLike) -> NDArray[np.float64]:
    """Mix what belongs to each image of a section with what belongs to its partner.

    ``out[n] = share[n] * values[n] + (1 - share[n]) * values[N - 1 - n]``

    The partner of the first image is the last one, and so on inwards; the one in the middle of an
    odd number is its own. Images are mixed so, after whatever else is done to them, and the losses
    that an output has by their labels.

    Parameters
    ----------
    values : array_like of shape (N, ...)
        Images, or losses, each of the image's own label.
    shares : array_like of shape (N,)
        What is kept of each, from 0 to 1.

    Returns
    -------
    ndarray of the values' shape, float64

    Notes
    -----
    Training only. Source: "For photographs" in docs/equations.md; H. Zhang et al., "mixup: Beyond
    Empirical Risk Minimization", ICLR 2018.

    Examples
    --------
    >>> mixed([[0.0], [0.5], [1.0]], [0.75, 0.1, 1.0]).tolist()
    [[0.25], [0.5], [1.0]]
    """
    values = np.asarray(values, dtype=np.float64)
    share = np.asarray(shares, dtype=np.float64).reshape(-1, *(1,) * (values.ndim - 1))
    return np.asarray(share * values + (1.0 - share) * values[::-1])
