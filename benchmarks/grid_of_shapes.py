"""Search 20 shapes of network in one process, as the section `grid` of the benchmarks does.

    python -m benchmarks.grid_of_shapes [--passes 4]

The shapes differ in what kernels are specialized on: filter sizes, numbers of filters, strides,
padding and pools. Prints how many there were and the best score, as JSON.
"""

from __future__ import annotations

import argparse
import json

from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV

from pellucid import CNNClassifier, Conv2D, Dense, Flatten, MaxPool2D, ReLU
from pellucid.network.layers import Layer


def shapes() -> list[list[Layer]]:
    """Return twenty networks for 8 x 8 digits."""
    found: list[list[Layer]] = []
    for size in (1, 2, 3, 4, 5):
        for first, second in ((5, 7), (8, 12), (16, 32), (3, 10)):
            stride = 2 if first == 3 else 1
            found.append(
                [
                    Conv2D(first, size, padding="same"), ReLU(),
                    Conv2D(second, 3, stride=stride, padding="same"), ReLU(),
                    MaxPool2D(3 if first == 5 else 2, stride=2), Flatten(),
                    Dense(16 + first), ReLU(), Dense(10),
                ]
            )  # fmt: skip
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--passes", type=int, default=4, help="of each training (default 4)")
    passes = parser.parse_args().passes
    X, y = load_digits(return_X_y=True)
    networks = shapes()
    search = GridSearchCV(
        CNNClassifier(max_iter=passes, batch_size=128, random_state=0),
        {"network": networks},
        cv=3,
    ).fit(X, y)
    print(json.dumps({"shapes": len(networks), "best": float(search.best_score_)}))


if __name__ == "__main__":
    main()
