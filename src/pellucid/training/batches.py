"""What is trained on, and which images make up which batch: shuffled passes, cut into batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.execution.sections import Section
from pellucid.execution.targets import Targets
from pellucid.files.fingerprints import array_fingerprint

__all__ = ["Batch", "TrainingData", "batch_sizes", "batches"]


@dataclass(frozen=True)
class Batch:
    """One batch.

    Attributes
    ----------
    indices : ndarray of shape (n,), int64
        Places of its images in the data.
    passes : ndarray of shape (n,), int64
        Which pass over the data each belongs to; a batch may end one and begin the next.
    """

    indices: NDArray[np.int64]
    passes: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TrainingData:
    """What is trained on, checked.

    Attributes
    ----------
    images : ndarray of shape (n, C, H, W), uint8 or float32
        Bytes as stored, or floats in [0, 1].
    targets : ndarray of shape (n,), int64, or (n, outputs), float32
        Their classes or, by another loss, what each output should be.
    weights : ndarray of shape (n,), float64
        What each counts.
    """

    images: NDArray[Any]
    targets: Targets
    weights: NDArray[np.float64]

    def section(self, batch: Batch) -> Section:
        """Return a batch as one section: which images of the data, in which pass each."""
        indices = batch.indices
        identities = np.empty((len(indices), 2), dtype=np.int64)
        identities[:, 0], identities[:, 1] = batch.passes, indices
        return Section(indices, self.targets[indices], self.weights[indices], identities)

    def fingerprints(self) -> dict[str, Any]:
        """Return what must be the same for the same bits, as JSON-ready values."""
        return {
            "images": array_fingerprint(self.images),
            "labels": array_fingerprint(self.targets),
            "sample_weight": array_fingerprint(self.weights),
            "weighted": bool((self.weights != 1.0).any()),
        }


def batch_sizes(images: int, batch_size: int) -> list[int]:
    """Return the sizes of the batches that ``images`` images make.

    All are ``batch_size`` but the last: a remainder below half a batch joins it, a larger one is a
    batch of its own. So no tiny batch has the weight of a whole one, and no image is left out.

    Examples
    --------
    >>> sizes = batch_sizes(81_000, 1024)
    >>> len(sizes), sizes[0], sizes[-1]
    (79, 1024, 1128)
    >>> batch_sizes(2500, 1024)
    [1024, 1476]
    >>> batch_sizes(2600, 1024)
    [1024, 1024, 552]
    """
    count = max(1, (2 * images + batch_size) // (2 * batch_size))
    return [batch_size] * (count - 1) + [images - batch_size * (count - 1)]


def batches(
    data_size: int, images: int, batch_size: int, seed: int, first_pass: int = 0, skip: int = 0
) -> Iterator[Batch]:
    """Draw batches from the data, reshuffled whenever it runs out.

    Pass p is the permutation drawn from NumPy's PCG64 seeded with (seed, p), so that any pass can
    be drawn again without those before it.

    Parameters
    ----------
    data_size : int
        How many images there are.
    images : int
        How many are drawn in all.
    batch_size : int
        See :func:`batch_sizes`.
    seed, first_pass : int
        What the order depends on.
    skip : int, default 0
        How many batches to leave out at the start; those after them are the same.
    """
    order = np.zeros(0, dtype=np.int64)
    passes = np.zeros(0, dtype=np.int64)
    # Only the last batch has another size, so those left out are whole.
    ended, drawn = divmod(skip * batch_size, data_size)
    next_pass = first_pass + ended
    sizes = batch_sizes(images, batch_size)[skip:]
    if sizes and drawn:
        order = np.random.default_rng([seed, next_pass]).permutation(data_size)[drawn:]
        passes = np.full(len(order), next_pass)
        next_pass += 1
    for size in sizes:
        while order.size < size:
            shuffled = np.random.default_rng([seed, next_pass]).permutation(data_size)
            order = np.concatenate([order, shuffled])
            passes = np.concatenate([passes, np.full(data_size, next_pass)])
            next_pass += 1
        yield Batch(order[:size], passes[:size])
        order, passes = order[size:], passes[size:]
