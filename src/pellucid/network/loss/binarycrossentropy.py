"""Binary cross-entropy: its description.

:mod:`pellucid.equations.binarycrossentropy` has its equations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pellucid.network.loss.loss import ColumnLoss, TargetKind

__all__ = ["BinaryCrossEntropy"]


@dataclass(frozen=True)
class BinaryCrossEntropy(ColumnLoss):
    """How surprising the labels of an image are, of which it may have none, some or all.

    ``probs = sigmoid(logits)``, ``loss = -mean_k(target[k] log(probs[k]) + (1 - target[k]) log(1 -
    probs[k]))``, in nats a label, computed from the logits so that it is always finite. Each label
    is a question of its own: the probabilities need not add up to 1. It takes one logit a label, a
    single one too, and targets of shape (n, labels): 1 for a label that an image has, 0 for one
    that it has not, or a probability. The same in training and evaluation; backward, in training,
    ``dout = (probs - target) / labels``. What is counted as right is an image all of whose labels
    are: each probability on the target's side of 0.5.

    Notes
    -----
    Source: "Binary cross-entropy" in docs/equations.md;
    :mod:`pellucid.equations.binarycrossentropy`.

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import Dense, Flatten, Network, evaluate
    >>> network = Network([Flatten(), Dense(3)], (2, 2), BinaryCrossEntropy())
    >>> images, labels = np.zeros((2, 2, 2), np.uint8), [[0, 1, 1], [0, 0, 0]]
    >>> found = evaluate(network, np.zeros(network.size), images, labels)
    >>> found.probabilities[0].tolist(), round(found.loss, 4), found.accuracy
    ([0.5, 0.5, 0.5], 0.6931, 0.5)
    """

    targets: ClassVar[TargetKind] = "labels"
