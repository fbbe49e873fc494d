"""Sigmoid: an S-curve from 0 to 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations.rules import Rules

__all__ = ["RULES", "sigmoid", "sigmoid_backward"]


def sigmoid(z: ArrayLike) -> NDArray[np.float64]:
    """Return ``a = 1 / (1 + exp(-z))``, element by element; NaN stays NaN.

    Computed from ``e = exp(-|z|)``, which can't overflow: ``1 / (1 + e)`` where z >= 0 and the
    equal ``e / (1 + e)`` where z < 0.

    Parameters
    ----------
    z : array_like of any shape
        What the layer before gave.

    Returns
    -------
    a : ndarray of the same shape, float64
        Between 0 and 1.

    Notes
    -----
    The same in training and inference. Source: "Sigmoid" in docs/equations.md.

    Examples
    --------
    >>> sigmoid([-1000.0, 0.0, 1000.0]).tolist()
    [0.0, 0.5, 1.0]
    """
    z = np.asarray(z, dtype=np.float64)
    with np.errstate(under="ignore"):  # exp(-1000) is 0 in float64, which is the right limit
        e = np.exp(-np.abs(z))
        numerator = np.where(z < 0.0, e, 1.0)
        return np.asarray(numerator / (1.0 + e))


def sigmoid_backward(da: ArrayLike, a: ArrayLike) -> NDArray[np.float64]:
    """Return ``dz = da * a * (1 - a)``, the derivative written with the output.

    Parameters
    ----------
    da : array_like of any shape
        Gradient of the loss with respect to the output ``a``.
    a : array_like of the same shape
        The OUTPUT of the forward pass, ``sigmoid(z)``.

    Returns
    -------
    dz : ndarray of the same shape, float64

    Notes
    -----
    Training only. Source: "Sigmoid" in docs/equations.md; the derivative is not in the founding
    document. It takes ReLU's place in steps 4, 8 and 9 of the ten steps of backpropagation there.

    Examples
    --------
    >>> sigmoid_backward([4.0, 4.0], [0.5, 1.0]).tolist()
    [1.0, 0.0]
    """
    a = np.asarray(a, dtype=np.float64)
    with np.errstate(under="ignore"):  # far out on the curve the derivative is 0 in float64
        return np.asarray(np.asarray(da, dtype=np.float64) * (a * (1.0 - a)))


RULES = Rules(
    forward=lambda layer, z: sigmoid(z),
    backward=lambda layer, da, inputs, a: (sigmoid_backward(da, a),),
)
