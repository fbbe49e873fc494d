"""LeakyReLU: negative values become small, positive ones stay."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations.rules import Rules

__all__ = ["RULES", "leaky_relu", "leaky_relu_backward"]


def leaky_relu(z: ArrayLike, slope: float = 0.01) -> NDArray[np.float64]:
    """Return ``a = z where z > 0, else slope * z``, element by element; NaN stays NaN.

    Parameters
    ----------
    z : array_like of any shape
        What the layer before gave.
    slope : float, default 0.01
        Above 0 and below 1.

    Returns
    -------
    a : ndarray of the same shape, float64

    Notes
    -----
    The same in training and inference. Source: "LeakyReLU" in docs/equations.md.

    Examples
    --------
    >>> leaky_relu([-2.0, 0.0, 3.0], 0.5).tolist()
    [-1.0, 0.0, 3.0]
    """
    z = np.asarray(z, dtype=np.float64)
    return np.asarray(np.where(z > 0.0, z, slope * z))


def leaky_relu_backward(da: ArrayLike, z: ArrayLike, slope: float = 0.01) -> NDArray[np.float64]:
    """Return ``dz = da where z > 0, else slope * da``.

    Parameters
    ----------
    da : array_like of any shape
        Gradient of the loss with respect to the output ``a``.
    z : array_like of the same shape
        The input of the forward pass; or its output, which has the same sign.
    slope : float, default 0.01
        As given to :func:`leaky_relu`.

    Returns
    -------
    dz : ndarray of the same shape, float64

    Notes
    -----
    Training only. Source: "LeakyReLU" in docs/equations.md.

    Examples
    --------
    >>> leaky_relu_backward([4.0, 4.0], [-1.0, 2.0], 0.5).tolist()
    [2.0, 4.0]
    """
    da = np.asarray(da, dtype=np.float64)
    return np.asarray(np.where(np.asarray(z) > 0.0, da, slope * da))


RULES = Rules(
    forward=lambda layer, z: leaky_relu(z, layer.slope),
    backward=lambda layer, da, inputs, a: (leaky_relu_backward(da, inputs[0], layer.slope),),
)
