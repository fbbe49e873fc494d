"""Cross-entropy: its description; :mod:`pellucid.equations.crossentropy` has its equations."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.arguments import is_number
from pellucid.errors import NetworkError
from pellucid.network.layers import Shape
from pellucid.network.layers.settings import set_field
from pellucid.network.loss.loss import Loss

__all__ = ["EPS", "CrossEntropy"]

EPS = 1e-10
"""The label's probability is held in [EPS, 1 - EPS] before its logarithm is taken."""


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """How surprising the true class is, given the network's probabilities.

    ``probs = softmax(logits)``, ``loss = -sum_k target[k] log(max(eps, min(probs[k], 1 - eps)))``,
    in nats, with ``eps = 1e-10`` and ``target = (1 - s) onehot + s / classes``, s the label
    smoothing. It takes one logit a class, two at least, and the class of each image as an index.
    The same in training and evaluation; backward, in training, ``dout = probs - target``.

    Parameters
    ----------
    label_smoothing : float, default 0.0
        What is taken from the true class and shared out among all, from 0 to below 1: a network
        that need not be sure often does better on images it has not seen. The loss that is told
        is the smoothed one, which is never near 0.

    Raises
    ------
    NetworkError
        A label smoothing that can't be.

    Notes
    -----
    Source: "Cross-entropy" and step 1 in docs/equations.md; :mod:`pellucid.equations.crossentropy`.
    Label smoothing: C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna, "Rethinking the
    Inception Architecture for Computer Vision", 2015.

    Examples
    --------
    >>> CrossEntropy(label_smoothing=0.1).check_outputs((10,))
    >>> CrossEntropy().check_outputs((5, 4, 4))
    Traceback (most recent call last):
    pellucid.errors.NetworkError: The network ends in shape (5, 4, 4), but must end in one score a
    class, at least two; end it with Flatten() and Dense(classes).
    """

    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        value = self.label_smoothing
        if not is_number(value) or not 0 <= value < 1:
            raise NetworkError(
                f"CrossEntropy label_smoothing is {value!r}; it must be at least 0 and below 1, "
                "for example 0.1."
            )
        set_field(self, "label_smoothing", float(value))

    @property
    def setting(self) -> float:
        """The label smoothing."""
        return self.label_smoothing

    def check_outputs(self, shape: Shape) -> None:
        """See that there is one score a class, and two classes at least."""
        if len(shape) != 1 or shape[0] < 2:
            raise NetworkError(
                f"The network ends in shape {shape}, but must end in one score a class, at "
                "least two; end it with Flatten() and Dense(classes)."
            )
