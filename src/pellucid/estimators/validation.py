"""Images that ``fit`` is given to measure on, and does not train on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import DataError
from pellucid.estimators.fitted import Fitted
from pellucid.estimators.given import given_to_validate
from pellucid.estimators.passes import Examples

__all__ = ["validation_examples"]


def validation_examples(
    estimator: Any,
    data: Any,
    fitted: Fitted,
    encoded: Callable[[NDArray[Any]], NDArray[Any]],
) -> Examples | None:
    """Return the images of a pair (X, y) as the network takes them, each of weight 1.

    Parameters
    ----------
    estimator : object
        Whose tags scikit-learn's checks go by.
    data : (X, y) or None
        What the user gave; None gives None.
    fitted : Fitted
        What there is before the first pass: classes, network and pixel range.
    encoded : callable
        Takes targets, and returns them as the network has them.

    Raises
    ------
    DataError
        It is no pair, or can't be used; the message says that it is of ``validation_data``.
    """
    if data is None:
        return None
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise DataError(f"validation_data is a {type(data).__name__}; it must be a pair: (X, y).")
    try:
        X, y = data
        given = given_to_validate(estimator, X, y, fitted)
        labels = encoded(given.targets)
    except ValueError as error:
        raise DataError(f"In validation_data: {error}") from error
    given.warn_if_unlike(fitted)
    everything = np.arange(len(labels))
    return Examples(given.images(fitted)[everything], labels, np.ones(len(labels)))
