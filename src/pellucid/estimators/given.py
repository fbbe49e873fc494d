"""What a call was given, looked at by scikit-learn's checks before work starts."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, is_regressor
from sklearn.utils import check_consistent_length, get_tags
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from pellucid.arguments import check_weights, warn
from pellucid.errors import DataError
from pellucid.estimators.classes import check_indicator, check_targets, width_of
from pellucid.estimators.fitted import Fitted
from pellucid.estimators.pictures import (
    Pictures,
    channels_last,
    choose_preprocessing,
    images_of,
    made_by,
    pictures_in,
)
from pellucid.estimators.rows import Images, fitting, on_scale, rows_of, size_and_channels
from pellucid.execution.memory import Need, check_memory
from pellucid.images.axes import from_all_over, sides
from pellucid.images.looks import at_most, guess_told
from pellucid.images.pixel_range import BYTES, LOOKED_AT, another_scale
from pellucid.images.preprocessing import Preprocessing
from pellucid.images.sameness import nothing_in_rows
from pellucid.network.layers import Shape

__all__ = [
    "LARGEST_SUM",
    "Given",
    "Labeled",
    "given_to_learn",
    "given_to_predict",
    "given_to_validate",
]

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
    pixel_range : (float, float) or None
        What becomes 0 and 1, where that is not what it was in training: of pictures.
    """

    samples: NDArray[Any]
    shape: Shape
    pixel_range: tuple[float, float] | None = field(default=None, kw_only=True)

    def images(self, fitted: Fitted) -> Images:
        """Return the images as the network takes them."""
        return Images(self.samples, self._range(fitted), fitted.network.input_shape)

    def on_scale(self, fitted: Fitted, samples: NDArray[Any]) -> NDArray[np.float64]:
        """Return some of the samples as images from 0 to 1, not cut off at these ends."""
        return on_scale(samples, self._range(fitted), fitted.network.input_shape)

    def _range(self, fitted: Fitted) -> tuple[float, float]:
        return fitted.pixel_range if self.pixel_range is None else self.pixel_range

    def warn_if_unlike(self, fitted: Fitted) -> None:
        """Warn if the images don't look like those of the training, or show nothing."""
        nothing = nothing_in_rows(self.samples, is_any_told=True)
        if nothing is not None:
            warn(f"{nothing}, so what is said of them means nothing; look at how X was made.")
        pixel_range = self._range(fitted)
        difference = another_scale(self.samples, pixel_range)
        if fitted.looks is not None:
            most = at_most(LOOKED_AT, fitted.network.input_shape)
            some = self.on_scale(fitted, from_all_over(self.samples, most))
            name = "X" if self.pixel_range is None else "the set of pictures"
            if difference is None:
                difference = fitted.looks.difference(some, pixel_range, name)
            else:
                difference += fitted.looks.inverted_as_well(some, pixel_range, name)
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
    preprocessing : Preprocessing or None
        What made the images of pictures; None where that is not known.
    """

    targets: NDArray[Any]
    weights: NDArray[np.float64]
    feature_names: NDArray[Any] | None
    preprocessing: Preprocessing | None = None

    @property
    def used(self) -> NDArray[Any]:
        """The samples that count, without a copy if all do."""
        return self.samples if self.weights.all() else self.samples[self.weights > 0]


def given_to_predict(estimator: Any, X: ArrayLike) -> Given:
    """Return checked images for a fitted estimator."""
    check_is_fitted(estimator)
    fitted: Fitted = estimator._fitted
    rows, shape, pixel_range = _fitting(X, fitted)
    samples = _validated(estimator, rows, reset=False)
    return Given(samples, shape, pixel_range=pixel_range)


def given_to_learn(
    estimator: Any,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None,
    *,
    is_new: bool,
) -> Labeled:
    """Return checked images to learn from, those of an estimator that begins or that goes on."""
    preprocessing, pixel_range = made_by(X), None
    if is_new:
        pictures = _to_be_made(X, sides(estimator.image_shape, 2, 3))
        if pictures is not None:
            check_consistent_length(X, y)
            preprocessing = _chosen(pictures, estimator.image_shape)
            X = _made(pictures, preprocessing)
        rows, shape = rows_of(X)
    else:
        rows, shape, pixel_range = _fitting(X, estimator._fitted)
    noted = _stand_in(estimator) if is_new else estimator
    samples, targets = _with_targets(noted, rows, y, reset=is_new)
    check_weights(sample_weight)
    weights = _check_sample_weight(
        sample_weight, samples, dtype=np.float64, ensure_non_negative=True
    )
    if not weights.any():
        raise DataError("All values of sample_weight are zero; one must be above 0.")
    if weights.max() > LARGEST_SUM / len(weights):
        raise DataError(f"sample_weight goes up to {weights.max():g}; use smaller numbers.")
    names = getattr(noted, "feature_names_in_", None)
    return Labeled(samples, shape, targets, weights, names, preprocessing, pixel_range=pixel_range)


def _to_be_made(X: Any, wanted: Shape | None) -> Pictures | None:
    """Return the pictures in X that are no images yet: files, and arrays not of one shape.

    Arrays of one shape are images, unless another is wanted.
    """
    pictures = pictures_in(X)
    if pictures is None or pictures.paths:
        return pictures
    are_alike, shape = len(pictures.shapes) == 1, pictures.arrays[0].shape
    return None if are_alike and (wanted is None or shape[:2] == wanted[:2]) else pictures


def _made(pictures: Pictures, preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """Return images with channels last, if there is room for them."""
    count = max(len(pictures.paths), len(pictures.arrays))
    shape = " x ".join(map(str, preprocessing.input_shape))
    # They are held twice for a moment: one by one, or with channels first.
    need = Need(f"the images of {shape}, twice", 2 * count * math.prod(preprocessing.input_shape))
    check_memory(f"Reading {count:,} pictures", [need], "Use smaller images, or fewer at a time.")
    return channels_last(images_of(pictures, preprocessing))


def _chosen(pictures: Pictures, image_shape: Any) -> Preprocessing:
    """Return what makes images of pictures, in the shape that the user wants, if any."""
    size, channels = (None, None) if image_shape is None else size_and_channels(image_shape)
    return choose_preprocessing(pictures, size, channels, "image_shape")


def _fitting(X: Any, fitted: Fitted) -> tuple[Any, Shape, tuple[float, float] | None]:
    """Return rows in the order that training had, and their range if it is not the training's."""
    channels, *size = fitted.network.input_shape
    pictures = _to_be_made(X, (*size, channels))
    if pictures is None or not (pictures.paths or _can_be_made(pictures, fitted)):
        rows, shape = rows_of(X)
        return *fitting(rows, shape, fitted.network.input_shape), None
    if fitted.is_guessed:
        warn(guess_told(fitted.preprocessing))
    made = replace(fitted.preprocessing, pixel_range=fitted.range_in_bytes)
    images = made.for_kernels(_made(pictures, made))
    rows, shape = rows_of(images)
    return rows, shape, BYTES if images.dtype == np.uint8 else (0.0, 1.0)


def _can_be_made(pictures: Pictures, fitted: Fitted) -> bool:
    """Return whether it is known what makes images of arrays of other sizes."""
    if fitted.is_guessed and len(pictures.shapes) > 1:
        raise DataError(
            "X lists arrays of different shapes, and it is not known how those of the training "
            "were made: bring them to one size in the same way, or say it by preprocessing_."
        )
    return not fitted.is_guessed


def given_to_validate(estimator: Any, X: ArrayLike, y: ArrayLike, fitted: Fitted) -> Labeled:
    """Return checked images to measure on, of the same kind as those that are learned from."""
    rows, shape, pixel_range = _fitting(X, fitted)
    alike = _stand_in(estimator)
    alike.n_features_in_ = fitted.n_features_in
    if fitted.feature_names is not None:
        alike.feature_names_in_ = fitted.feature_names
    samples, targets = _with_targets(alike, rows, y, reset=False)
    weights = np.ones(len(samples))
    return Labeled(samples, shape, targets, weights, None, pixel_range=pixel_range)


def _with_targets(estimator: Any, X: Any, y: Any, *, reset: bool) -> Any:
    """Return checked rows and targets: numbers, or a matrix of labels, or classes."""
    of_numbers, y = is_regressor(estimator), y.toarray() if hasattr(y, "toarray") else y
    has_labels = not of_numbers and width_of(y) > 1
    if has_labels:
        check_indicator(y)
    elif not of_numbers:
        check_targets(y)
    several = of_numbers or has_labels
    return _validated(estimator, X, y, reset=reset, multi_output=several, y_numeric=of_numbers)


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
