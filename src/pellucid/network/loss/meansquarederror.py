"""Mean squared error: its description.

:mod:`pellucid.equations.meansquarederror` has its equations.
"""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.network.loss.loss import ColumnLoss

__all__ = ["MeanSquaredError"]


@dataclass(frozen=True)
class MeanSquaredError(ColumnLoss):
    """How far the outputs are from numbers, squared: an output that is far off counts most.

    ``loss = mean_k (out[k] - target[k])^2``, in the square of the target's units. It takes one
    output a number, a single one too, and targets of shape (n, outputs), any finite numbers; they
    are learned best where they spread by about 1, so scale them. The same in training and
    evaluation; backward, in training, ``dout = 2 (out - target) / outputs``. The network learns the
    mean of what is possible.

    Notes
    -----
    Source: "Mean squared error" in docs/equations.md; :mod:`pellucid.equations.meansquarederror`.

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import Dense, Flatten, Network, evaluate
    >>> network = Network([Flatten(), Dense(2)], (2, 2), MeanSquaredError())
    >>> images, targets = np.zeros((2, 2, 2), np.uint8), [[0.0, 3.0], [1.0, 0.0]]
    >>> evaluate(network, np.zeros(network.size), images, targets).loss
    2.5
    """
