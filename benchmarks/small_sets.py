"""CNNClassifier on few pictures, beside what scikit-learn has, on the same pixels.

    python -m benchmarks.small_sets [mnist fashion-mnist digits8 photos.parquet] [--seeds 5]

Of each set 20, 100 and 500 training images a class are drawn, anew for each seed; tested is on
2,000 other training images, so no test image is looked at. The peers are SVC with its default
kernel, a random forest of 300 trees and MLPClassifier with at most 300 passes,
on pixels from 0 to 1. Printed are means, spreads and the seconds that all fits took.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid import CNNClassifier, data

SIZES = (20, 100, 500)
HELD_BACK = 2000


def classifiers() -> dict[str, Callable[[int], Any]]:
    """Return what is compared, for a seed."""
    # Imported here: who asks for --help need not wait.
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.svm import SVC

    return {
        "CNNClassifier()": lambda seed: CNNClassifier(random_state=seed),
        "SVC()": lambda seed: SVC(),
        "forest": lambda seed: RandomForestClassifier(300, n_jobs=-1, random_state=seed),
        "MLP": lambda seed: MLPClassifier(max_iter=300, random_state=seed),
    }


def drawn(
    labels: NDArray[np.int64], size: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Return the places of so many images a class, and of others; None if there are too few."""
    order = np.random.default_rng(seed).permutation(len(labels))
    train = np.concatenate([order[labels[order] == k][:size] for k in np.unique(labels)])
    rest = np.setdiff1d(order, train)
    if len(train) < size * len(np.unique(labels)) or len(rest) < 200:
        return None
    return train, np.random.default_rng(seed).permutation(rest)[:HELD_BACK]


def measured(name: str, seeds: int, sizes: tuple[int, ...]) -> Iterator[str]:
    """Yield a row for each number of images a class."""
    known = data.load(name)
    images, labels = known.train_images, known.train_labels
    pixels = images.reshape(len(images), -1) / np.float32(255)
    if images.ndim == 4:
        images = images.transpose(0, 2, 3, 1)  # as people have photos
    for size in sizes:
        cells, draws = [], [drawn(labels, size, seed) for seed in range(seeds)]
        if None in draws:
            continue
        for label, make in classifiers().items():
            scores, start = [], time.perf_counter()
            for seed, draw in enumerate(draws):
                assert draw is not None
                train, test = draw
                X = images if make(0).__class__ is CNNClassifier else pixels
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # that an MLP has not converged
                    fitted = make(seed).fit(X[train], labels[train])
                scores.append(100 * fitted.score(X[test], labels[test]))
            took = (time.perf_counter() - start) / seeds
            cells.append(f"{label} {np.mean(scores):.1f} +- {np.std(scores):.1f} ({took:.1f} s)")
        yield f"{known.name}, {size} a class: " + "; ".join(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", default=["mnist", "fashion-mnist", "digits8"])
    parser.add_argument("--seeds", type=int, default=5, help="seeds 0, 1, ... (default 5)")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    options = parser.parse_args()
    for name in options.sets:
        for line in measured(name, options.seeds, tuple(options.sizes)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
