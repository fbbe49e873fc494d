"""AdamW: Adam, and weights that shrink by themselves: weight decay apart from the gradient."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations.adam import adam

__all__ = ["adamw"]


def adamw(
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
    weight_decay: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Take one step of AdamW on an array that decays; others take one of :func:`adam`.

    - ``theta = theta - learning_rate * weight_decay * theta``
    - then a step of Adam, whose moments know nothing of the decay.

    Filters and weights decay, arrays of two dimensions or more; biases and the factors and offsets
    of norms do not.

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
    weight_decay : float
        What share of itself, times the learning rate, a parameter loses.

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
    Training only. Source: "AdamW" in docs/equations.md; I. Loshchilov, F. Hutter, "Decoupled Weight
    Decay Regularization", ICLR 2019, algorithm 2.

    Examples
    --------
    >>> settings = {"learning_rate": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-10}
    >>> settings |= {"batch_size": 2, "weight_decay": 0.5}
    >>> theta, m, v = adamw([1.0], [0.0], [0.0], [6.0], 1, **settings)
    >>> [round(float(value[0]), 6) for value in (theta, m, v)]
    [0.85, 0.3, 0.009]
    """
    theta = np.asarray(theta, dtype=np.float64)
    return adam(
        theta - learning_rate * weight_decay * theta, m, v, g, t, batch_size=batch_size,
        learning_rate=learning_rate, beta1=beta1, beta2=beta2, eps=eps,
    )  # fmt: skip
