"""Binary cross-entropy: how surprising several labels are, each a question of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations._columns import both, mean_loss, spread
from pellucid.equations.rules import LossRules
from pellucid.equations.sigmoid import sigmoid

__all__ = ["RULES", "binary_cross_entropy", "binary_cross_entropy_backward"]


def binary_cross_entropy(
    logits: ArrayLike, targets: ArrayLike, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return the loss of each image.

    ``loss[n] = -weights[n] * mean_k(target[n, k] * log(p[n, k]) + (1 - target[n, k]) * log(1 - p[n,
    k]))``

    with ``p = sigmoid(out)``. It is computed from the logits, as ``max(out, 0) - out * target +
    log(1 + exp(-|out|))``, in which nothing can overflow and no logarithm is of 0.

    Parameters
    ----------
    logits : array_like of shape (n, outputs)
        What the last layer gave.
    targets : array_like of shape (n, outputs)
        1 where an image has a label, 0 where it has not, or a probability.
    weights : array_like of shape (n,) or None, default None
        How much each image counts; None counts each once.

    Returns
    -------
    ndarray of shape (n,), float64
        In nats a label.

    Raises
    ------
    DataError
        Not one target for each output.

    Notes
    -----
    The same in training and evaluation; a prediction has no loss. Source: "Binary cross-entropy" in
    docs/equations.md.

    Examples
    --------
    >>> binary_cross_entropy([[0.0, 0.0], [1000.0, 1000.0]], [[0, 1], [0, 1]]).round(4).tolist()
    [0.6931, 500.0]
    """
    out, target = both(logits, targets)
    with np.errstate(under="ignore"):  # exp(-1000) is 0 in float64, which is the right limit
        each = np.maximum(out, 0.0) - out * target + np.log1p(np.exp(-np.abs(out)))
    return mean_loss(each, weights)


def binary_cross_entropy_backward(
    logits: ArrayLike, targets: ArrayLike, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return the gradient of the logits.

    ``dout[n, k] = weights[n] * (sigmoid(out[n, k]) - target[n, k]) / labels``

    Parameters
    ----------
    logits, targets, weights : array_like
        As given to :func:`binary_cross_entropy`.

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
    Training only. Source: "Binary cross-entropy" in docs/equations.md.

    Examples
    --------
    >>> binary_cross_entropy_backward([[0.0, 1000.0]], [[0, 1]]).tolist()
    [[0.25, 0.0]]
    """
    out, target = both(logits, targets)
    return spread(sigmoid(out) - target, weights)


RULES = LossRules(
    outputs=lambda loss, logits: sigmoid(logits),
    loss=lambda loss, logits, targets, weights: binary_cross_entropy(logits, targets, weights),
    backward=lambda loss, logits, targets, weights: binary_cross_entropy_backward(
        logits, targets, weights
    ),
)
