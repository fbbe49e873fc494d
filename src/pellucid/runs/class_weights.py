"""What an image of each class counts, as somebody says it in a few words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import Argument, ConfigurationError, did_you_mean
from pellucid.estimators.classes import class_factors

__all__ = ["check_class_weight", "sample_weights"]


def check_class_weight(text: str | None) -> None:
    """Refuse what says no weights, whatever the classes are.

    Raises
    ------
    ConfigurationError
        The message says what is wrong with it.
    """
    if text is not None and text != "balanced":
        _named(text)


def sample_weights(
    text: str | None, labels: NDArray[np.int64], classes: Sequence[str]
) -> NDArray[np.float64] | None:
    """Return what each image counts; None where all count alike.

    Balanced, each class counts as much as any other: an image of a class of ``k`` counts
    ``n / (c k)``, for ``n`` images of ``c`` classes. By name, a class that is not named counts 1.

    Parameters
    ----------
    text : str or None
        ``"balanced"``, or ``"NAME=WEIGHT,..."``.
    labels : ndarray of shape (n,), int64
        The class of each image.
    classes : sequence of str
        Their names.

    Returns
    -------
    ndarray of shape (n,), float64, or None

    Raises
    ------
    ConfigurationError
        It says no weights, or names a class that there is not.

    Examples
    --------
    >>> labels = np.array([0, 0, 0, 1])
    >>> sample_weights("balanced", labels, ["cat", "dog"]).tolist()
    [0.6666666666666666, 0.6666666666666666, 0.6666666666666666, 2.0]
    >>> sample_weights("dog=3", labels, ["cat", "dog"]).tolist()
    [1.0, 1.0, 1.0, 3.0]
    """
    if text is None:
        return None
    wanted = text if text == "balanced" else _named(text)
    for name in () if isinstance(wanted, str) else wanted:
        if name not in classes:
            raise ConfigurationError(
                Argument("class_weight"), f" names the class {name!r}, which the data does not "
                f"have.{did_you_mean(name, classes)}",
            )  # fmt: skip
    each = np.ones(len(labels))
    counted: NDArray[np.float64] = class_factors(wanted, np.array(list(classes)), labels, each)[
        labels
    ]
    if not counted.any():
        raise ConfigurationError(
            Argument("class_weight"), f" is {text!r}, by which no training image counts."
        )
    return counted


def _named(text: str) -> dict[str, float]:
    """Return the weights by the names of their classes."""
    found: dict[str, float] = {}
    for part in text.split(","):
        name, equals, number = part.rpartition("=")
        try:
            weight = float(number)
        except ValueError:
            weight = math.nan
        if not equals or not name.strip() or not 0 <= weight < 1e6:
            raise ConfigurationError(
                Argument("class_weight"), f" is {text!r}; it must be balanced, or classes with "
                "numbers from 0 to 1,000,000, as in cat=2,dog=0.5.",
            )  # fmt: skip
        found[name.strip()] = weight
    return found
