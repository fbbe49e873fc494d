"""Several labels an image: which digits are on a picture of two.

Two of scikit-learn's handwritten digits are laid over one another, a little apart, and a network
learns to say which they are. Each label is a question of its own, so y has a column for each digit.

    python examples/two_digits.py
"""

import time

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from pellucid import CNNClassifier

LEAST = 0.85


def pairs(images: np.ndarray, labels: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures of 8 x 13 pixels with two digits each, and which digits are on them."""
    random = np.random.default_rng(0)
    X, y = np.zeros((count, 8, 13)), np.zeros((count, 10), int)
    for picture, row in zip(X, y, strict=True):
        for left in (0, 5):  # the digits are 8 wide, so they overlap by 3 columns
            which = random.integers(len(images))
            where = picture[:, left : left + 8]
            np.maximum(where, images[which], out=where)
            row[labels[which]] = 1
    return X, y


def main() -> None:
    """Make pictures, learn their labels, and test on pictures of other digits."""
    digits = load_digits()
    train, test, labels, test_labels = train_test_split(
        digits.images, digits.target, stratify=digits.target, random_state=0
    )
    X, y = pairs(train, labels, 4_000)
    X_test, y_test = pairs(test, test_labels, 500)

    start = time.perf_counter()
    # To turn or shift a picture would move a digit off it: nothing is randomized.
    classifier = CNNClassifier(augmentation=None, max_iter=30, random_state=0).fit(X, y)
    print(f"trained on {len(X):,} pictures in {time.perf_counter() - start:.1f} s")

    for true, row in zip(y_test[:3], classifier.predict(X_test[:3]), strict=True):
        print(f"{np.flatnonzero(true)} on the picture, {np.flatnonzero(row)} found")

    each = (classifier.predict(X_test) == y_test).mean()
    accuracy = classifier.score(X_test, y_test)  # of pictures with all labels right
    print(f"labels that are right: {each:.1%}; pictures with all labels right: {accuracy:.1%}")
    assert accuracy >= LEAST, f"{accuracy:.1%} is less than {LEAST:.0%}"


if __name__ == "__main__":
    main()
