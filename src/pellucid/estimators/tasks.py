"""What a call is to learn of each image, in the form that a network's loss takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import DataError
from pellucid.estimators.classes import class_indices, class_weighted
from pellucid.network.loss import CrossEntropy, Huber, Loss, MeanAbsoluteError, MeanSquaredError

__all__ = ["LOSSES_OF_NUMBERS", "Scale", "Task", "Weigh", "numbers", "one_class"]

Weigh = Callable[[NDArray[Any], NDArray[np.float64], float], NDArray[np.float64]]
"""Takes targets, the weights that their images have, and the largest weight that can be used.

Returns what each image counts.
"""

LOSSES_OF_NUMBERS: dict[str, Loss] = {
    "squared_error": MeanSquaredError(),
    "absolute_error": MeanAbsoluteError(),
    "huber": Huber(),
}
"""The losses of a regressor, by scikit-learn's names."""

LARGEST_NUMBER = 1e100
"""What y may go up to, so that no square or sum of it overflows."""


@dataclass(frozen=True, eq=False)
class Task:
    """What a call is to learn.

    Attributes
    ----------
    loss : Loss
        What a network of a list of layers is held to; one of its own must be of the same kind.
    names : ndarray of shape (outputs,)
        What each output says: the classes, sorted.
    targets : ndarray of shape (n,) or (n, outputs)
        What each image is held to. Numbers are as they were given; a :class:`Scale` makes of them
        what the network takes.
    weigh : Weigh
        What each image counts.
    """

    loss: Loss
    names: NDArray[Any]
    targets: NDArray[Any]
    weigh: Weigh


def one_class(
    class_weight: Mapping[Any, float] | str | None, y: NDArray[Any], classes: NDArray[Any]
) -> Task:
    """Return the task of a class for each image."""
    weigh = partial(class_weighted, class_weight, classes)
    return Task(CrossEntropy(), classes, class_indices(y, classes), weigh)


def numbers(loss: Loss, y: NDArray[Any]) -> Task:
    """Return the task of a number for each image, or several.

    Raises
    ------
    DataError
        y holds no numbers, or larger ones than can be squared.
    """
    if y.dtype.kind not in "biuf":
        raise DataError(f"y has dtype {y.dtype}; a regressor learns numbers.")
    targets = y.astype(np.float64).reshape(len(y), -1) + 0.0  # of two zeros one
    largest = float(np.abs(targets).max())
    if largest > LARGEST_NUMBER:
        raise DataError(
            f"y goes up to {largest:g}; it must be at most {LARGEST_NUMBER:g}: divide it."
        )
    columns = targets.shape[1]
    names = ["y"] if columns == 1 else [f"y{column}" for column in range(columns)]
    return Task(loss, np.array(names), targets, _as_they_are)


def _as_they_are(
    targets: NDArray[Any], weights: NDArray[np.float64], largest: float
) -> NDArray[np.float64]:
    if weights.max() > largest:
        raise DataError(
            f"sample_weight goes up to {weights.max():g}; use smaller numbers, so that they are at "
            f"most {largest:g}."
        )
    return weights


@dataclass(frozen=True, eq=False)
class Scale:
    """How numbers become what a network learns: from a mean of 0, with a deviation of 1.

    ``scaled = (y - mean) / deviation``, column by column.

    Attributes
    ----------
    mean, deviation : ndarray of shape (outputs,), float64
        Of the targets of the training, weighted; the deviation is 1 where all are equal.

    Examples
    --------
    >>> scale = Scale.of(np.array([[1.0, 5.0], [3.0, 5.0]]), np.ones(2))
    >>> scale.scaled(np.array([[4.0, 6.0]])).tolist()
    [[2.0, 1.0]]
    >>> scale.unscaled(np.array([[2.0, 1.0]])).tolist()
    [[4.0, 6.0]]
    """

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    @classmethod
    def of(cls, targets: NDArray[np.float64], weights: NDArray[np.float64]) -> Scale:
        """Return the scale of targets; their order makes no difference to a bit."""
        with np.errstate(under="ignore"):
            shares = weights / weights.max()
            total = math.fsum(shares)
            mean = _sums(shares[:, None] * targets) / total
            variance = _sums(shares[:, None] * (targets - mean) ** 2) / total
            deviation = np.sqrt(variance)
            # What rounding leaves of equal numbers is no deviation.
            deviation[deviation <= 1e-12 * np.abs(targets).max(axis=0)] = 1.0
        return cls(mean, deviation)

    def scaled(self, targets: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return numbers as the network learns them."""
        with np.errstate(under="ignore"):
            return ((targets - self.mean) / self.deviation).astype(np.float32)

    def unscaled(self, outputs: NDArray[Any]) -> NDArray[np.float64]:
        """Return what a network gives as numbers."""
        return outputs.astype(np.float64) * self.deviation + self.mean


def _sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of each column, correctly rounded, so whatever the order."""
    return np.array([math.fsum(column) for column in values.T])
