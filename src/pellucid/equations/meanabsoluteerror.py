"""Mean absolute error: how far outputs are from numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations._columns import both, mean_loss, spread
from pellucid.equations.rules import LossRules

__all__ = ["RULES", "mean_absolute_error", "mean_absolute_error_backward"]


def mean_absolute_error(
    outputs: ArrayLike, targets: ArrayLike, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return the loss of each image.

    ``loss[n] = weights[n] * mean_k |out[n, k] - target[n, k]|``

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
        In the targets' units.

    Raises
    ------
    DataError
        Not one target for each output.

    Notes
    -----
    The same in training and evaluation; a prediction has no loss. Source: "Mean absolute error" in
    docs/equations.md.

    Examples
    --------
    >>> mean_absolute_error([[1.0, 2.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]).tolist()
    [1.0, 0.5]
    """
    out, target = both(outputs, targets)
    return mean_loss(np.abs(out - target), weights)


def mean_absolute_error_backward(
    outputs: ArrayLike, targets: ArrayLike, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return the gradient of the outputs.

    ``dout[n, k] = weights[n] * sign(out[n, k] - target[n, k]) / outputs``, 0 where both are equal

    Parameters
    ----------
    outputs, targets, weights : array_like
        As given to :func:`mean_absolute_error`.

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
    Training only. Source: "Mean absolute error" in docs/equations.md.

    Examples
    --------
    >>> mean_absolute_error_backward([[1.0, 2.0]], [[1.0, 0.0]]).tolist()
    [[0.0, 0.5]]
    """
    out, target = both(outputs, targets)
    return spread(np.sign(out - target), weights)


RULES = LossRules(
    outputs=lambda loss, logits: logits,
    loss=lambda loss, logits, targets, weights: mean_absolute_error(logits, targets, weights),
    backward=lambda loss, logits, targets, weights: mean_absolute_error_backward(
        logits, targets, weights
    ),
)
