"""A small network and data that it can learn."""

from __future__ import annotations

import numpy as np

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU
from pellucid.training.state import TrainingState

NETWORK = Network(
    [Conv2D(5, 3), ReLU(), MaxPool2D(2), Flatten(), Dense(8), ReLU(), Dense(4)], (1, 10, 11)
)


def bright_corners(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return noise as uint8 in which one corner is brighter, and which: 0 to 3."""
    random = np.random.default_rng(seed)
    images = random.integers(0, 120, (count, 1, 10, 11), dtype=np.uint8)
    labels = random.integers(0, 4, count)
    for image, label in zip(images[:, 0], labels, strict=True):
        rows = slice(0, 5) if label < 2 else slice(5, 10)
        columns = slice(0, 5) if label % 2 == 0 else slice(6, 11)
        image[rows, columns] += 80
    return images, labels


def bits(state: TrainingState) -> tuple[object, ...]:
    """Return what two states must have alike: parameters, vectors, average, place."""
    vectors = {name: vector.tobytes() for name, vector in state.vectors.items()}
    average = None if state.average is None else state.average.tobytes()
    return (
        state.parameters.tobytes(), vectors, state.t, state.next_pass, average, state.averaged
    )  # fmt: skip
