"""GELU: a value times the share of a normal distribution below it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfc

from pellucid.equations.rules import Rules

__all__ = ["RULES", "gelu", "gelu_backward"]

_FAR = 100.0
"""Beyond it the share is 0 or 1 in float64, whatever it is multiplied by."""


def gelu(z: ArrayLike) -> NDArray[np.float64]:
    """Return ``a = z * P(z)``, element by element; NaN stays NaN.

    ``P(z) = erfc(-z / sqrt(2)) / 2``: the share of a normal distribution that lies below z.

    Parameters
    ----------
    z : array_like of any shape
        What the layer before gave.

    Returns
    -------
    a : ndarray of the same shape, float64

    Notes
    -----
    The same in training and inference. Source: "GELU" in docs/equations.md.

    Examples
    --------
    >>> gelu([-100.0, 0.0, 1.0, 100.0]).round(6).tolist()
    [-0.0, 0.0, 0.841345, 100.0]
    """
    z = np.asarray(z, dtype=np.float64)
    with np.errstate(under="ignore"):  # at -100 the share is 0 in float64: the right limit
        return np.asarray(np.maximum(z, -_FAR) * _below(z))


def gelu_backward(da: ArrayLike, z: ArrayLike) -> NDArray[np.float64]:
    """Return ``dz = da * (P(z) + z * p(z))`` with ``p(z) = exp(-z**2 / 2) / sqrt(2 * pi)``.

    Parameters
    ----------
    da : array_like of any shape
        Gradient of the loss with respect to the output ``a``.
    z : array_like of the same shape
        The INPUT of the forward pass.

    Returns
    -------
    dz : ndarray of the same shape, float64

    Notes
    -----
    Training only. Source: "GELU" in docs/equations.md.

    Examples
    --------
    >>> gelu_backward([4.0, 4.0, 4.0], [-100.0, 0.0, 100.0]).tolist()
    [0.0, 2.0, 4.0]
    """
    z = np.clip(np.asarray(z, dtype=np.float64), -_FAR, _FAR)
    with np.errstate(under="ignore"):
        density = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
        return np.asarray(np.asarray(da, dtype=np.float64) * (_below(z) + z * density))


def _below(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of a normal distribution that lies below z."""
    return np.asarray(0.5 * erfc(-z / np.sqrt(2.0)))


RULES = Rules(
    forward=lambda layer, z: gelu(z),
    backward=lambda layer, da, inputs, a: (gelu_backward(da, inputs[0]),),
)
