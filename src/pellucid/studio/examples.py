"""Which test images a page holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["LOOKED_AT", "SHOWN", "chosen_examples"]

SHOWN = 100
"""Images that a page holds unless told otherwise."""

LOOKED_AT = 2000
"""Test images among which those of the page are chosen."""

MISTAKEN = 5
"""One of so many images of the page is a mistake, where there are that many."""


def chosen_examples(
    probabilities: NDArray[np.float32], labels: NDArray[np.int64], count: int
) -> NDArray[np.intp]:
    """Return which images to show: each class in turn, and at the end the surest mistakes.

    Examples
    --------
    >>> probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4], [0.1, 0.9]])
    >>> chosen_examples(probabilities, np.array([0, 0, 1, 1, 1]), 4).tolist()
    [0, 2, 1, 4]
    >>> chosen_examples(probabilities, np.array([0, 0, 1, 1, 1]), 5).tolist()
    [0, 2, 1, 4, 3]
    """
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    surest = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")]
    mistakes = surest[: count // MISTAKEN].tolist()
    right = np.flatnonzero(probabilities.argmax(axis=1) == labels)
    # The n-th image of each class comes before the next one of any.
    turns: dict[int, int] = {}
    order = []
    for place in right.tolist():
        label = int(labels[place])
        order.append((turns.get(label, 0), label, place))
        turns[label] = turns.get(label, 0) + 1
    found = [place for *_, place in sorted(order)]
    return np.array([*found[: max(0, count - len(mistakes))], *mistakes], dtype=np.intp)
