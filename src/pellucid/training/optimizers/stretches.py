"""Which parameters are weights, and decay: stretches of the flat vector, each of one kind."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.network.network import Network

__all__ = ["Stretches", "stretches_of"]


@dataclass(frozen=True, eq=False)
class Stretches:
    """The vector of parameters in stretches, each of weights or of others.

    Attributes
    ----------
    ends : ndarray of shape (k,), int64
        Where each ends; it begins where the one before it ends.
    are_weights : ndarray of shape (k,), bool
        Whether they are of arrays of two dimensions or more: filters and weights, no biases, and no
        factors or offsets of norms.
    """

    ends: NDArray[np.int64]
    are_weights: NDArray[np.bool_]

    def values(self, weights: float, others: float) -> NDArray[np.float64]:
        """Return a number for each stretch.

        Examples
        --------
        >>> Stretches(np.array([4, 6]), np.array([True, False])).values(0.5, 0).tolist()
        [0.5, 0.0]
        """
        return np.where(self.are_weights, weights, others).astype(np.float64)


@functools.lru_cache(maxsize=64)
def stretches_of(network: Network) -> Stretches:
    """Return the stretches of a network's parameters.

    Examples
    --------
    >>> from pellucid import Dense, Flatten
    >>> found = stretches_of(Network([Flatten(), Dense(3)], (2, 2)))
    >>> found.ends.tolist(), found.are_weights.tolist()
    ([12, 15], [True, False])
    """
    ends: list[int] = []
    kinds: list[bool] = []
    for parameter in network.parameters:
        if not parameter.is_trained:
            continue  # statistics, which take no step
        end, is_weight = parameter.offset + parameter.size, len(parameter.shape) > 1
        if kinds and kinds[-1] == is_weight:
            ends[-1] = end
        else:
            ends.append(end)
            kinds.append(is_weight)
    return Stretches(np.array(ends, dtype=np.int64), np.array(kinds, dtype=np.bool_))
