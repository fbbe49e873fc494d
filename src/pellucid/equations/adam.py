"""Adam: each parameter gets its own step size from running means of its gradient."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import ConfigurationError

__all__ = ["adam"]


def adam(
    theta: ArrayLike,
    m: ArrayLike,
    v: ArrayLike,
    g: ArrayLike,
    t: int,
    *,
    batch_size: float,
    learning_rate: float,
    beta1: float,
    beta2: float,
    eps: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Take one step of Adam.

    - ``m = beta1 * m + (1 - beta1) * g / batch_size``
    - ``v = beta2 * v + (1 - beta2) * (g / batch_size)**2``
    - ``m_hat = m / (1 - beta1**t)``
    - ``v_hat = v / (1 - beta2**t)``
    - ``theta = theta - learning_rate * m_hat / (sqrt(v_hat) + eps)``

    m and v start at 0, which pulls the first means toward 0; m_hat and v_hat undo that.

    Parameters
    ----------
    theta : array_like of any shape
        Parameters.
    m, v : array_like of the same shape
        First and second moment, 0 before the first step.
    g : array_like of the same shape
        Gradient, SUMMED over the images of the batch.
    t : int
        Number of this step, 1 for the first.
    batch_size : float
        How many images g is the sum of.
    learning_rate : float
        Length of a step, in units of the parameters.
    beta1, beta2 : float
        How much of the old mean is kept, at least 0 and below 1.
    eps : float
        Keeps the division from 0.

    Returns
    -------
    theta, m, v : ndarray of the same shape, float64
        New arrays; those given stay as they are.

    Raises
    ------
    ConfigurationError
        t is below 1.

    Notes
    -----
    Training only. Source: "Adam" in docs/equations.md; Kingma and Ba, "Adam: A Method for
    Stochastic Optimization", ICLR 2015, algorithm 1.

    Examples
    --------
    >>> settings = {"learning_rate": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-10}
    >>> theta, m, v = adam([1.0], [0.0], [0.0], [6.0], 1, batch_size=2, **settings)
    >>> [round(float(value[0]), 6) for value in (theta, m, v)]
    [0.9, 0.3, 0.009]
    """
    if t < 1:
        raise ConfigurationError(f"Adam's step number t is {t}; count the steps from 1.")
    theta, m, v, g = (np.asarray(value, dtype=np.float64) for value in (theta, m, v, g))
    mean = g / batch_size
    m = beta1 * m + (1.0 - beta1) * mean
    v = beta2 * v + (1.0 - beta2) * mean**2
    m_hat = m / (1.0 - beta1**t)
    v_hat = v / (1.0 - beta2**t)
    theta = theta - learning_rate * m_hat / (np.sqrt(v_hat) + eps)
    return theta, m, v
