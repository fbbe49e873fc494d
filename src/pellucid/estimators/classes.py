"""Classes as scikit-learn users name and weight them, as indices and numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import warn
from pellucid.errors import ConfigurationError, DataError

__all__ = [
    "at_least_two",
    "check_class_weight",
    "check_indicator",
    "check_targets",
    "class_factors",
    "class_indices",
    "class_weighted",
    "classes_of_stream",
    "label_weighted",
    "labels_of_stream",
    "named_classes",
    "width_of",
]


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
    names = np.asarray(classes)
    if names.ndim != 1:
        raise DataError(
            f"classes is {classes!r:.80}; it must be a list of all classes that will come, for "
            "example [0, 1, 2]."
        )
    if len({isinstance(name, str) for name in classes}) > 1:
        raise DataError(f"classes is {classes!r:.80}; it must be all text, or all numbers.")
    if any(name != name for name in names.tolist()):
        raise DataError(f"classes is {classes!r:.80}; NaN is no class, leave it out.")
    try:
        return np.asarray(np.unique(names))
    except TypeError as error:
        raise DataError(
            f"classes is {classes!r:.80}; it must be all text, or all numbers."
        ) from error


def classes_of_stream(classes: Any, known: NDArray[Any] | None) -> NDArray[Any]:
    """Return the classes of data that come in parts: those that the first call names.

    Raises
    ------
    DataError
        The first call names none, or a later one others.
    """
    if classes is None:
        if known is None:
            raise DataError("classes must be given on the first call of partial_fit.")
        return known
    named = named_classes(classes)
    if known is not None and named.tolist() != known.tolist():
        raise DataError(f"classes is {named.tolist()}, but the first call had {known.tolist()}.")
    return named


def labels_of_stream(classes: Any, labels: int) -> None:
    """Refuse ``classes`` that are not the places of so many labels; None will do.

    Raises
    ------
    DataError
        They are others.
    """
    if classes is not None and np.asarray(classes).tolist() != list(range(labels)):
        raise DataError(
            f"classes is {classes!r:.80}, but y has {labels} columns, a label each, which are "
            f"named by their places: leave classes out, or give range({labels})."
        )


def width_of(y: Any) -> int:
    """Return the columns of y; 1 where it has none."""
    if y is None or isinstance(y, str):
        return 1
    shape = y.shape if hasattr(y, "shape") else np.asarray(y, object).shape
    return int(shape[1]) if len(shape) == 2 else 1


def check_indicator(y: Any) -> None:
    """Refuse a matrix that does not say of each image which labels it has; warn if it is one-hot.

    Raises
    ------
    DataError
        It holds something else than 0 and 1.

    Examples
    --------
    >>> check_indicator([[0, 1, 1], [0, 0, 0]])
    """
    array = np.asarray(y)
    if array.dtype.kind not in "biuf" or not ((array == 0) | (array == 1)).all():
        raise DataError(
            f"y has shape {array.shape}, so each column is a label, which an image has (1) or not "
            "(0); but it holds other values. If each image is of one class, give these in shape "
            "(n,); if y holds numbers, use CNNRegressor."
        )
    if (array.sum(axis=1) == 1).all():
        warn(
            "Each row of y has a single 1. It is taken as several labels an image, each by itself; "
            "if y is one-hot, and an image is of one class, give y.argmax(axis=1)."
        )


def check_targets(y: Any) -> None:
    """Refuse targets that are often given, but are not one class for each image.

    Raises
    ------
    DataError
        They hold None or NaN, or mix text and numbers; the message names the fix.

    Examples
    --------
    >>> check_targets(["cat", 3, "dog"])
    Traceback (most recent call last):
    pellucid.errors.DataError: y mixes text and numbers: 'cat' at index 0, but 3 at index 1; give
    all classes as text, or all as numbers.
    """
    shape: tuple[int, ...] = () if y is None or hasattr(y, "tocsr") else np.asarray(y, object).shape
    if len(shape) != 1 or np.asarray(y).dtype.kind not in "OU":
        return
    names = np.asarray(y, object).tolist()
    missing = [place for place, name in enumerate(names) if name is None or name != name]
    if missing:
        raise DataError(
            f"y has no class at index {missing[0]} ({len(missing)} of {len(names)} are None or "
            "NaN); leave these images out."
        )
    kinds = [isinstance(name, str) for name in names]
    if len(set(kinds)) > 1:
        place = kinds.index(not kinds[0])
        raise DataError(
            f"y mixes text and numbers: {names[0]!r:.80} at index 0, but {names[place]!r:.80} at "
            f"index {place}; give all classes as text, or all as numbers."
        )


def at_least_two(classes: NDArray[Any]) -> NDArray[Any]:
    """Return the classes to tell apart; raise DataError if there is nothing to tell."""
    if len(classes) < 2:
        raise DataError(
            f"There is only one class, {classes.tolist()[0]!r}; a classifier needs at least two."
        )
    return classes


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
    unique, inverse = np.unique(targets, return_inverse=True)
    for name in unique.tolist():
        if name not in places:
            raise DataError(
                f"y holds the class {name!r}, but the classes are {classes.tolist()}; leave it "
                "out, or train anew with all classes."
            )
    return np.array([places[name] for name in unique.tolist()], dtype=np.int64)[inverse]


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


def class_weighted(
    wanted: Mapping[Any, float] | str | None,
    classes: NDArray[Any],
    labels: NDArray[np.int64],
    weights: NDArray[np.float64],
    largest: float,
) -> NDArray[np.float64]:
    """Return what each image counts: its own weight times its class's, at most ``largest``.

    Raises
    ------
    DataError
        No image counts.
    ConfigurationError
        A weight is too large, or a class is not known.

    Examples
    --------
    >>> labels, weights = np.array([0, 1, 1]), np.array([1.0, 2.0, 0.5])
    >>> class_weighted({"dog": 3}, np.array(["cat", "dog"]), labels, weights, 1e30)
    array([1. , 6. , 1.5])
    """
    factors = class_factors(wanted, classes, labels, weights)
    with np.errstate(over="ignore", under="ignore"):
        weighted = weights * factors[labels]
    return _usable(weighted, wanted, largest)


def label_weighted(
    wanted: Mapping[Any, float] | str | None,
    labels: NDArray[np.float32],
    weights: NDArray[np.float64],
    largest: float,
) -> NDArray[np.float64]:
    """Return what each image of several labels counts, at most ``largest``.

    ``"balanced"`` balances each label, those that have it against those that have it not, and
    multiplies what comes of it, as scikit-learn has it.

    Raises
    ------
    DataError
        No image counts.
    ConfigurationError
        A weight is too large, or ``wanted`` is a dict, whose classes there are not.

    Examples
    --------
    >>> labels = np.array([[0, 1], [0, 0], [0, 1], [1, 0]])
    >>> label_weighted("balanced", labels, np.ones(4), 1e30).round(3).tolist()
    [0.667, 0.667, 0.667, 2.0]
    """
    if isinstance(wanted, Mapping):
        raise ConfigurationError(
            f"class_weight is {wanted!r:.80}, which weighs images by their one class, but y has "
            "several labels an image; use 'balanced', or give fit a sample_weight."
        )
    weighted = weights
    with np.errstate(over="ignore", under="ignore"):
        for column in labels.T.astype(np.int64):
            weighted = weighted * class_factors(wanted, np.arange(2), column, weights)[column]
    return _usable(weighted, wanted, largest)


def _usable(weighted: NDArray[np.float64], wanted: Any, largest: float) -> NDArray[np.float64]:
    if not weighted.any():
        raise DataError(f"class_weight {wanted!r} leaves no image with a weight above 0.")
    if weighted.max() > largest:
        raise ConfigurationError(
            f"sample_weight and class_weight {wanted!r} make weights of up to "
            f"{weighted.max():g}; use smaller numbers, so that they are at most {largest:g}."
        )
    return np.asarray(weighted)
