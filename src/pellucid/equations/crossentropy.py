"""Cross-entropy: how surprising the true label is, given the probabilities.

With label smoothing ``s`` a part of the label is shared out among all classes:
``target[n, k] = (1 - s) label[n, k] + s / classes``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations.rules import LossRules
from pellucid.equations.softmax import softmax
from pellucid.errors import DataError
from pellucid.network.loss.crossentropy import EPS

__all__ = ["RULES", "cross_entropy", "cross_entropy_backward", "one_hot"]


def one_hot(labels: ArrayLike, classes: int) -> NDArray[np.float64]:
    """Return ``label[n, k] = 1 where k = labels[n], else 0``.

    Parameters
    ----------
    labels : array_like of shape (n,), int
        Class indices, 0 to classes - 1.
    classes : int
        How many classes.

    Returns
    -------
    ndarray of shape (n, classes), float64

    Raises
    ------
    DataError
        Labels that are not whole numbers from 0 to classes - 1.

    Notes
    -----
    The same in training and evaluation. Source: "Cross-entropy" in docs/equations.md, where it is
    called ``label``.

    Examples
    --------
    >>> one_hot([2, 0], 3).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    labels = np.asarray(labels)
    if labels.ndim != 1 or (labels.size and labels.dtype.kind not in "iu"):
        raise DataError(
            f"Labels are an array of shape {labels.shape} and type {labels.dtype}; they must be "
            "one class index an image, whole numbers in shape (n,)."
        )
    wrong = labels[(labels < 0) | (labels >= classes)]
    if wrong.size:
        raise DataError(
            f"Label {wrong[0]} is out of range; with {classes} classes, labels go from 0 to "
            f"{classes - 1}."
        )
    return np.asarray(labels[:, None] == np.arange(classes), dtype=np.float64)


def cross_entropy(
    probs: ArrayLike,
    labels: ArrayLike,
    eps: float = 1e-10,
    weights: ArrayLike | None = None,
    label_smoothing: float = 0.0,
) -> NDArray[np.float64]:
    """Return the loss of each image.

    ``loss[n] = weights[n] * -sum_k target[n, k] * log(max(eps, min(probs[n, k], 1 - eps)))``

    Parameters
    ----------
    probs : array_like of shape (n, classes)
        Probabilities, from :func:`~pellucid.equations.softmax.softmax`.
    labels : array_like of shape (n,), int
        True class indices.
    eps : float, default 1e-10
        Keeps the logarithm from 0.
    weights : array_like of shape (n,) or None, default None
        How much each image counts; None counts each once.
    label_smoothing : float, default 0.0
        What is taken from the label and shared out among all classes.

    Returns
    -------
    ndarray of shape (n,), float64
        In nats. ``log(classes)`` is the loss of a network that knows nothing.

    Raises
    ------
    DataError
        Labels that are not whole numbers from 0 to classes - 1.

    Notes
    -----
    The same in training and evaluation; a prediction has no loss. Source: "Cross-entropy" in
    docs/equations.md.

    Examples
    --------
    >>> [round(loss, 3) for loss in cross_entropy([[0.5, 0.5], [1.0, 0.0]], [0, 1]).tolist()]
    [0.693, 23.026]
    """
    probs = np.asarray(probs, dtype=np.float64)
    target = _smoothed(one_hot(labels, probs.shape[1]), label_smoothing)
    clipped = np.clip(probs, eps, 1.0 - eps)
    losses: NDArray[np.float64] = -(target * np.log(clipped)).sum(axis=1)
    return losses if weights is None else losses * np.asarray(weights, dtype=np.float64)


def cross_entropy_backward(
    probs: ArrayLike,
    labels: ArrayLike,
    weights: ArrayLike | None = None,
    label_smoothing: float = 0.0,
) -> NDArray[np.float64]:
    """Return the gradient of the scores, through cross-entropy and softmax at once.

    ``dout[n, k] = weights[n] * (probs[n, k] - target[n, k])``

    This is the derivative where clipping is inactive, that is where the classes with a target above
    0 have a probability between eps and 1 - eps. Outside, the clipped loss is flat, but the same
    gradient is used: an image that the network is wrong about must still teach it.

    Parameters
    ----------
    probs : array_like of shape (n, classes)
        Probabilities, from :func:`~pellucid.equations.softmax.softmax`.
    labels : array_like of shape (n,), int
        True class indices.
    weights : array_like of shape (n,) or None, default None
        As given to :func:`cross_entropy`.
    label_smoothing : float, default 0.0
        As given to :func:`cross_entropy`.

    Returns
    -------
    dout : ndarray of shape (n, classes), float64
        One row an image, not yet summed over the batch.

    Raises
    ------
    DataError
        Labels that are not whole numbers from 0 to classes - 1.

    Notes
    -----
    Training only. Source: the founding document's step 1 of backpropagation, listed in
    docs/equations.md.

    Examples
    --------
    >>> cross_entropy_backward([[0.25, 0.75]], [1]).tolist()
    [[0.25, -0.25]]
    """
    probs = np.asarray(probs, dtype=np.float64)
    dout = probs - _smoothed(one_hot(labels, probs.shape[1]), label_smoothing)
    return dout if weights is None else dout * np.asarray(weights, dtype=np.float64)[:, None]


def _smoothed(label: NDArray[np.float64], label_smoothing: float) -> NDArray[np.float64]:
    return np.asarray((1.0 - label_smoothing) * label + label_smoothing / label.shape[1])


RULES = LossRules(
    outputs=lambda loss, logits: softmax(logits),
    loss=lambda loss, logits, labels, weights: cross_entropy(
        softmax(logits), labels, EPS, weights, loss.label_smoothing
    ),
    backward=lambda loss, logits, labels, weights: cross_entropy_backward(
        softmax(logits), labels, weights, loss.label_smoothing
    ),
)
