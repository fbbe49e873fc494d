"""A residual network with batch normalization tells parts of two photographs apart.

The photographs are the two that scikit-learn brings, a Chinese temple and a flower. The network
learns from pieces of 32 x 32 pixels of their left halves, and is tested on pieces of the right
ones, so that none of what it is asked was seen.

    python examples/residual_photos.py [--pieces 600]
"""

import argparse

import numpy as np
from sklearn.datasets import load_sample_images

from pellucid import (
    BatchNorm2D,
    CNNClassifier,
    Conv2D,
    GlobalAveragePool2D,
    MaxPool2D,
    ReLU,
    Residual,
)
from pellucid.network.layers import Layer

SIDE = 32


def convolution(filters: int) -> list[Layer]:
    """Return a convolution, normalized: its bias would be taken away again, so it has none."""
    return [Conv2D(filters, 3, padding="same", bias=False), BatchNorm2D(), ReLU()]


def pieces(photo: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Return squares from anywhere in a photograph, (count, 32, 32, 3)."""
    height, width, _ = photo.shape
    rows = random.integers(0, height - SIDE + 1, count)
    columns = random.integers(0, width - SIDE + 1, count)
    return np.stack(
        [photo[y : y + SIDE, x : x + SIDE] for y, x in zip(rows, columns, strict=True)]
    )  # fmt: skip


def main() -> None:
    """Cut the pieces, train, and test."""
    parser = argparse.ArgumentParser(description="Tell two photographs apart, piece by piece.")
    parser.add_argument("--pieces", type=int, default=600, help="of each half of a photograph")
    count = parser.parse_args().pieces
    random = np.random.default_rng(0)
    photos = load_sample_images().images
    halves = [
        (photo[:, : photo.shape[1] // 2], photo[:, photo.shape[1] // 2 :]) for photo in photos
    ]
    train, test = (
        np.concatenate([pieces(half[side], count, random) for half in halves]) for side in (0, 1)
    )
    labels = np.repeat(["temple", "flower"], count)

    layers = [
        *convolution(8),
        MaxPool2D(2),
        Residual([*convolution(8), *convolution(8)]),
        *convolution(16),
        MaxPool2D(2),
        Residual([*convolution(16), *convolution(16)]),
        GlobalAveragePool2D(),
    ]
    classifier = CNNClassifier(layers, augmentation="photos", random_state=0)
    classifier.fit(train, labels)
    print(classifier.summary())
    accuracy = classifier.score(test, labels)
    print(f"pieces of the other halves told apart: {accuracy:.1%}")
    assert accuracy > 0.9, accuracy


if __name__ == "__main__":
    main()
