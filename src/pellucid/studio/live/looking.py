"""What a page is shown of a training now and then: parameters, mistakes, the batch of the day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.execution.inference import predict_proba
from pellucid.images.augmentation import Augmentation
from pellucid.network.network import Network
from pellucid.training.batches import batches

__all__ = ["Looker", "Snapshot", "as_bytes", "how_many"]

MOST, LEAST = 2000, 100
"""Test images that are looked at each time, at most and at least."""

WORK = 1_000_000_000
"""Multiply-adds that a look at the test images may take, about."""

OF_BATCH = 16
"""Images of the present batch that are shown."""

SURENESS = 255
"""What a probability of 1 is written as."""


def how_many(network: Network) -> int:
    """Return how many test images to look at each time: fewer of a larger network.

    Examples
    --------
    >>> from pellucid import presets
    >>> how_many(presets.reference())
    2000
    """
    return min(MOST, max(LEAST, WORK // max(1, network.multiply_adds)))


def as_bytes(images: NDArray[Any]) -> NDArray[np.uint8]:
    """Return images to be shown as uint8.

    Examples
    --------
    >>> as_bytes(np.array([0.0, 0.5, 1.0])).tolist()
    [0, 128, 255]
    """
    if images.dtype == np.uint8:
        return images
    return np.asarray(np.rint(np.clip(images, 0.0, 1.0) * 255), np.uint8)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What is shown of a training after an update.

    Attributes
    ----------
    branch, update : int
        Of which run, and after how many updates.
    parameters : ndarray of shape (network.size,), float32
        What predicts then.
    said : ndarray of shape (n,), int64
        The class that each test image is taken for.
    sure : ndarray of shape (n,), uint8
        How sure the network is of that; 255 is a probability of 1.
    accuracy : float
        The share of them that are right.
    places, labels : ndarray of shape (m,), int64
        The first images of the batch of that update: their places in the training data, and their
        classes. Empty before the first update.
    before, after : ndarray of shape (m, C, H, W), uint8
        These images as they are stored, and as they were randomized.
    """

    branch: int
    update: int
    parameters: NDArray[np.float32]
    said: NDArray[np.int64]
    sure: NDArray[np.uint8]
    accuracy: float
    places: NDArray[np.int64]
    labels: NDArray[np.int64]
    before: NDArray[np.uint8]
    after: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Looker:
    """Looks at a training; it changes nothing in it.

    Attributes
    ----------
    network : Network
        What is trained.
    test_images : ndarray of shape (n, C, H, W)
        Those to look at, as the network takes them.
    test_labels : ndarray of shape (n,), int64
    train_images : ndarray of shape (N, C, H, W)
        What is trained on.
    train_labels : ndarray of shape (N,), int64
    augmentation : Augmentation or None
        How training images are randomized. Two are mixed only in the training itself.
    seed, images, batch_size : int
        Of the training: they say which images make up a batch.
    workers : int or None
        Threads.
    """

    network: Network
    test_images: NDArray[Any]
    test_labels: NDArray[np.int64]
    train_images: NDArray[Any]
    train_labels: NDArray[np.int64]
    augmentation: Augmentation | None
    seed: int
    images: int
    batch_size: int
    workers: int | None = None

    def look(self, branch: int, update: int, parameters: NDArray[np.float32]) -> Snapshot:
        """Return what is to be seen after an update, of parameters that are copied."""
        own = parameters.copy()
        # What is about to diverge may say nothing at all of some images.
        found = np.nan_to_num(predict_proba(self.network, own, self.test_images, self.workers))
        said = found.argmax(axis=1)
        sure = np.rint(found.max(axis=1) * SURENESS).astype(np.uint8)
        places, passes = self._batch(update)
        before = self.train_images[places]
        return Snapshot(
            branch, update, own, said, sure, float((said == self.test_labels).mean()),
            places, self.train_labels[places], as_bytes(before),
            as_bytes(self._randomized(before, places, passes)),
        )  # fmt: skip

    def _batch(self, update: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the first places of the batch of an update, and the pass of each."""
        if not update:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        count = len(self.train_images)
        batch = next(batches(count, self.images, self.batch_size, self.seed, 0, update - 1))
        return batch.indices[:OF_BATCH], batch.passes[:OF_BATCH]

    def _randomized(
        self, images: NDArray[Any], places: NDArray[np.int64], passes: NDArray[np.int64]
    ) -> NDArray[Any]:
        if self.augmentation is None or not len(images):
            return images
        return np.concatenate(
            [
                self.augmentation.apply(
                    images[n : n + 1], seed=self.seed, pass_number=int(passes[n]), first=int(place)
                )
                for n, place in enumerate(places)
            ]
        )
