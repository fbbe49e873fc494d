"""A fitted classifier as a page in a notebook, with images as users have them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pellucid.errors import DataError
from pellucid.estimators.classes import class_indices
from pellucid.estimators.given import given_to_predict
from pellucid.images.axes import from_all_over
from pellucid.studio.examples import LOOKED_AT
from pellucid.studio.notebook import shown

__all__ = ["show"]


def show(
    classifier: Any, X: ArrayLike | None, y: ArrayLike | None, *, title: str, height: int
) -> Any:
    """Return the widget of a fitted classifier, with some of its test images."""
    model = classifier.to_model()
    if (X is None) != (y is None):
        given, missing = ("X", "y") if y is None else ("y", "X")
        raise DataError(f"There is {given}, but no {missing}; give both, or neither.")
    if X is None:
        images, labels = np.zeros((0, *model.network.input_shape), np.uint8), np.zeros(0, np.int64)
    else:
        found = given_to_predict(classifier, X).images(classifier._fitted)
        targets = np.asarray(y)
        if targets.shape != (len(found),):
            raise DataError(
                f"y has shape {targets.shape}; it must be one class for each of the {len(found)} "
                "images in X."
            )
        some = from_all_over(np.arange(len(found)), LOOKED_AT)
        images, labels = found[some], class_indices(targets[some], classifier.classes_)
    return shown(model, images, labels, title=title, height=height)
