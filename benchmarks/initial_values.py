"""Six convolutions on scikit-learn's digits, started by default and as the seed has it.

    python -m benchmarks.initial_values [--seeds 5]

A list of layers as a person writes it, without a word of how it starts: the line "auto" is what it
gets. Each is trained on three quarters of the digits and tested on the others.
"""

from __future__ import annotations

import argparse

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from pellucid import CNNClassifier, Conv2D, Dense, Flatten, MaxPool2D, ReLU
from pellucid.network.layers import Layer


def six(init: str) -> list[Layer]:
    """Return six convolutions, two before each of two pools and two after them."""
    layers: list[Layer] = []
    for filters in (32, 64, 128):
        for _ in range(2):
            layers += [Conv2D(filters, 3, padding="same", init=init), ReLU()]
        layers += [MaxPool2D(2)] if filters < 128 else [Flatten()]
    return [*layers, Dense(10, init=init)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="trainings with each")
    seeds = range(parser.parse_args().seeds)
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0, stratify=y)
    for init in ("auto", "seed"):
        scores = [
            100 * CNNClassifier(six(init), random_state=seed).fit(X_train, y_train)
            .score(X_test, y_test)
            for seed in seeds
        ]  # fmt: skip
        each = ", ".join(f"{score:.1f}" for score in scores)
        print(
            f"{init:<8} mean {np.mean(scores):.1f}%  least {min(scores):.1f}%  ({each})", flush=True
        )


if __name__ == "__main__":
    main()
