"""What images are held to, as their network's loss takes it, and the score that goes with it.

Classes are int64, one an image. Every other loss takes float32 in columns, one for each output.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.images.checks import check_columns, check_labels
from pellucid.network.loss import TargetKind
from pellucid.network.network import Network

__all__ = ["Targets", "check_targets", "no_targets", "score_of", "taken"]

Targets = NDArray[np.int64] | NDArray[np.float32]


def check_targets(network: Network, targets: ArrayLike, length: int) -> Targets:
    """Return targets for so many images as the network's loss takes them.

    Raises
    ------
    DataError
        They can't be used; the message says what the loss takes.

    Examples
    --------
    >>> from pellucid import Dense, Flatten, MeanSquaredError
    >>> network = Network([Flatten(), Dense(1)], (2, 2), MeanSquaredError())
    >>> check_targets(network, [0.5, 2], 2).tolist()
    [[0.5], [2.0]]
    """
    if network.loss.targets == "classes":
        return check_labels(targets, network.classes, length)
    is_share = network.loss.targets == "labels"
    return check_columns(targets, network.classes, length, is_share=is_share)


def no_targets(network: Network, count: int) -> Targets:
    """Return targets for so many images of which none are known: class 0, or zeros."""
    if network.loss.targets == "classes":
        return np.zeros(count, dtype=np.int64)
    return np.zeros((count, network.classes), dtype=np.float32)


def taken(network: Network, targets: NDArray[Any]) -> Targets:
    """Return a section's targets as the loss's kernel reads them, copied only if they are not."""
    if network.loss.targets == "classes":
        return np.ascontiguousarray(targets, dtype=np.int64)
    # Kernels get an address, and believe that there is one for each output.
    assert targets.shape == (len(targets), network.classes), targets.shape
    return np.ascontiguousarray(targets, dtype=np.float32)


def score_of(kind: TargetKind, measures: Iterable[float], targets: NDArray[Any]) -> float:
    """Return the score of some images from what their sections measured, added up in their order.

    It is the share of images that are right, of several labels with all of them; of numbers ``R^2 =
    1 - sum (out - target)^2 / sum (target - mean)^2``, the part of the targets' variance that the
    outputs explain, summed over images and columns, with the mean of each column.

    Parameters
    ----------
    kind : str
        What the loss takes.
    measures : iterable of float
        See :class:`pellucid.execution.sections.SectionResult`.
    targets : ndarray of shape (n,) or (n, outputs)
        What all these images are held to.

    Examples
    --------
    >>> score_of("classes", [3.0, 2.0], np.zeros(10))
    0.5
    >>> score_of("numbers", [0.5], np.array([[0.0], [1.0], [2.0]]))
    0.75
    """
    total = sum(measures)
    if kind != "numbers":
        return total / max(1, len(targets))
    if not len(targets):
        return 0.0
    values = targets.astype(np.float64)
    with np.errstate(under="ignore"):
        variance = float(((values - values.mean(axis=0)) ** 2).sum())
    if variance == 0.0:  # as scikit-learn has it
        return 1.0 if total == 0.0 else 0.0
    return 1.0 - total / variance
