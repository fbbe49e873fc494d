"""Class weights on an unbalanced set: how many of the rare class are found.

Is it an eight? Of 821 training images, ten are. A network that says "no" to everything is
right nearly always, and useless. class_weight="balanced" makes each class count the same in all.

    python examples/class_weights.py [--splits 3]
"""

import argparse
from functools import partial

import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, precision_score, recall_score
from sklearn.model_selection import train_test_split

from pellucid import CNNClassifier

RARE, KEPT = 8, 10
SCORES = (recall_score, partial(precision_score, zero_division=0.0), accuracy_score)
LEAST = 0.7


def unbalanced(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return images to train and test on, and whether each is rare, of which few are trained on."""
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.5, stratify=y, random_state=seed
    )
    rare = np.flatnonzero(y_train == RARE)
    others = np.flatnonzero(y_train != RARE)
    kept = np.concatenate([others, rare[:KEPT]])
    return X_train[kept], X_test, y_train[kept] == RARE, y_test == RARE


def main() -> None:
    """Train without weights and with them, and compare the means over some splits."""
    parser = argparse.ArgumentParser(description="Class weights on an unbalanced set.")
    parser.add_argument("--splits", type=int, default=3, help="how many times to split the images")
    splits = parser.parse_args().splits
    print(f"{'class_weight':<14} recall  precision  accuracy")
    recalls = {}
    for class_weight in (None, "balanced"):
        rows = []
        for seed in range(splits):
            X_train, X_test, y_train, y_test = unbalanced(seed)
            settings = {"class_weight": class_weight, "random_state": seed}
            classifier = CNNClassifier(max_iter=20, **settings)
            found = classifier.fit(X_train, y_train).predict(X_test)
            rows.append([score(y_test, found) for score in SCORES])
        recall, precision, accuracy = np.mean(rows, axis=0)
        print(f"{class_weight!s:<14} {recall:6.1%} {precision:10.1%} {accuracy:9.1%}")
        recalls[class_weight] = recall
    assert recalls["balanced"] >= max(LEAST, recalls[None] + 0.2), recalls


if __name__ == "__main__":
    main()
