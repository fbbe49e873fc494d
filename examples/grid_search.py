"""Grid search over the network's shape: how many filters, how deep, how many hidden units.

A network is a parameter of the classifier like any other, so GridSearchCV goes through a list of
them. The choice is made by cross-validation on the training images; the test images are looked at
once, at the end.

    python examples/grid_search.py [--epochs 15]
"""

import argparse

from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split

from pellucid import CNNClassifier, Conv2D, Dense, Flatten, MaxPool2D, ReLU
from pellucid.network.layers import Layer

LEAST = 0.96


def shape(filters: tuple[int, ...], hidden: int) -> list[Layer]:
    """Return a convolution for each number of filters, a pool, a hidden layer, and ten scores."""
    layers: list[Layer] = []
    for count in filters:
        layers += [Conv2D(count, 3, padding="same"), ReLU()]
    return [*layers, MaxPool2D(2), Flatten(), Dense(hidden), ReLU(), Dense(10)]


SHAPES = {
    f"{' + '.join(map(str, filters))} filters, {hidden} hidden": shape(filters, hidden)
    for filters in [(8,), (16, 32)]
    for hidden in [16, 64]
}


def main() -> None:
    """Compare the shapes, and test the best."""
    parser = argparse.ArgumentParser(description="Grid search over the network's shape.")
    parser.add_argument("--epochs", type=int, default=15, help="passes over the data")
    epochs = parser.parse_args().epochs

    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    search = GridSearchCV(
        CNNClassifier(max_iter=epochs, random_state=0), {"network": list(SHAPES.values())}, cv=3
    )
    search.fit(X_train, y_train)

    found = search.cv_results_
    print(f"{'shape':<30} accuracy  seconds")
    columns = (SHAPES, found["mean_test_score"], found["mean_fit_time"])
    for name, accuracy, seconds in zip(*columns, strict=True):
        print(f"{name:<30} {accuracy:8.1%} {seconds:8.2f}")
    accuracy = search.score(X_test, y_test)
    print(f"the best, {list(SHAPES)[search.best_index_]}, on the test images: {accuracy:.1%}")
    assert accuracy >= LEAST, f"{accuracy:.1%} is less than {LEAST:.0%}"


if __name__ == "__main__":
    main()
