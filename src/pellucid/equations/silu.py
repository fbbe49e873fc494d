"""SiLU: a smooth ReLU."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations.rules import Rules
from pellucid.equations.sigmoid import sigmoid

__all__ = ["RULES", "silu", "silu_backward"]

_FAR = 1000.0
"""Beyond it the sigmoid is 0 or 1 in float64, whatever it is multiplied by."""


def silu(z: ArrayLike) -> NDArray[np.float64]:
    """Return ``a = z / (1 + exp(-z))``, element by element; NaN stays NaN.

    It is z times the sigmoid of z; far below 0 it is 0, also at minus infinity.

    Parameters
    ----------
    z : array_like of any shape
        What the layer before gave.

    Returns
    -------
    a : ndarray of the same shape, float64

    Notes
    -----
    The same in training and inference. Source: "SiLU" in docs/equations.md.

    Examples
    --------
    >>> silu([-1000.0, 0.0, 1000.0]).round(9).tolist()
    [-0.0, 0.0, 1000.0]
    """
    z = np.asarray(z, dtype=np.float64)
    with np.errstate(under="ignore"):  # at -1000 the sigmoid is 0 in float64: the right limit
        return np.asarray(np.maximum(z, -_FAR) * sigmoid(z))


def silu_backward(da: ArrayLike, z: ArrayLike) -> NDArray[np.float64]:
    """Return ``dz = da * s * (1 + z * (1 - s))`` with ``s = 1 / (1 + exp(-z))``.

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
    Training only. Source: "SiLU" in docs/equations.md.

    Examples
    --------
    >>> silu_backward([4.0, 4.0, 4.0], [-1000.0, 0.0, 1000.0]).tolist()
    [-0.0, 2.0, 4.0]
    """
    z = np.clip(np.asarray(z, dtype=np.float64), -_FAR, _FAR)
    with np.errstate(under="ignore"):
        s, rest = sigmoid(z), sigmoid(-z)
        return np.asarray(np.asarray(da, dtype=np.float64) * (s * (1.0 + z * rest)))


RULES = Rules(
    forward=lambda layer, z: silu(z),
    backward=lambda layer, da, inputs, a: (silu_backward(da, inputs[0]),),
)
