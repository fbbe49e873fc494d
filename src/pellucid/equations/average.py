"""Averages of the parameters over the updates: one step of each, for any of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["average"]


def average(mean: ArrayLike, theta: ArrayLike, weight: float) -> NDArray[np.float64]:
    """Return a running average that has seen one more vector of parameters.

    ``mean = mean + weight * (theta - mean)``

    With ``weight = 1 / k`` for the k-th vector it is the mean of all k. With ``weight = 1 -
    decay``, and 1 for the first, what a vector counts falls by the factor ``decay`` with every one
    after it.

    Parameters
    ----------
    mean : array_like of any shape
        The average so far; of no matter where the weight is 1.
    theta : array_like of the same shape
        The parameters after an update.
    weight : float
        Above 0, and at most 1.

    Returns
    -------
    ndarray of the same shape, float64

    Notes
    -----
    Training only. Source: "Averages" in docs/equations.md; B. Polyak, A. Juditsky, "Acceleration of
    stochastic approximation by averaging", 1992; P. Izmailov et al., "Averaging Weights Leads to
    Wider Optima and Better Generalization", UAI 2018.

    Examples
    --------
    >>> mean = average([0.0], [2.0], 1)
    >>> average(average(mean, [4.0], 1 / 2), [9.0], 1 / 3).tolist()
    [5.0]
    """
    mean, theta = np.asarray(mean, dtype=np.float64), np.asarray(theta, dtype=np.float64)
    return np.array(theta) if weight == 1 else mean + weight * (theta - mean)
