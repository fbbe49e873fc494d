"""SGD: steps along the gradient, or along a running sum of gradients: momentum."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["sgd"]


def sgd(
    theta: ArrayLike,
    u: ArrayLike,
    g: ArrayLike,
    *,
    batch_size: float,
    learning_rate: float,
    momentum: float,
    nesterov: bool,
    weight_decay: float = 0.0,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Take one step of stochastic gradient descent.

    - ``d = g / batch_size + weight_decay * theta``
    - ``u = momentum * u + d``
    - ``theta = theta - learning_rate * u``, or with Nesterov's momentum
      ``theta = theta - learning_rate * (d + momentum * u)``

    Parameters
    ----------
    theta : array_like of any shape
        Parameters.
    u : array_like of the same shape
        The running sum, 0 before the first step.
    g : array_like of the same shape
        Gradient, SUMMED over the images of the batch.
    batch_size : float
        How many images g is the sum of.
    learning_rate : float
        What the sum is multiplied by.
    momentum : float
        How much of the running sum is kept, at least 0 and below 1.
    nesterov : bool
        Whether to look a step ahead.
    weight_decay : float, default 0
        How much of a parameter is added to its gradient: that of ``weight_decay / 2 * theta**2``.
        0 for arrays that don't decay: biases, and the factors and offsets of norms.

    Returns
    -------
    theta, u : ndarray of the same shape, float64
        New arrays; those given stay as they are.

    Notes
    -----
    Training only. Source: "SGD" in docs/equations.md; I. Sutskever, J. Martens, G. Dahl, G. Hinton,
    "On the importance of initialization and momentum in deep learning", ICML 2013.

    Examples
    --------
    >>> theta, u = sgd(
    ...     [1.0], [2.0], [6.0], batch_size=2, learning_rate=0.1, momentum=0.5, nesterov=True
    ... )
    >>> [round(float(value[0]), 6) for value in (theta, u)]
    [0.5, 4.0]
    """
    theta, u, g = (np.asarray(value, dtype=np.float64) for value in (theta, u, g))
    slope = g / batch_size + weight_decay * theta
    u = momentum * u + slope
    ahead = slope + momentum * u if nesterov else u
    return theta - learning_rate * ahead, u
