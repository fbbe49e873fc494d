"""SVHN: 99,289 digits cut out of photos of house numbers, 32 x 32.

Source: Y. Netzer, T. Wang, A. Coates, A. Bissacco, B. Wu, A. Ng, "Reading Digits in Natural Images
with Unsupervised Feature Learning", 2011.
"""

from __future__ import annotations

import io

import numpy as np

from pellucid.data.sets.archived import ArchivedSet, Contents, Files, PublishedFile

__all__ = ["SVHN"]


def _read(files: Files) -> Contents:
    from scipy.io import loadmat  # takes a while, for those who read such

    arrays = {}
    for part in ("train", "test"):
        found = loadmat(io.BytesIO(files[f"{part}_32x32.mat"]), variable_names=["X", "y"])
        arrays[f"{part}_images"] = np.ascontiguousarray(found["X"].transpose(3, 2, 0, 1))
        arrays[f"{part}_labels"] = found["y"].ravel() % 10  # 10 stands for the digit 0
    return Contents(arrays, tuple("0123456789"))


SVHN = ArchivedSet(
    name="svhn",
    title="SVHN",
    description="digits in photos of house numbers, 32 x 32",
    images="73,257 + 26,032",
    mirrors=("http://ufldl.stanford.edu/housenumbers/",),  # has no TLS; the checksums decide
    files=(
        PublishedFile(
            "train_32x32.mat",
            "sha256:435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
            182_040_794,
        ),
        PublishedFile(
            "test_32x32.mat",
            "sha256:cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
            64_275_384,
        ),
    ),
    read=_read,
    folder="svhn",
)  # fmt: skip
"""As its authors publish it, cropped, without the extra part."""
