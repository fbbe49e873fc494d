"""ReLU: negative values become zero, positive ones stay."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations.rules import Rules

__all__ = ["RULES", "relu", "relu_backward"]


def relu(z: ArrayLike) -> NDArray[np.float64]:
    """Return ``a = max(0, z)``, element by element; NaN stays NaN.

    Parameters
    ----------
    z : array_like of any shape
        What the layer before gave.

    Returns
    -------
    a : ndarray of the same shape, float64

    Notes
    -----
    The same in training and inference. Source: "ReLU" in docs/equations.md.

    Examples
    --------
    >>> relu([-1.5, 0.0, 2.0]).tolist()
    [0.0, 0.0, 2.0]
    """
    return np.maximum(np.asarray(z, dtype=np.float64), 0.0)


def relu_backward(da: ArrayLike, z: ArrayLike) -> NDArray[np.float64]:
    """Pass the gradient where z was positive: ``dz = da where z > 0, else 0``.

    At z = 0, where ReLU has no derivative, 0 is taken.

    Parameters
    ----------
    da : array_like of any shape
        Gradient of the loss with respect to the output ``a``.
    z : array_like of the same shape
        The input of the forward pass. The output serves as well: ``a > 0`` where ``z > 0``.

    Returns
    -------
    dz : ndarray of the same shape, float64

    Notes
    -----
    Training only. Source: the second line of the founding document's steps 4 and 8 of
    backpropagation, listed in docs/equations.md. Its factor "ReLU(z)" is shorthand for this mask:
    the derivative of ``max(0, z)`` is 1 where z > 0, not z.

    Examples
    --------
    >>> relu_backward([5.0, 6.0, 7.0], [-1.5, 0.0, 2.0]).tolist()
    [0.0, 0.0, 7.0]
    """
    return np.where(np.asarray(z, dtype=np.float64) > 0.0, np.asarray(da, dtype=np.float64), 0.0)


RULES = Rules(
    forward=lambda layer, z: relu(z),
    backward=lambda layer, da, inputs, a: (relu_backward(da, inputs[0]),),
)
