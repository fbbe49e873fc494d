"""Batches to measure with: as empty as handwriting, which matters where a system skips zeros."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from pellucid.data import load

__all__ = ["Batch", "digit_batches", "photo_batches"]

Batch = tuple[NDArray[np.uint8], NDArray[np.int64]]


def digit_batches(count: int, batch_size: int, seed: int = 0) -> list[Batch]:
    """Return batches of scikit-learn's digits, (batch_size, 28, 28) uint8, and their labels.

    Each batch is shifted as a whole by up to two pixels, so that there are more than 1,797
    different images.

    Examples
    --------
    >>> [(images, labels)] = digit_batches(1, 32)
    >>> images.shape, images.dtype, labels.shape
    ((32, 28, 28), dtype('uint8'), (32,))
    """
    images_of, labels_of = _digits()
    random = np.random.default_rng(seed)
    batches: list[Batch] = []
    for _ in range(count):
        chosen = random.integers(0, len(images_of), batch_size)
        shift = tuple(random.integers(-2, 3, 2).tolist())
        images = np.roll(images_of[chosen], shift, (1, 2))
        batches.append((np.ascontiguousarray(images, np.uint8), labels_of[chosen]))
    return batches


def photo_batches(count: int, batch_size: int, seed: int = 0) -> list[Batch]:
    """Return batches of colored areas with grain, (batch_size, 3, 32, 32) uint8, and ten classes.

    No pixel of a photo is black for long, so nothing in them can be skipped.

    Examples
    --------
    >>> [(images, labels)] = photo_batches(1, 32)
    >>> images.shape, images.dtype, bool((images == 0).mean() < 0.1)
    ((32, 3, 32, 32), dtype('uint8'), True)
    """
    random = np.random.default_rng(seed)
    batches: list[Batch] = []
    for _ in range(count):
        areas = random.integers(30, 220, (batch_size, 3, 4, 4))
        grain = random.normal(0.0, 20.0, (batch_size, 3, 32, 32))
        images = np.clip(areas.repeat(8, axis=2).repeat(8, axis=3) + grain, 0, 255)
        batches.append((images.astype(np.uint8), random.integers(0, 10, batch_size)))
    return batches


@functools.cache
def _digits() -> Batch:
    digits = load("digits")
    return digits.train_images.astype(np.uint8), digits.train_labels
