"""Quick start: train a network on small images, look at its predictions, keep it in a file.

The images are scikit-learn's 1,797 handwritten digits of 8 x 8 pixels. No setting is needed: the
network is chosen to fit them.

    python examples/quick_start.py
"""

import tempfile
import time
from pathlib import Path

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from pellucid import CNNClassifier

LEAST = 0.97


def main() -> None:
    """Train, test, and load what was saved."""
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

    start = time.perf_counter()
    classifier = CNNClassifier(random_state=0).fit(X_train, y_train)
    seconds = time.perf_counter() - start
    print(classifier.network_.summary())
    print(f"trained on {len(X_train):,} images in {seconds:.1f} s")

    probabilities = classifier.predict_proba(X_test[:5])
    for true, row in zip(y_test[:5], probabilities, strict=True):
        print(f"a {true} is taken for a {row.argmax()} with probability {row.max():.3f}")

    accuracy = classifier.score(X_test, y_test)
    print(f"accuracy on {len(X_test)} other images: {accuracy:.1%}")
    assert accuracy >= LEAST, f"{accuracy:.1%} is less than {LEAST:.0%}"

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digits.safetensors"
        classifier.save(path)
        again = CNNClassifier.load(path)
    assert (again.predict(X_test) == classifier.predict(X_test)).all()


if __name__ == "__main__":
    main()
