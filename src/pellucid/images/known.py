"""What the last layer sees of the images of a training, so that strange ones can be told from them.

Comes in: features of images that were trained on, and of others of their kind that were held back.
Goes out: how far any image is from all of them, and the distance above which it is unknown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import share
from pellucid.errors import Argument, ConfigurationError, DataError

__all__ = [
    "FALSE_ALARMS",
    "KEPT",
    "MOST_FEATURES",
    "MOST_HELD",
    "MOST_TRAINED",
    "Known",
    "check_features",
    "check_held_back",
]

MOST_TRAINED = 20_000
"""Images of a training that are looked at."""

MOST_HELD = 10_000
"""Images held back that are looked at."""

KEPT = 1000
"""Of their distances, how many are kept."""

MOST_FEATURES = 1024
"""Features for which a matrix of all pairs is kept."""

FALSE_ALARMS = 0.05
"""The share of images of the training's kind that may be called unknown, if nobody says another."""

_LENGTH = 0.1  # what the logarithm of a length counts: about as much as a feature
_LEAST = 1e-6
_RIDGE = 1e-3
_AT_ONCE = 1024


@dataclass(frozen=True, eq=False)
class Known:
    """What features of known images look like.

    The features ``f`` of an image are taken as their direction and their length,
    ``z = (f / |f|, log |f|)``. Its distance is that of Mahalanobis to the nearest class:
    ``d = min_c sqrt((z - mean_c)^T S^-1 (z - mean_c))``, with the mean of each class and the one
    covariance ``S`` around them, of the images that were trained on.

    Parameters
    ----------
    factor : ndarray of shape (features + 1, features + 1), float32
        ``factor @ factor.T`` is ``S^-1``.
    centers : ndarray of shape (classes, features + 1), float32
        ``mean_c @ factor``, for each class with an image.
    distances : ndarray of shape (n,), float32
        Of images held back, in rising order.
    false_alarms : float
        The share of images of their kind that may be called unknown.

    Notes
    -----
    Source: K. Lee, K. Lee, H. Lee, J. Shin, "A Simple Unified Framework for Detecting
    Out-of-Distribution Samples and Adversarial Attacks", 2018; of directions in place of features,
    M. Mueller, M. Hein, "Mahalanobis++", 2025. The limit is that of split conformal prediction: V.
    Vovk, A. Gammerman, G. Shafer, "Algorithmic Learning in a Random World", 2005.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> features, labels = random.random((200, 2)) + [[0, 9]], np.zeros(200, np.int64)
    >>> known = Known.of(features[:100], labels[:100], features[100:], 0.05)
    >>> (known.distance(np.array([[0.5, 9.5], [9.0, 0.5]])) <= known.limit()).tolist()
    [True, False]
    """

    factor: NDArray[np.float32]
    centers: NDArray[np.float32]
    distances: NDArray[np.float32]
    false_alarms: float = field(default=FALSE_ALARMS)

    @classmethod
    def of(
        cls,
        trained: NDArray[Any],
        labels: NDArray[np.int64],
        held_back: NDArray[Any],
        false_alarms: float = FALSE_ALARMS,
    ) -> Known:
        """Return what is known, from features (n, features) of both kinds of images."""
        with np.errstate(under="ignore"):
            seen = _directed(trained)
        places = np.unique(labels, return_inverse=True)[1]
        sums = np.zeros((places.max() + 1, seen.shape[1]))
        np.add.at(sums, places, seen)
        means = sums / np.bincount(places)[:, np.newaxis]
        around = seen - means[places]
        covariance = around.T @ around / len(around)
        size = len(covariance)
        # What no image of the training shows is not infinitely strange.
        ridge = _RIDGE * max(float(np.trace(covariance)) / size, _LEAST)
        factor = np.linalg.cholesky(np.linalg.inv(covariance + ridge * np.eye(size)))
        known = cls(
            factor.astype(np.float32), (means @ factor).astype(np.float32),
            np.zeros(0, np.float32), false_alarms,
        )  # fmt: skip
        distances = np.sort(known.distance(held_back))
        step = math.ceil(len(distances) / KEPT)
        kept = distances[::-1][step - 1 :: step][::-1]
        return cls(known.factor, known.centers, np.ascontiguousarray(kept), false_alarms)

    def distance(self, features: NDArray[Any]) -> NDArray[np.float32]:
        """Return the distance of each image, from its features (n, features), to known ones."""
        found = np.empty(len(features), np.float32)
        factor, centers = self.factor.astype(np.float64), self.centers.astype(np.float64)
        with np.errstate(all="ignore"):
            for start in range(0, len(features), _AT_ONCE):
                where = slice(start, start + _AT_ONCE)
                seen = _directed(features[where]) @ factor
                apart = [((seen - center) ** 2).sum(axis=1) for center in centers]
                found[where] = np.sqrt(np.min(apart, axis=0))
        found[np.isnan(found)] = np.inf  # of features beyond all measure
        return found

    def limit(self, false_alarms: float | None = None) -> float:
        """Return the distance above which an image is unknown.

        Of n images held back, the k-th farthest, ``k = floor(false_alarms * (n + 1))``: then an
        image of their kind is called unknown with a probability of ``false_alarms`` at most.

        Raises
        ------
        ConfigurationError
            The share is none, or too small for n images.
        """
        rate = self.false_alarms if false_alarms is None else share("false_alarms", false_alarms)
        count = len(self.distances)
        place = math.floor(rate * (count + 1))
        if place < 1:
            raise ConfigurationError(
                Argument("false_alarms"),
                f" is {rate:g}, but the {count:,} distances of images held back tell no share "
                f"below {1 / (count + 1):.2g}; give that or more.",
            )
        return float(self.distances[count - place])


def check_features(features: int) -> None:
    """Refuse a network whose last layer sees too much of an image; raise ConfigurationError."""
    if features > MOST_FEATURES:
        raise ConfigurationError(
            f"The last layer sees {features:,} values of an image, more than {MOST_FEATURES:,}: "
            "too many to tell from them what is unknown. Put a smaller layer before it, such as "
            "Dense(64) and ReLU()."
        )


def check_held_back(count: int, false_alarms: float, more: str) -> None:
    """Refuse too few images held back for a share of false alarms; raise DataError."""
    if math.floor(false_alarms * (count + 1)) < 1:
        raise DataError(
            f"Of {count:,} images held back none may be called unknown, so they can't tell a share "
            f"of {false_alarms:g}; {more}, or allow {1 / (count + 1):.2g}."
        )


def _directed(features: NDArray[Any]) -> NDArray[np.float64]:
    """Return the direction of each row and, last, the logarithm of its length."""
    values = np.asarray(features, np.float64)
    lengths = np.maximum(np.sqrt((values * values).sum(axis=1, keepdims=True)), _LEAST)
    return np.concatenate([values / lengths, _LENGTH * np.log(lengths)], axis=1)
