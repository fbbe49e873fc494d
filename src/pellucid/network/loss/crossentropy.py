"""Cross-entropy: its description; :mod:`pellucid.equations.crossentropy` has its equations."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.errors import NetworkError
from pellucid.network.layers import Shape
from pellucid.network.loss.loss import Loss

__all__ = ["EPS", "CrossEntropy"]

EPS = 1e-10
"""The label's probability is held in [EPS, 1 - EPS] before its logarithm is taken."""


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """How surprising the true class is, given the network's probabilities.

    ``probs = softmax(logits)``, ``loss = -log(max(eps, min(probs[label], 1 - eps)))``, in nats,
    with ``eps = 1e-10``. It takes one logit a class, two at least, and the class of each image as
    an index. The same in training and evaluation; backward, in training, ``dout = probs - onehot``.

    Notes
    -----
    Source: "Cross-entropy" and step 1 in docs/equations.md; :mod:`pellucid.equations.crossentropy`.

    Examples
    --------
    >>> CrossEntropy().check_outputs((10,))
    >>> CrossEntropy().check_outputs((5, 4, 4))
    Traceback (most recent call last):
    pellucid.errors.NetworkError: The network ends in shape (5, 4, 4), but must end in one score a
    class, at least two; end it with Flatten() and Dense(classes).
    """

    def check_outputs(self, shape: Shape) -> None:
        """See that there is one score a class, and two classes at least."""
        if len(shape) != 1 or shape[0] < 2:
            raise NetworkError(
                f"The network ends in shape {shape}, but must end in one score a class, at "
                "least two; end it with Flatten() and Dense(classes)."
            )
