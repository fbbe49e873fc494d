"""What is predicted of images, and the features that the last layer sees of them."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import warn
from pellucid.data import read_images
from pellucid.estimators.fitted import Fitted
from pellucid.estimators.given import Given
from pellucid.execution.inference import predict_proba, run_network
from pellucid.images.floats import in_float64
from pellucid.images.views import AS_THEY_ARE, View, Views, as_seen, views_for
from pellucid.network.layers import Flatten
from pellucid.network.network import Network

__all__ = ["features", "log_probabilities", "of_pictures", "outputs"]

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
    logs = _log_softmax(outputs(fitted, fitted.network, given, workers, seen[0]))
    for view in seen[1:]:
        more = _log_softmax(outputs(fitted, fitted.network, given, workers, view))
        with np.errstate(under="ignore"):
            logs = np.logaddexp(logs, more)
    return logs - math.log(len(seen)) if len(seen) > 1 else logs


def of_pictures(
    fitted: Fitted,
    paths: Sequence[str | os.PathLike[str]],
    workers: int,
    views: Views | None = None,
) -> NDArray[np.float32]:
    """Return the probability of each class for each picture, as the command line would."""
    made = dataclasses.replace(fitted.preprocessing, pixel_range=fitted.range_in_bytes)
    images = made.for_kernels(read_images(paths, made))
    if fitted.looks is not None:
        difference = fitted.looks.difference(in_float64(images), (0.0, 1.0), "The set of pictures")
        if difference is not None:
            warn(difference)
    return predict_proba(fitted.network, fitted.parameters, images, workers, views)


def features(fitted: Fitted, given: Given, workers: int) -> NDArray[Any]:
    """Return what the last layer sees of each image, as float64 where the images are."""
    dtype = np.dtype(np.float64 if given.samples.dtype == np.float64 else np.float32)
    return outputs(fitted, fitted.network.before_last(), given, workers).astype(dtype)


def outputs(
    fitted: Fitted, network: Network | None, given: Given, workers: int, view: View = AS_THEY_ARE
) -> NDArray[np.float32]:
    """Return what a network, the fitted one or its beginning, makes of images; the pixels of None.

    The images are made ready a part at a time.
    """
    images = given.images(fitted)
    if view == AS_THEY_ARE:  # the first of several
        given.warn_if_unlike(fitted)
    return np.concatenate(
        [_outputs(fitted, network, as_seen(part, view), workers) for part in images.parts(AT_ONCE)]
    )


def _outputs(
    fitted: Fitted, network: Network | None, images: NDArray[Any], workers: int
) -> NDArray[np.float32]:
    if network is None or all(isinstance(layer, Flatten) for layer in network.layers):
        pixels = images.reshape(len(images), -1).astype(np.float32)
        return pixels / np.float32(255) if images.dtype == np.uint8 else pixels
    parameters = fitted.parameters[: network.size]
    return run_network(network, parameters, images, None, workers, logits=True).probabilities


def _log_softmax(outputs: NDArray[np.float32]) -> NDArray[np.float64]:
    logits = outputs.astype(np.float64)
    # SciPy's gives the same bits, but takes twice as long for a single image.
    shifted = logits - logits.max(axis=1, keepdims=True)
    with np.errstate(under="ignore"):
        total = np.exp(shifted).sum(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(total))
