"""The split that is made where a source has none: stratified, seeded, the same every time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import share
from pellucid.errors import DataError

__all__ = ["stratified_split"]


def stratified_split(
    labels: NDArray[np.generic], test_share: float = 0.2, seed: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places of the training and of the test images, each in ascending order.

    Of the n images of a class, ``round(test_share * n)`` are drawn for the test, at least one where
    n is 2 or more and never all. Each class has a random generator of its own, PCG64 seeded with
    (seed, number of the class in order). scikit-learn's
    ``train_test_split`` would draw others, and what earlier runs were trained on must stay.

    Parameters
    ----------
    labels : ndarray of shape (n,)
        What the classes are told by.
    test_share : float, default 0.2
        Between 0 and 1, both excluded.
    seed : int, default 0
        What the draw depends on.

    Raises
    ------
    ConfigurationError
        A share that is not between 0 and 1.
    DataError
        No class has two images.

    Examples
    --------
    >>> labels = np.repeat([0, 1], [10, 20])
    >>> train, test = stratified_split(labels)
    >>> labels[test].tolist(), len(train)
    ([0, 0, 1, 1, 1, 1], 24)
    """
    share("test_share", test_share, ", such as 0.2")
    chosen = np.zeros(len(labels), bool)
    _, numbers = np.unique(labels, return_inverse=True)
    order = np.argsort(numbers, kind="stable")
    ends = np.cumsum(np.bincount(numbers)) if len(labels) else np.zeros(0, np.int64)
    start = 0
    for number, end in enumerate(ends.tolist()):
        places = order[start:end]
        count = min(max(1, round(test_share * len(places))), len(places) - 1)
        chosen[np.random.default_rng([seed, number]).permutation(places)[:count]] = True
        start = end
    if not chosen.any():
        raise DataError(
            "No class has two images, so none can be kept for the test; add images, or give "
            "training and test images of their own."
        )
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)
