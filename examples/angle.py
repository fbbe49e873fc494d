"""Regression: by how many degrees a digit was turned, read from its pixels.

Each of scikit-learn's handwritten digits is enlarged and turned by a random angle, and a network
learns to say which. The digits that it is tested on were never seen, at any angle.

    python examples/angle.py
"""

import time

import numpy as np
from scipy.ndimage import rotate, zoom
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from pellucid import CNNRegressor

MOST_WRONG = 6.0
"""Degrees that the angles may be off, on the average."""


def turned(digits: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Return images of 16 x 16 pixels, each turned by its angle, counter-clockwise."""
    images = []
    for digit, angle in zip(digits, angles, strict=True):
        images.append(rotate(zoom(digit, 2, order=1), angle, reshape=False, order=1))
    return np.array(images)


def main() -> None:
    """Turn digits, learn the angles, and test on other digits."""
    digits = load_digits().images
    angles = np.random.default_rng(0).uniform(-60, 60, len(digits))
    X_train, X_test, y_train, y_test = train_test_split(
        turned(digits, angles), angles, random_state=0
    )

    start = time.perf_counter()
    # Nothing randomizes the images here: to turn them would change what is to be learned.
    regressor = CNNRegressor(loss="huber", max_iter=40, random_state=0).fit(X_train, y_train)
    print(f"trained on {len(X_train):,} images in {time.perf_counter() - start:.1f} s")

    found = regressor.predict(X_test)
    for true, angle in zip(y_test[:5], found[:5], strict=True):
        print(f"turned by {true:6.1f} degrees, taken for {angle:6.1f}")

    wrong = np.abs(found - y_test).mean()
    print(f"R2 {regressor.score(X_test, y_test):.3f}, wrong by {wrong:.1f} degrees on the average")
    assert wrong <= MOST_WRONG, f"{wrong:.1f} degrees are more than {MOST_WRONG}"


if __name__ == "__main__":
    main()
