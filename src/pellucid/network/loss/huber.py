"""Huber's loss: its description.

:mod:`pellucid.equations.huber` has its equations.
"""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.network.layers.settings import positive_number, set_field
from pellucid.network.loss.loss import ColumnLoss

__all__ = ["Huber"]


@dataclass(frozen=True)
class Huber(ColumnLoss):
    """How far the outputs are from numbers, squared where they are near and not where far off.

    ``loss = mean_k h(out[k] - target[k])`` with ``h(d) = d^2 / 2`` where ``|d| <= delta`` and
    ``delta (|d| - delta / 2)`` elsewhere: a few targets that are wrong do not spoil what is learned
    of the others. It takes one output a number, a single one too, and targets of shape (n,
    outputs), any finite numbers; they are learned best where they spread by about 1, so scale them.
    The same in training and evaluation; backward, in training, ``dout = max(-delta, min(out -
    target, delta)) / outputs``.

    Parameters
    ----------
    delta : float, default 1.0
        The distance from which on it grows by itself, not by its square; in the target's units.

    Raises
    ------
    NetworkError
        A delta that is no finite number above 0.

    Notes
    -----
    Source: "Huber's loss" in docs/equations.md; :mod:`pellucid.equations.huber`. P. J. Huber,
    "Robust Estimation of a Location Parameter", 1964.

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import Dense, Flatten, Network, evaluate
    >>> network = Network([Flatten(), Dense(2)], (2, 2), Huber())
    >>> images, targets = np.zeros((2, 2, 2), np.uint8), [[0.0, 3.0], [1.0, 0.0]]
    >>> evaluate(network, np.zeros(network.size), images, targets).loss
    0.75
    """

    delta: float = 1.0

    def __post_init__(self) -> None:
        set_field(self, "delta", positive_number(self, "delta", self.delta))

    @property
    def setting(self) -> float:
        """Where the square ends."""
        return self.delta
