"""Mean squared error: how far outputs are from numbers, squared."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations._columns import both, mean_loss, spread
from pellucid.equations.rules import LossRules

__all__ = ["RULES", "mean_squared_error", "mean_squared_error_backward"]


def mean_squared_error(
    outputs: ArrayLike, targets: ArrayLike, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return the loss of each image.

    ``loss[n] = weights[n] * mean_k (out[n, k] - target[n, k])^2``

    Parameters
    ----------
    outputs : array_like of shape (n, outputs)
        What the last layer gave.
    targets : array_like of shape (n, outputs)
        What each is held to.
    weights : array_like of shape (n,) or None, default None
        How much each image counts; None counts each once.

    Returns
    -------
    ndarray of shape (n,), float64
        In the square of the targets' units.

    Raises
    ------
    DataError
        Not one target for each output.

    Notes
    -----
    The same in training and evaluation; a prediction has no loss. Source: "Mean squared error" in
    docs/equations.md.

    Examples
    --------
    >>> mean_squared_error([[1.0, 2.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]).tolist()
    [2.0, 0.5]
    """
    out, target = both(outputs, targets)
    with np.errstate(under="ignore"):
        return mean_loss((out - target) ** 2, weights)


def mean_squared_error_backward(
    outputs: ArrayLike, targets: ArrayLike, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return the gradient of the outputs.

    ``dout[n, k] = weights[n] * 2 (out[n, k] - target[n, k]) / outputs``

    Parameters
    ----------
    outputs, targets, weights : array_like
        As given to :func:`mean_squared_error`.

    Returns
    -------
    dout : ndarray of shape (n, outputs), float64
        One row an image, not yet summed over the batch.

    Raises
    ------
    DataError
        Not one target for each output.

    Notes
    -----
    Training only. Source: "Mean squared error" in docs/equations.md.

    Examples
    --------
    >>> mean_squared_error_backward([[1.0, 2.0]], [[1.0, 0.0]]).tolist()
    [[0.0, 2.0]]
    """
    out, target = both(outputs, targets)
    return spread(2.0 * (out - target), weights)


RULES = LossRules(
    outputs=lambda loss, logits: logits,
    loss=lambda loss, logits, targets, weights: mean_squared_error(logits, targets, weights),
    backward=lambda loss, logits, targets, weights: mean_squared_error_backward(
        logits, targets, weights
    ),
)
