"""EMNIST: handwritten letters and digits, 28 x 28, in six ways to make sets of them.

Source: G. Cohen, S. Afshar, J. Tapson, A. van Schaik, "EMNIST: an extension of MNIST to handwritten
letters", 2017. Its images lie on their side, mirrored; here they stand upright.
"""

from __future__ import annotations

import functools
import io
import zipfile

import numpy as np

from pellucid.data.readers.idx import parse_idx
from pellucid.data.sets.archived import (
    ArchivedSet,
    Contents,
    Files,
    PublishedFile,
    member_of_zip,
)

__all__ = ["EMNIST"]

_ARCHIVE = "gzip.zip"
_MOST_BYTES = 400_000_000
_PARTS = (("train", "images-idx3"), ("train", "labels-idx1"), ("test", "images-idx3"),
          ("test", "labels-idx1"))  # fmt: skip


def _read(way: str, files: Files) -> Contents:
    arrays = {}
    with zipfile.ZipFile(io.BytesIO(files[_ARCHIVE])) as archive:
        for part, kind in _PARTS:
            name = f"gzip/emnist-{way}-{part}-{kind}-ubyte.gz"
            array = parse_idx(member_of_zip(archive, name, _MOST_BYTES), name)
            arrays[f"{part}_{kind.split('-')[0]}"] = array
        mapping = member_of_zip(archive, f"gzip/emnist-{way}-mapping.txt", 100_000).decode("ascii")
    numbers, classes = [], []
    for line in mapping.split("\n"):
        if words := line.split():  # the label, and the codes of its characters
            numbers.append(int(words[0]))
            classes.append("".join(chr(int(code)) for code in words[1:]))
    for part in ("train", "test"):
        arrays[f"{part}_images"] = np.ascontiguousarray(arrays[f"{part}_images"].transpose(0, 2, 1))
        arrays[f"{part}_labels"] = arrays[f"{part}_labels"].astype(np.int64) - min(numbers)
    return Contents(arrays, tuple(classes))


def _way(way: str, name: str, description: str, images: str) -> ArchivedSet:
    return ArchivedSet(
        name=name,
        title="EMNIST",
        description=description,
        images=images,
        mirrors=("https://biometrics.nist.gov/cs_links/EMNIST/",),
        files=(
            PublishedFile(
                _ARCHIVE,
                "sha256:fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
                561_753_746,
            ),
        ),
        read=functools.partial(_read, way),
        folder="emnist",
        fills=False,
    )  # fmt: skip


EMNIST = (
    _way("balanced", "emnist", "letters and digits, 47 classes as many of each",
         "112,800 + 18,800"),
    _way("letters", "emnist-letters", "letters, 26 classes", "124,800 + 20,800"),
    _way("digits", "emnist-digits", "digits", "240,000 + 40,000"),
    _way("mnist", "emnist-mnist", "digits, made as MNIST", "60,000 + 10,000"),
    _way("byclass", "emnist-byclass", "letters and digits, 62 classes", "697,932 + 116,323"),
    _way("bymerge", "emnist-bymerge", "the same, 47 classes", "697,932 + 116,323"),
)  # fmt: skip
"""As its authors publish it, one for each way."""
