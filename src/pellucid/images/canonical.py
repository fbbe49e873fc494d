"""Training data in a canonical form: each different labeled image once, with the weight it has.

A weight of 3 then means the same as three copies to the last bit, a weight of 0 the same as
leaving the image out, and the order in which the images were given does not matter.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["canonical"]

AT_ONCE, VALUES = 1024, 1 << 22
"""Images, and values, that are looked at at a time."""


class Indexed(Protocol):
    """Images that give some of them for an array of indices: an ndarray, or its like."""

    def __getitem__(self, indices: Any, /) -> NDArray[Any]: ...


def canonical(
    images: Indexed, labels: NDArray[Any], weights: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return which images to keep, in canonical order, and the weight of each.

    Images are equal if their bytes and their labels are. The order is that of a hash of both.

    Parameters
    ----------
    images : ndarray of shape (n, ...), or what gives one for an array of indices
        Any dtype; a thousand are copied at a time.
    labels : ndarray of shape (n,), int64, or (n, columns)
        Their classes, or other numbers that tell them apart.
    weights : ndarray of shape (n,), float64
        What each counts; those of equal images are added up, without rounding in between.

    Returns
    -------
    indices : ndarray of shape (m,), int64
        The first of each group of equal images.
    weights : ndarray of shape (m,), float64
        All above 0.

    Examples
    --------
    >>> images = np.array([[1, 2], [3, 4], [1, 2], [5, 6]])
    >>> indices, weights = canonical(images, np.zeros(4, np.int64), np.array([1.0, 1, 2, 0]))
    >>> sorted(zip(indices.tolist(), weights.tolist()))
    [(0, 3.0), (1, 1.0)]
    """
    used = np.flatnonzero(weights > 0).astype(np.int64)
    keys = np.empty(len(used), dtype="S32")
    values = images[used[:1]].size if len(used) else 1
    size = max(1, min(AT_ONCE, VALUES // max(1, values)))
    for start in range(0, len(used), size):
        some = used[start : start + size]
        known = np.asarray(labels[some])
        known = np.ascontiguousarray(known, known.dtype.newbyteorder("<"))
        for place, (image, label) in enumerate(zip(images[some], known, strict=True), start):
            keys[place] = _key(image, label)
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    return used[first], _sums(weights[used], group)


def _key(image: NDArray[Any], label: Any) -> str:
    digest = hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=16)
    digest.update(label.tobytes())
    return digest.hexdigest()


def _sums(weights: NDArray[np.float64], group: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the sum of each group's weights, correctly rounded, so whatever their order."""
    counts = np.bincount(group)
    ordered = weights[np.argsort(group, kind="stable")]
    # Of nothing, split makes one empty part.
    members = np.split(ordered, np.cumsum(counts)[:-1])[: len(counts)]
    return np.array([m[0] if len(m) == 1 else math.fsum(m) for m in members], dtype=np.float64)
