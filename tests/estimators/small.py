"""Classifiers that train in milliseconds, and the digits that they are tried on."""

from sklearn.datasets import load_digits

from pellucid import CNNClassifier, Dense, Flatten, ReLU

DIGITS = load_digits()
X, Y = DIGITS.data[:200], DIGITS.target[:200]
SOME, THEIRS = DIGITS.data[:60], DIGITS.target[:60]


def small(**settings):
    """Return a classifier for where it does not matter what it learns."""
    defaults = {"network": [Flatten(), Dense(8), ReLU()], "max_iter": 3, "random_state": 0}
    return CNNClassifier(**(defaults | settings))


def bits(classifier):
    return classifier.parameters_.tobytes()
