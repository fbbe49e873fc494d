"""What a call was given, looked at by scikit-learn's checks before work starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, is_regressor
from sklearn.utils import get_tags
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from pellucid.arguments import check_weights, warn
from pellucid.errors import DataError
from pellucid.estimators.classes import check_indicator, check_targets, width_of
from pellucid.estimators.fitted import Fitted
from pellucid.estimators.rows import Images, fitting, on_scale, rows_of
from pellucid.images.axes import from_all_over
from pellucid.images.pixel_range import LOOKED_AT, another_scale
from pellucid.images.sameness import nothing_in_rows
from pellucid.network.layers import Shape

__all__ = ["LARGEST_SUM", "Given", "Labeled", "given_to_learn", "given_to_predict"]

LARGEST_SUM = 1e300
"""What weights may add up to, so that no sum of them overflows."""


@dataclass(frozen=True, eq=False)
class Given:
    """Images that a call was given.

    Attributes
    ----------
    samples : ndarray of shape (n, features)
        Rows of pixels.
    shape : tuple of int
        The shape of one sample, as it was given.
    """

    samples: NDArray[Any]
    shape: Shape

    def images(self, fitted: Fitted) -> Images:
        """Return the images as the network takes them."""
        return Images(self.samples, fitted.pixel_range, fitted.network.input_shape)

    def warn_if_unlike(self, fitted: Fitted) -> None:
        """Warn if the images don't look like those of the training, or show nothing."""
        nothing = nothing_in_rows(self.samples, is_any_told=True)
        if nothing is not None:
            warn(f"{nothing}, so what is said of them means nothing; look at how X was made.")
        difference = another_scale(self.samples, fitted.pixel_range)
        if difference is None and fitted.looks is not None:
            some = from_all_over(self.samples, LOOKED_AT)
            pictures = on_scale(some, fitted.pixel_range, fitted.network.input_shape)
            difference = fitted.looks.difference(pictures, fitted.pixel_range)
        if difference is not None:
            warn(difference)


@dataclass(frozen=True, eq=False)
class Labeled(Given):
    """Images to learn from.

    Attributes
    ----------
    targets : ndarray of shape (n,) or (n, columns)
        What is to be learned, as the user names it.
    weights : ndarray of shape (n,), float64
        What each image counts; at least one is above 0.
    feature_names : ndarray of str or None
        The columns of X, where it is a table with names and the estimator's first.
    """

    targets: NDArray[Any]
    weights: NDArray[np.float64]
    feature_names: NDArray[Any] | None

    @property
    def used(self) -> NDArray[Any]:
        """The samples that count, without a copy if all do."""
        return self.samples if self.weights.all() else self.samples[self.weights > 0]


def given_to_predict(estimator: Any, X: ArrayLike) -> Given:
    """Return checked images for a fitted estimator."""
    check_is_fitted(estimator)
    rows, shape = rows_of(X)
    rows, shape = fitting(rows, shape, estimator.network_.input_shape)
    return Given(_validated(estimator, rows, reset=False), shape)


def given_to_learn(
    estimator: Any,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None,
    *,
    is_new: bool,
) -> Labeled:
    """Return checked images to learn from, those of an estimator that begins or that goes on."""
    rows, shape = rows_of(X)
    if not is_new:
        rows, shape = fitting(rows, shape, estimator.network_.input_shape)
    of_numbers, y = is_regressor(estimator), y.toarray() if hasattr(y, "toarray") else y
    has_labels = not of_numbers and width_of(y) > 1
    if has_labels:
        check_indicator(y)
    elif not of_numbers:
        check_targets(y)
    noted = _stand_in(estimator) if is_new else estimator
    samples, targets = _validated(
        noted, rows, y, reset=is_new, multi_output=of_numbers or has_labels, y_numeric=of_numbers
    )
    check_weights(sample_weight)
    weights = _check_sample_weight(
        sample_weight, samples, dtype=np.float64, ensure_non_negative=True
    )
    if not weights.any():
        raise DataError("All values of sample_weight are zero; one must be above 0.")
    if weights.max() > LARGEST_SUM / len(weights):
        raise DataError(f"sample_weight goes up to {weights.max():g}; use smaller numbers.")
    names = getattr(noted, "feature_names_in_", None)
    return Labeled(samples, shape, targets, weights, names)


def _validated(estimator: Any, X: Any, *targets: Any, reset: bool, **settings: bool) -> Any:
    """Return data that scikit-learn has checked; it adds X up, which may overflow silently."""
    with np.errstate(over="ignore", invalid="ignore"):
        return validate_data(estimator, X, *targets, reset=reset, dtype="numeric", **settings)


def _stand_in(estimator: BaseEstimator) -> Any:
    """Return what scikit-learn takes for the estimator, and may write the columns of X on.

    The estimator itself must stay as it is until it has learned something.
    """
    kind, tags = type(estimator).__name__, get_tags(estimator)
    return type(kind, (), {"__sklearn_tags__": lambda self: tags})()
