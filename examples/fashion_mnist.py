"""Fashion-MNIST: CNNClassifier beside scikit-learn's MLPClassifier and random forest.

All three get the same images, a part of the training set, and are tested on the same test images;
accuracy and time stand in one table. Where Fashion-MNIST is not there, scikit-learn's digits are
taken, and a line says so.

    python examples/fashion_mnist.py [--images 3000] [--test-images 10000] [--data fashion-mnist]
"""

import argparse
import time

from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from pellucid import CNNClassifier, data
from pellucid.errors import DownloadError

LEAST = 0.8


def load(name: str) -> data.Dataset:
    """Return the data set of this name, or else the digits."""
    try:
        return data.load(name)
    except DownloadError:
        print(f"{name} is not there; going on with scikit-learn's digits.")
        return data.load("digits")


def main() -> None:
    """Train all three, and print the table."""
    parser = argparse.ArgumentParser(description="Three classifiers on Fashion-MNIST.")
    parser.add_argument("--data", default="fashion-mnist", help="a name or path for data.load")
    parser.add_argument("--images", type=int, default=3_000, help="how many to train on")
    parser.add_argument("--test-images", type=int, default=10_000, help="how many to test on")
    options = parser.parse_args()
    found = load(options.data)
    X, y = found.train_images[: options.images], found.train_labels[: options.images]
    X_test = found.test_images[: options.test_images]
    y_test = found.test_labels[: options.test_images]
    print(f"{found.name}: {len(X):,} images to train on, {len(X_test):,} to test on")

    flat = make_pipeline(MinMaxScaler(), MLPClassifier(early_stopping=True, random_state=0))
    models = {
        "CNNClassifier": (CNNClassifier(random_state=0), X.shape[1:]),
        "MLPClassifier": (flat, (-1,)),
        "RandomForestClassifier": (RandomForestClassifier(n_jobs=-1, random_state=0), (-1,)),
    }
    print(f"{'':<24} accuracy  seconds")
    scores = {}
    for name, (model, shape) in models.items():
        start = time.perf_counter()
        model.fit(X.reshape(len(X), *shape), y)
        seconds = time.perf_counter() - start
        scores[name] = model.score(X_test.reshape(len(X_test), *shape), y_test)
        print(f"{name:<24} {scores[name]:8.2%} {seconds:8.1f}")
    assert scores["CNNClassifier"] >= max(LEAST, *scores.values()), scores


if __name__ == "__main__":
    main()
