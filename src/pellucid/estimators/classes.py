"""Classes as scikit-learn users name and weight them, as indices and numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ConfigurationError, DataError

__all__ = ["check_class_weight", "class_factors", "class_indices", "named_classes"]


def named_classes(classes: Any) -> NDArray[Any]:
    """Return the classes that somebody lists, sorted, each once.

    Raises
    ------
    DataError
        They are no list, of mixed types, NaN, or can't be sorted.

    Examples
    --------
    >>> named_classes(range(3))
    array([0, 1, 2])
    """
    found = np.asarray(classes)
    if found.ndim != 1:
        raise DataError(
            f"classes is {classes!r:.80}; it must be a list of all classes that will come, for "
            "example [0, 1, 2]."
        )
    if len({isinstance(name, str) for name in classes}) > 1:
        raise DataError(f"classes is {classes!r:.80}; it must be all text, or all numbers.")
    if any(name != name for name in found.tolist()):
        raise DataError(f"classes is {classes!r:.80}; NaN is no class, leave it out.")
    try:
        return np.asarray(np.unique(found))
    except TypeError as error:
        raise DataError(
            f"classes is {classes!r:.80}; it must be all text, or all numbers."
        ) from error


def class_indices(targets: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.int64]:
    """Return the place of each target in ``classes``.

    Raises
    ------
    DataError
        A target is none of the classes.

    Examples
    --------
    >>> class_indices(np.array(["b", "a", "b"]), np.array(["a", "b", "c"]))
    array([1, 0, 1])
    """
    places = {name: place for place, name in enumerate(classes.tolist())}
    found, inverse = np.unique(targets, return_inverse=True)
    for name in found.tolist():
        if name not in places:
            raise DataError(
                f"y holds the class {name!r}, but the classes are {classes.tolist()}; leave it "
                "out, or train anew with all classes."
            )
    return np.array([places[name] for name in found.tolist()], dtype=np.int64)[inverse]


def check_class_weight(wanted: Any) -> None:
    """Refuse a ``class_weight`` that can't be used; raise ConfigurationError."""
    if wanted is None or (isinstance(wanted, str) and wanted == "balanced"):
        return
    if not isinstance(wanted, Mapping):
        raise ConfigurationError(
            f"class_weight is {wanted!r}; it must be None, 'balanced', or a dict of classes and "
            "numbers."
        )
    for name, value in wanted.items():
        is_number = isinstance(value, int | float | np.number)
        if not is_number or not 0 <= value < math.inf:
            raise ConfigurationError(
                f"class_weight[{name!r}] is {value!r}; it must be a finite number of at least 0."
            )


def class_factors(
    wanted: Mapping[Any, float] | str | None,
    classes: NDArray[Any],
    labels: NDArray[np.int64],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return what an image of each class counts, to be multiplied with its own weight.

    ``"balanced"`` is ``sum(w) / (k * sum(w of the class))``, k the number of classes that occur,
    as scikit-learn has it.

    Raises
    ------
    ConfigurationError
        The dict names classes that there are not, and leaves out some that there are.

    Examples
    --------
    >>> labels, weights = np.array([0, 0, 0, 1]), np.ones(4)
    >>> class_factors("balanced", np.array(["cat", "dog"]), labels, weights)
    array([0.66666667, 2.        ])
    >>> class_factors({"dog": 5}, np.array(["cat", "dog"]), labels, weights)
    array([1., 5.])
    """
    if wanted is None:
        return np.ones(len(classes))
    if not isinstance(wanted, str):
        names = classes.tolist()
        unknown = [name for name in wanted if name not in names]
        if unknown and any(name not in wanted for name in names):
            raise ConfigurationError(
                f"class_weight names the class {unknown[0]!r}, but the classes are {names}."
            )
        return np.array([wanted.get(name, 1.0) for name in names], dtype=np.float64)
    sums = np.array([math.fsum(weights[labels == k]) for k in range(len(classes))])
    occurs = sums > 0
    factors = np.zeros(len(classes))
    factors[occurs] = math.fsum(sums) / (occurs.sum() * sums[occurs])
    return factors
