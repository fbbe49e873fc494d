"""Softmax: scores become probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["softmax"]


def softmax(logits: ArrayLike) -> NDArray[np.float64]:
    """Return the probability of each class from the network's scores.

    ``probs[n, k] = exp(out[n, k] - m[n]) / sum_l exp(out[n, l] - m[n])``

    Here m[n] is the largest score of image n. Subtracting it changes nothing in the fraction and
    keeps exp from overflowing.

    The backward of softmax and cross-entropy together is
    :func:`~pellucid.equations.crossentropy.cross_entropy_backward`.

    Parameters
    ----------
    logits : array_like of shape (n, classes)
        The last layer's output, ``out`` in the equations.

    Returns
    -------
    probs : ndarray of shape (n, classes), float64
        Between 0 and 1; each row sums to 1.

    Notes
    -----
    The same in training and inference. Source: "Softmax" in docs/equations.md.

    Examples
    --------
    >>> softmax([[0.0, 0.0], [1000.0, 0.0]]).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    logits = np.asarray(logits, dtype=np.float64)
    with np.errstate(under="ignore"):  # a class far below the best has probability 0 in float64
        e = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return np.asarray(e / e.sum(axis=-1, keepdims=True))
