"""Dense: every output is a weighted sum of every input."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations.rules import Rules

__all__ = ["RULES", "dense", "dense_backward"]


def dense(x: ArrayLike, w: ArrayLike, b: ArrayLike = 0.0) -> NDArray[np.float64]:
    """Return ``z = w x + b`` for each image.

    ``z[n, o] = b[o] + sum_i w[o, i] * x[n, i]``

    Parameters
    ----------
    x : array_like of shape (n, I)
        One row of features an image.
    w : array_like of shape (O, I)
        Weights.
    b : array_like of shape (O,), default 0.0
        Bias.

    Returns
    -------
    z : ndarray of shape (n, O), float64

    Notes
    -----
    The same in training and inference. Source: "Dense" in docs/equations.md.

    Examples
    --------
    >>> dense([[1, 2]], [[1, 0], [1, 1], [0, 3]], [0, 0, 10]).tolist()
    [[1.0, 3.0, 16.0]]
    """
    x, w, b = (np.asarray(value, dtype=np.float64) for value in (x, w, b))
    return np.asarray(x @ w.T + b)


def dense_backward(
    dz: ArrayLike, x: ArrayLike, w: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the gradients of the input, the weights and the bias.

    - ``dx[n, i] = sum_o w[o, i] * dz[n, o]``, for one image ``w^T dz``
    - ``dw[o, i] = sum_n dz[n, o] * x[n, i]``, for one image ``dz x^T``
    - ``db[o] = sum_n dz[n, o]``

    Parameters
    ----------
    dz : array_like of shape (n, O)
        Gradient of the loss with respect to the output.
    x : array_like of shape (n, I)
        The input of the forward pass.
    w : array_like of shape (O, I)
        The weights of the forward pass.

    Returns
    -------
    dx : ndarray of shape (n, I), float64
    dw : ndarray of shape (O, I), float64
        Summed over the batch.
    db : ndarray of shape (O,), float64
        Summed over the batch.

    Notes
    -----
    Training only. Source: the founding document's steps 2 (dw4), 3 (db4), 4 (dz, first line),
    5 (dw3), 6 (db3) and 7 (dFc) of backpropagation, listed in docs/equations.md.

    Examples
    --------
    >>> dx, dw, db = dense_backward([[1, 2, 3]], [[10, 20]], [[1, 0], [1, 1], [0, 3]])
    >>> dx.tolist(), dw.tolist(), db.tolist()
    ([[3.0, 11.0]], [[10.0, 20.0], [20.0, 40.0], [30.0, 60.0]], [1.0, 2.0, 3.0])
    """
    dz, x, w = (np.asarray(value, dtype=np.float64) for value in (dz, x, w))
    return dz @ w, dz.T @ x, dz.sum(axis=0)


RULES = Rules(
    forward=lambda layer, x, w, b=0.0: dense(x, w, b),
    backward=lambda layer, dz, inputs, z, w, *b: dense_backward(dz, inputs[0], w)[: 2 + len(b)],
)
