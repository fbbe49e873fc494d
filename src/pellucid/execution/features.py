"""What the last layer of a network sees of images."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.execution.inference import run_network
from pellucid.images.axes import from_all_over
from pellucid.images.known import FALSE_ALARMS, MOST_HELD, MOST_TRAINED, Known
from pellucid.network.layers import Flatten
from pellucid.network.network import Network

__all__ = ["known_from", "outputs", "seen_by_last"]

VALUES_AT_ONCE = 1 << 24
"""Values of images that are copied at a time."""


def outputs(
    network: Network,
    part: Network | None,
    parameters: NDArray[np.float32],
    images: NDArray[Any],
    workers: int | None,
) -> NDArray[np.float32]:
    """Return what a network, or its beginning, makes of checked images; the pixels of None.

    Without the softmax. ``parameters`` are those of the whole network.
    """
    if part is None or all(isinstance(layer, Flatten) for layer in part.layers):
        pixels = images.reshape(len(images), -1).astype(np.float32)
        return pixels / np.float32(255) if images.dtype == np.uint8 else pixels
    own = parameters
    if part is not network:
        views = network.views(parameters)
        values = [views[parameter.name].ravel() for parameter in part.parameters]
        own = np.concatenate([np.zeros(0, np.float32), *values])
    return run_network(part, own, images, None, workers, logits=True).probabilities


def known_from(
    network: Network,
    parameters: NDArray[np.float32],
    images: NDArray[Any],
    labels: NDArray[Any],
    held_back: NDArray[Any],
    false_alarms: float = FALSE_ALARMS,
    workers: int | None = None,
) -> Known:
    """Return what tells unknown images: from some that were trained on, and some held back."""
    trained, held = (
        _seen_of_some(network, parameters, from_all_over(part, most), workers)
        for part, most in ((images, MOST_TRAINED), (held_back, MOST_HELD))
    )
    return Known.of(trained, from_all_over(labels, MOST_TRAINED), held, false_alarms)


def _seen_of_some(
    network: Network, parameters: NDArray[np.float32], images: NDArray[Any], workers: int | None
) -> NDArray[np.float32]:
    """Return the features of images that need not lie one behind the other."""
    size = max(1, VALUES_AT_ONCE // math.prod(network.input_shape))
    parts = (
        np.ascontiguousarray(images[start : start + size]) for start in range(0, len(images), size)
    )
    return np.concatenate([seen_by_last(network, parameters, part, workers) for part in parts])


def seen_by_last(
    network: Network,
    parameters: NDArray[np.float32],
    images: NDArray[Any],
    workers: int | None,
) -> NDArray[np.float32]:
    """Return the features of checked images, (n, features): what the last layer sees of them.

    Examples
    --------
    >>> from pellucid import Dense
    >>> network = Network([Flatten(), Dense(2)], (1, 2))
    >>> images = np.array([[[0, 255]]], np.uint8)
    >>> seen_by_last(network, network.initial_parameters(), images, None).tolist()
    [[0.0, 1.0]]
    """
    return outputs(network, network.before_last(), parameters, images, workers)
