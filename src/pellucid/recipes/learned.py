"""Whether anything was learned, said aloud where it was not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["alike_within", "has_not_fallen", "is_chance", "not_learned"]

DEVIATIONS = 3.0
"""Standard deviations above the commonest class in which an accuracy may be chance."""

MOST_NAMED = 5

FALLEN = 0.98
"""What of its first value the loss must have fallen to, to have fallen."""


def not_learned(
    labels: NDArray[np.int64],
    predicted: NDArray[np.int64],
    classes: Sequence[str],
    losses: Sequence[float] = (),
    *,
    advice: str = "",
    images: str = "test images",
) -> list[str]:
    """Return what shows that little or nothing was learned, each in a sentence with what to try.

    Parameters
    ----------
    labels, predicted : ndarray of shape (n,), int64
        The classes of images that were not trained on, and what they were taken for.
    classes : sequence of str
        Their names.
    losses : sequence of float, optional
        Of every update or pass of the training.
    advice : str, optional
        What to try first; the rest is said in any case.
    images : str, default "test images"
        What the images are called.

    Returns
    -------
    list of str
        Empty where nothing speaks against it.

    Examples
    --------
    >>> labels = np.arange(100) % 2
    >>> not_learned(labels, labels, ["a", "b"])
    []
    >>> print(not_learned(labels, np.zeros(100, np.int64), ["a", "b"])[0])
    Nothing was learned: 50.0% of the test images are right, and always saying 'a' gives 50.0%.
    Train longer, with a lower learning rate, or look at whether the classes can be told apart.
    """
    found = []
    count = len(labels)
    sizes = np.bincount(labels, minlength=len(classes))
    common = int(np.argmax(sizes))
    share = sizes[common] / count
    accuracy = float(np.mean(labels == predicted))
    is_nothing = is_chance(accuracy, share, count)
    if is_nothing:
        what = "Nothing was" if accuracy <= share else "Hardly anything was"
        found.append(
            f"{what} learned: {accuracy:.1%} of the {images} are right, and always saying "
            f"{classes[common]!r} gives {share:.1%}. "
            f"{advice or 'Train longer, with a lower learning rate,'} or look at whether the "
            "classes can be told apart."
        )
    if has_not_fallen(losses):
        found.append(
            f"The loss did not fall: it was {losses[0]:.3g} at first and {_last(losses):.3g} at "
            "the end. Another learning rate may help, ten times smaller or larger."
        )
    never = [
        name
        for name, size, said in zip(
            classes, sizes, np.bincount(predicted, minlength=len(classes)), strict=True
        )
        if size and not said
    ]
    if never and not is_nothing:
        found.append(
            f"None of the {images} was taken for {_listed(never)}. Give more pictures of "
            f"{'them' if len(never) > 1 else 'it'}, or train longer."
        )
    return found


def alike_within(
    images: NDArray[Any], labels: NDArray[np.int64], classes: Sequence[str]
) -> list[str]:
    """Return a sentence that names the classes all of whose pictures are equal, if there are any.

    Examples
    --------
    >>> images = np.arange(4 * 64).reshape(4, 8, 8) * np.array([1, 1, 0, 0])[:, None, None]
    >>> alike_within(images, np.array([0, 0, 1, 1]), ["many", "one"])
    ["All pictures of 'one' are equal, so nothing but that picture can be learned of it."]
    """
    alike = []
    for label, name in enumerate(classes):
        places = np.flatnonzero(labels == label)
        if len(places) > 1 and all((images[place] == images[places[0]]).all() for place in places):
            alike.append(name)
    if not alike:
        return []
    what = "them" if len(alike) > 1 else "it"
    return [
        f"All pictures of {_listed(alike)} are equal, so nothing but that picture can be learned "
        f"of {what}."
    ]


def is_chance(accuracy: float, share: float, count: int) -> bool:
    """Return whether an accuracy on so many images may come of always saying one class.

    Parameters
    ----------
    accuracy : float
        What was reached.
    share : float
        What the commonest class makes up.
    count : int
        How many images were looked at.

    Examples
    --------
    >>> is_chance(0.13, 0.1, 100), is_chance(0.13, 0.1, 10_000)
    (True, False)
    """
    chance = share + DEVIATIONS * math.sqrt(share * (1 - share) / count)
    return accuracy <= min(chance, (1 + share) / 2)


def has_not_fallen(losses: Sequence[float]) -> bool:
    """Return whether a loss ends about where it began, or above.

    Examples
    --------
    >>> has_not_fallen([2.3, 2.31, 2.3]), has_not_fallen([2.3, 1.0]), has_not_fallen([2.3])
    (True, False, False)
    """
    return len(losses) >= 2 and not _last(losses) < FALLEN * losses[0]


def _last(losses: Sequence[float]) -> float:
    """Return the mean of the last tenth."""
    return math.fsum(losses[-max(1, len(losses) // 10) :]) / max(1, len(losses) // 10)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:MOST_NAMED]))
    return shown if len(names) <= MOST_NAMED else f"{shown} and {len(names) - MOST_NAMED} more"
