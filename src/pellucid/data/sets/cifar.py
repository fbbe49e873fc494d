"""CIFAR-10 and CIFAR-100: 60,000 photos of 32 x 32, of 10 and of 100 classes.

Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009. It is the
binary version that is read, records of labels and pixels: the one for Python is a pickle.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pellucid.data.sets.archived import (
    ArchivedSet,
    Contents,
    Files,
    PublishedFile,
    members_of_tar,
)

__all__ = ["CIFAR10", "CIFAR100"]

_MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
_MOST_BYTES = 160_000_000
_PIXELS = 3 * 32 * 32


def _read(
    archive: str, train: Sequence[str], test: Sequence[str], names: str, labels: int, files: Files
) -> Contents:
    """Return what an archive holds: records of some labels, the last of them the class."""
    wanted = dict.fromkeys((*train, *test, names), _MOST_BYTES)
    members = members_of_tar(files[archive], wanted)
    arrays: dict[str, NDArray[np.uint8]] = {}
    for part, parts in (("train", train), ("test", test)):
        records = np.frombuffer(b"".join(members[name] for name in parts), np.uint8)
        records = records.reshape(-1, labels + _PIXELS)
        arrays[f"{part}_labels"] = records[:, labels - 1]
        arrays[f"{part}_images"] = np.ascontiguousarray(records[:, labels:]).reshape(-1, 3, 32, 32)
    classes = tuple(members[names].decode("ascii").split())
    return Contents(arrays, classes)


def _batches(*numbers: int) -> tuple[str, ...]:
    return tuple(f"data_batch_{number}.bin" for number in numbers)


CIFAR10 = ArchivedSet(
    name="cifar10",
    title="CIFAR-10",
    description="photos of animals and vehicles, 32 x 32",
    images="50,000 + 10,000",
    mirrors=_MIRRORS,
    files=(
        PublishedFile(
            "cifar-10-binary.tar.gz",
            "sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            170_052_171,
        ),
    ),
    read=functools.partial(
        _read, "cifar-10-binary.tar.gz", _batches(1, 2, 3, 4, 5), ("test_batch.bin",),
        "batches.meta.txt", 1,
    ),
    folder="cifar10",
)  # fmt: skip
"""As its author publishes it."""

CIFAR100 = ArchivedSet(
    name="cifar100",
    title="CIFAR-100",
    description="photos of 100 kinds, 32 x 32",
    images="50,000 + 10,000",
    mirrors=_MIRRORS,
    files=(
        PublishedFile(
            "cifar-100-binary.tar.gz",
            "sha256:58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
            168_513_733,
        ),
    ),
    read=functools.partial(
        _read, "cifar-100-binary.tar.gz", ("train.bin",), ("test.bin",), "fine_label_names.txt", 2
    ),
    folder="cifar100",
)  # fmt: skip
"""As its author publishes it, with the hundred fine classes."""
