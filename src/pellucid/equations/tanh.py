"""Tanh: an S-curve from -1 to 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations.rules import Rules

__all__ = ["RULES", "tanh", "tanh_backward"]


def tanh(z: ArrayLike) -> NDArray[np.float64]:
    """Return ``a = tanh(z)``, element by element; NaN stays NaN.

    Parameters
    ----------
    z : array_like of any shape
        What the layer before gave.

    Returns
    -------
    a : ndarray of the same shape, float64

    Notes
    -----
    The same in training and inference. Source: "Tanh" in docs/equations.md.

    Examples
    --------
    >>> tanh([-1000.0, 0.0, 1000.0]).tolist()
    [-1.0, 0.0, 1.0]
    """
    with np.errstate(under="ignore"):  # the smallest numbers stay what they are
        return np.asarray(np.tanh(np.asarray(z, dtype=np.float64)))


def tanh_backward(da: ArrayLike, a: ArrayLike) -> NDArray[np.float64]:
    """Return ``dz = da * (1 - a**2)``, the derivative written with the output.

    Parameters
    ----------
    da : array_like of any shape
        Gradient of the loss with respect to the output ``a``.
    a : array_like of the same shape
        The OUTPUT of the forward pass, ``tanh(z)``.

    Returns
    -------
    dz : ndarray of the same shape, float64

    Notes
    -----
    Training only. Source: "Tanh" in docs/equations.md.

    Examples
    --------
    >>> tanh_backward([4.0, 4.0], [0.5, -1.0]).tolist()
    [3.0, 0.0]
    """
    a = np.asarray(a, dtype=np.float64)
    with np.errstate(under="ignore"):  # the square of a tiny number is 0
        return np.asarray(np.asarray(da, dtype=np.float64) * (1.0 - a * a))


RULES = Rules(
    forward=lambda layer, z: tanh(z),
    backward=lambda layer, da, inputs, a: (tanh_backward(da, a),),
)
