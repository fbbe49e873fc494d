"""IDX files as a source: the four of a folder, or one pair of images and labels."""

from __future__ import annotations

import math
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.data.checks import check_labels
from pellucid.data.idx import open_idx, read_idx
from pellucid.data.samples import BLOCK_BYTES, Block, Parts, Samples
from pellucid.errors import DataError

__all__ = ["holds_idx", "idx_folder", "idx_pair", "idx_samples", "stream_blocks"]

_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def holds_idx(folder: Path) -> bool:
    """Tell whether a folder has at least one of the four files."""
    return any(_find(folder, name) is not None for name in _NAMES)


def idx_folder(folder: str | os.PathLike[str]) -> Parts:
    """Return the source in a folder that is laid out as MNIST is published.

    The files are ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``,
    ``t10k-images-idx3-ubyte`` and ``t10k-labels-idx1-ubyte``, each with or without ``.gz``;
    ``train-images.idx3-ubyte`` is accepted too. With the first two alone a split makes the test
    images.

    Raises
    ------
    DataError
        Files are missing, all of them named, or one has no header.
    """
    found = [_find(Path(folder), name) for name in _NAMES]
    train_images, train_labels, test_images, test_labels = found
    source = f"folder {folder}"
    if train_images and train_labels and not (test_images or test_labels):
        return Parts(idx_samples(train_images, train_labels), None, source)
    if not (train_images and train_labels and test_images and test_labels):
        missing = [name for name, path in zip(_NAMES, found, strict=True) if path is None]
        raise DataError(
            f"The folder {folder} lacks {', '.join(missing)}; a data folder holds the four IDX "
            "files that MNIST has, plain or .gz."
        )
    return Parts(
        idx_samples(train_images, train_labels), idx_samples(test_images, test_labels), source
    )


def idx_pair(images: Path) -> Parts:
    """Return the source in one IDX file of images, with its labels in the file beside it.

    The labels' file has the same name, with ``labels`` for ``images`` and ``idx1`` for ``idx3``,
    with or without ``.gz``.

    Raises
    ------
    DataError
        There is no such file, or one has no header.
    """
    name = images.name.removesuffix(".gz").replace("images", "labels").replace("idx3", "idx1")
    labels = _existing(images.parent, (name, f"{name}.gz"))
    if name == images.name.removesuffix(".gz") or labels is None:
        raise DataError(
            f"{images} needs its labels beside it: an IDX file called {name!r}, where the images' "
            "file has 'images' in its name."
        )
    return Parts(idx_samples(images, labels), None, f"files {images} and {labels.name}")


def idx_samples(images: Path, labels: Path) -> Samples:
    """Return the samples in a pair of IDX files."""
    try:
        file, dtype, shape = open_idx(images)
        file.close()
    except OSError as error:
        raise DataError(f"Can't read {images}: {error.strerror or error}.") from error

    def blocks() -> Iterator[Block]:
        indices = read_idx(labels)
        if dtype != np.uint8 or len(shape) not in (3, 4):
            yield Block(read_idx(images), indices)
            return
        try:
            opened, _, _ = open_idx(images)
            with opened:
                yield from stream_blocks(opened, shape, indices, str(images))
        except OSError as error:
            raise DataError(f"Can't read {images}: {error.strerror or error}.") from error
        except (EOFError, zlib.error) as error:
            raise DataError(
                f"{images} is damaged or truncated: its gzip stream can't be unpacked ({error}); "
                "fetch it again."
            ) from error

    return Samples(shape[0], shape[1:], dtype, blocks)


def stream_blocks(
    file: IO[bytes], shape: tuple[int, ...], labels: NDArray[Any], name: str
) -> Iterator[Block]:
    """Yield images of uint8 that follow one another in a file, a block at a time.

    Parameters
    ----------
    file : binary file
        Its position is the first image's.
    shape : (n, ...)
        Of all images.
    labels : ndarray of shape (n,)
        What belongs to them; another length is told by ``check_labels``.
    name : str
        What to call the file in an error.

    Raises
    ------
    DataError
        The file is shorter or longer than the shape says.
    """
    if labels.ndim != 1 or len(labels) != shape[0]:
        check_labels(np.zeros(labels.shape, np.int64), 1, shape[0])
    size = math.prod(shape[1:])
    if size == 0 or shape[0] == 0:
        raise DataError(f"There are no images: the array's shape is {shape}.")
    count = max(1, BLOCK_BYTES // size)
    for start in range(0, shape[0], count):
        length = min(count, shape[0] - start)
        data = file.read(length * size)
        if len(data) < length * size:
            there = start * size + len(data)
            raise DataError(
                f"{name} is truncated: its header says shape {shape}, {shape[0] * size:,} bytes "
                f"of values, but {there:,} are there; fetch it again."
            )
        images = np.frombuffer(data, np.uint8).reshape(length, *shape[1:])
        yield Block(images, labels[start : start + length])
    # Reading past the end also makes gzip and zip compare their checksums.
    if file.read(1):
        raise DataError(
            f"{name} is longer than its header says: shape {shape}, {shape[0] * size:,} bytes of "
            "values; it is damaged or no IDX file."
        )


def _find(folder: Path, name: str) -> Path | None:
    spellings = (name, name.replace("-idx", ".idx"))
    return _existing(folder, [s + end for s in spellings for end in ("", ".gz")])


def _existing(folder: Path, names: Any) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)
