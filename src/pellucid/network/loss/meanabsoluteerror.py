"""Mean absolute error: its description.

:mod:`pellucid.equations.meanabsoluteerror` has its equations.
"""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.network.loss.loss import ColumnLoss

__all__ = ["MeanAbsoluteError"]


@dataclass(frozen=True)
class MeanAbsoluteError(ColumnLoss):
    """How far the outputs are from numbers; one that is far off counts no more than its distance.

    ``loss = mean_k |out[k] - target[k]|``, in the target's units. It takes one output a number, a
    single one too, and targets of shape (n, outputs), any finite numbers; they are learned best
    where they spread by about 1, so scale them. The same in training and evaluation; backward, in
    training, ``dout = sign(out - target) / outputs``, 0 where they are equal. The network learns
    the median of what is possible.

    Notes
    -----
    Source: "Mean absolute error" in docs/equations.md; :mod:`pellucid.equations.meanabsoluteerror`.

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import Dense, Flatten, Network, evaluate
    >>> network = Network([Flatten(), Dense(2)], (2, 2), MeanAbsoluteError())
    >>> images, targets = np.zeros((2, 2, 2), np.uint8), [[0.0, 3.0], [1.0, 0.0]]
    >>> evaluate(network, np.zeros(network.size), images, targets).loss
    1.0
    """
