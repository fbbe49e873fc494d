"""What is predicted of images, and the features that the last layer sees of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.elementary import exps, log, logs, logs1p
from pellucid.errors import DivergenceError, OutOfMemoryError
from pellucid.estimators.fitted import Fitted
from pellucid.estimators.given import Given
from pellucid.estimators.settings import as_parameter
from pellucid.execution import features as layers
from pellucid.execution.inference import not_finite
from pellucid.images.known import Known
from pellucid.images.views import AS_THEY_ARE, View, Views, as_seen, views_for
from pellucid.network.network import Network

__all__ = ["distances", "features", "log_probabilities", "outputs"]

AT_ONCE = 16_384
"""Images that are made ready for the network at a time."""


def log_probabilities(
    fitted: Fitted, given: Given, workers: int, views: Views | None = None
) -> NDArray[np.float64]:
    """Return the logarithm of each class's probability for each image, which is always finite.

    ``log probs[n, k] = out[n, k] - log sum_l exp(out[n, l])``; of several views the logarithm of
    the mean of their probabilities.
    """
    seen = views_for(views, fitted.network.input_shape)
    found = _log_softmax(outputs(fitted, fitted.network, given, workers, seen[0]))
    for view in seen[1:]:
        more = _log_softmax(outputs(fitted, fitted.network, given, workers, view))
        found = np.maximum(found, more) + logs1p(exps(-np.abs(found - more)))
    return found - log(len(seen)) if len(seen) > 1 else found


def label_probabilities(
    fitted: Fitted, given: Given, workers: int, views: Views | None = None
) -> NDArray[np.float64]:
    """Return the probability of each label, ``1 / (1 + exp(-out))``, or its mean over views."""
    seen = views_for(views, fitted.network.input_shape)
    shares = [_sigmoid(outputs(fitted, fitted.network, given, workers, view)) for view in seen]
    return sum(shares[1:], shares[0]) / len(shares)


def distances(fitted: Fitted, known: Known, given: Given, workers: int) -> NDArray[np.float32]:
    """Return how far each image is from all that was trained on."""
    return known.distance(outputs(fitted, fitted.network.before_last(), given, workers))


def features(fitted: Fitted, given: Given, workers: int) -> NDArray[Any]:
    """Return what the last layer sees of each image, as float64 where the images are."""
    dtype = np.dtype(np.float64 if given.samples.dtype == np.float64 else np.float32)
    return outputs(fitted, fitted.network.before_last(), given, workers).astype(dtype)


def outputs(
    fitted: Fitted, network: Network | None, given: Given, workers: int, view: View = AS_THEY_ARE
) -> NDArray[np.float32]:
    """Return what a network, the fitted one or its beginning, makes of images; the pixels of None.

    The images are made ready a part at a time.

    Raises
    ------
    DivergenceError
        It makes NaN or infinity of them.
    """
    images = given.images(fitted)
    if view == AS_THEY_ARE:  # the first of several
        given.warn_if_unlike(fitted)
    whole, parameters = fitted.network, fitted.parameters
    try:
        found = np.concatenate(
            [
                layers.outputs(whole, network, parameters, as_seen(part, view), workers)
                for part in images.parts(AT_ONCE)
            ]
        )
    except OutOfMemoryError as error:
        raise error.named(as_parameter) from None
    words = not_finite(found, parameters)
    if words is not None:
        raise DivergenceError(words)
    return found


def _log_softmax(outputs: NDArray[np.float32]) -> NDArray[np.float64]:
    logits = outputs.astype(np.float64)
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - logs(exps(shifted).sum(axis=1, keepdims=True)))


def _sigmoid(outputs: NDArray[np.float32]) -> NDArray[np.float64]:
    scores = outputs.astype(np.float64)
    e = exps(-np.abs(scores))
    return np.asarray(np.where(scores > 0.0, 1.0, e) / (1.0 + e))
