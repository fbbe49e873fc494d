"""Huber's loss: the square of what is near, the distance of what is far off."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations._columns import both, mean_loss, spread
from pellucid.equations.rules import LossRules

__all__ = ["RULES", "huber", "huber_backward"]


def huber(
    outputs: ArrayLike, targets: ArrayLike, delta: float = 1.0, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return the loss of each image.

    ``loss[n] = weights[n] * mean_k h(out[n, k] - target[n, k])``, ``h(d) = d^2 / 2`` where ``|d| <=
    delta``, else ``delta (|d| - delta / 2)``

    Parameters
    ----------
    outputs : array_like of shape (n, outputs)
        What the last layer gave.
    targets : array_like of shape (n, outputs)
        What each is held to.
    delta : float, default 1.0
        The distance from which on the loss grows by itself, not by its square.
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
    The same in training and evaluation; a prediction has no loss. Source: "Huber's loss" in
    docs/equations.md.

    Examples
    --------
    >>> huber([[1.0, 2.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]).tolist()
    [0.75, 0.25]
    """
    out, target = both(outputs, targets)
    d = np.abs(out - target)
    with np.errstate(under="ignore"):
        each = np.where(d <= delta, 0.5 * d**2, delta * (d - 0.5 * delta))
    return mean_loss(each, weights)


def huber_backward(
    outputs: ArrayLike, targets: ArrayLike, delta: float = 1.0, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return the gradient of the outputs.

    ``dout[n, k] = weights[n] * max(-delta, min(out[n, k] - target[n, k], delta)) / outputs``

    Parameters
    ----------
    outputs, targets, delta, weights : array_like
        As given to :func:`huber`.

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
    Training only. Source: "Huber's loss" in docs/equations.md.

    Examples
    --------
    >>> huber_backward([[1.0, 2.0]], [[1.5, 0.0]]).tolist()
    [[-0.25, 0.5]]
    """
    out, target = both(outputs, targets)
    return spread(np.clip(out - target, -delta, delta), weights)


RULES = LossRules(
    outputs=lambda loss, logits: logits,
    loss=lambda loss, logits, targets, weights: huber(logits, targets, loss.delta, weights),
    backward=lambda loss, logits, targets, weights: huber_backward(
        logits, targets, loss.delta, weights
    ),
)
