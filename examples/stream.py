"""A stream: learn batch by batch with partial_fit, and score each batch before learning it.

The digits come in batches of 50, once each. Every batch is first predicted, then learned: what
the network gets right is then an honest score at every moment, and no image is held back (the
progressive, or prequential, score).

    python examples/stream.py
"""

from collections.abc import Iterator

import numpy as np
from sklearn.datasets import load_digits

from pellucid import CNNClassifier

BATCH = 50
LEAST = 0.93


def batches(seed: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the digits in random order, a batch at a time."""
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(y))
    for start in range(0, len(order), BATCH):
        part = order[start : start + BATCH]
        yield X[part], y[part]


def main() -> None:
    """Follow the stream, and print the score of every sixth of it."""
    # The first batch may lack the brightest pixel there is, so the range is given. No image comes
    # twice, so none needs randomizing; and five updates a batch learn more from it than one.
    classifier = CNNClassifier(
        pixel_range=(0, 16), augmentation=None, batch_size=10, random_state=0
    )  # fmt: skip
    right: list[bool] = []
    for number, (X, y) in enumerate(batches()):
        if number > 0:
            right += (classifier.predict(X) == y).tolist()
        classifier.partial_fit(X, y, classes=range(10))

    for part in np.array_split(np.arange(len(right)), 6):
        score = np.mean([right[i] for i in part])
        first, last = part[0] + BATCH + 1, part[-1] + BATCH + 1
        print(f"images {first:>5,} to {last:>5,}  {score:6.1%}  {'#' * round(40 * score)}")
    late = float(np.mean(right[-len(right) // 3 :]))
    print(f"whole stream {np.mean(right):.1%}, its last third {late:.1%}")
    assert late >= LEAST, f"{late:.1%} is less than {LEAST:.0%}"


if __name__ == "__main__":
    main()
