"""Add: the sum of two values, where two ways through a network meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations.rules import Rules

__all__ = ["RULES", "add", "add_backward"]


def add(a: ArrayLike, x: ArrayLike) -> NDArray[np.float64]:
    """Return ``z = a + x``, element by element.

    Parameters
    ----------
    a, x : array_like of one shape
        What two ways gave.

    Returns
    -------
    z : ndarray of that shape, float64

    Notes
    -----
    The same in training and inference. Source: "Residual" in docs/equations.md.

    Examples
    --------
    >>> add([1.0, 2.0], [0.5, -2.0]).tolist()
    [1.5, 0.0]
    """
    return np.asarray(a, dtype=np.float64) + np.asarray(x, dtype=np.float64)


def add_backward(dz: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``da = dz`` and ``dx = dz``: a sum hands its gradient to both.

    Parameters
    ----------
    dz : array_like of any shape
        Gradient of the loss with respect to the output ``z``.

    Returns
    -------
    da, dx : ndarray of the same shape, float64

    Notes
    -----
    Training only. Source: "Residual" in docs/equations.md.

    Examples
    --------
    >>> [d.tolist() for d in add_backward([4.0, 5.0])]
    [[4.0, 5.0], [4.0, 5.0]]
    """
    dz = np.asarray(dz, dtype=np.float64)
    return dz, dz


RULES = Rules(
    forward=lambda layer, a, x: add(a, x),
    backward=lambda layer, dz, inputs, z: add_backward(dz),
)
