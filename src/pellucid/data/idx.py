"""The IDX format, in which MNIST and its relatives are published.

Four bytes (0, 0, type, number of axes), one big-endian 32-bit length an axis, then the values,
big-endian, row by row. Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten
digits", the section on the file format.
"""

from __future__ import annotations

import gzip
import io
import math
import os
import zlib
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import DataError

__all__ = ["parse_idx", "read_idx", "read_idx_folder"]

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MOST_AXES = 8
# A deflated stream can't grow by more than this, so a larger claim is a lie.
_MOST_INFLATION = 1100

_NAMES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}


class _Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_idx(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read an IDX file, gzip-compressed or not, into an array.

    Whether it is compressed is seen from its first bytes, not from its name.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    ndarray
        In the file's shape and the machine's byte order.

    Raises
    ------
    DataError
        The file can't be read, is no IDX file, is damaged, or is shorter or longer than its
        header says. Nothing is allocated for a header that the file can't fill.
    """
    try:
        with Path(path).open("rb") as file:
            return _parse(file, os.fstat(file.fileno()).st_size, str(path))
    except OSError as error:
        # BadGzipFile is an OSError too, without a strerror.
        raise DataError(f"Can't read {path}: {error.strerror or error}.") from error


def parse_idx(data: bytes, name: str) -> NDArray[Any]:
    """Return the array in the bytes of an IDX file, gzip-compressed or not.

    Parameters
    ----------
    data : bytes
        The file's content.
    name : str
        What to call it in an error.

    Raises
    ------
    DataError
        As :func:`read_idx`.

    Examples
    --------
    >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4]), "labels")
    array([5, 0, 4], dtype=uint8)
    >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 0]), "labels")
    Traceback (most recent call last):
    pellucid.errors.DataError: labels is truncated: its header says shape (3,), 3 bytes of values,
    but 2 are there; fetch it again.
    """
    try:
        return _parse(io.BytesIO(data), len(data), name)
    except gzip.BadGzipFile as error:
        raise DataError(f"Can't read {name}: {error}.") from error


def read_idx_folder(folder: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """Read the four IDX files of a folder that is laid out as MNIST is published.

    The files are ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``,
    ``t10k-images-idx3-ubyte`` and ``t10k-labels-idx1-ubyte``, each with or without ``.gz``;
    ``train-images.idx3-ubyte`` is accepted too.

    Returns
    -------
    dict
        The arrays under ``train_images``, ``train_labels``, ``test_images``, ``test_labels``.

    Raises
    ------
    DataError
        Files are missing, all of them named, or one can't be read.
    """
    found, missing = {}, []
    for key, name in _NAMES.items():
        spellings = (name, name.replace("-idx", ".idx"))
        candidates = [Path(folder) / (s + end) for s in spellings for end in ("", ".gz")]
        path = next((c for c in candidates if c.is_file()), None)
        if path is None:
            missing.append(name)
        else:
            found[key] = path
    if missing:
        raise DataError(
            f"The folder {folder} lacks {', '.join(missing)}; a data folder holds the four IDX "
            "files that MNIST has, plain or .gz."
        )
    return {key: read_idx(path) for key, path in found.items()}


def _parse(file: IO[bytes], size: int, name: str) -> NDArray[Any]:
    compressed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    if not compressed:
        return _values(file, size, name)
    try:
        with gzip.GzipFile(fileobj=file) as unpacked:
            return _values(unpacked, size * _MOST_INFLATION, name)
    except (EOFError, zlib.error) as error:
        raise DataError(
            f"{name} is damaged or truncated: its gzip stream can't be unpacked ({error}); fetch "
            "it again."
        ) from error


def _values(file: _Reader, most: int, name: str) -> NDArray[Any]:
    dtype, shape = _header(file, name)
    expected = math.prod(shape) * dtype.itemsize
    if expected > most:
        raise DataError(
            f"{name} is truncated or no IDX file: its header says shape {shape}, {expected:,} "
            f"bytes of values, more than its size allows; fetch it again."
        )
    data = file.read(expected)
    if len(data) < expected:
        raise DataError(
            f"{name} is truncated: its header says shape {shape}, {expected:,} bytes of values, "
            f"but {len(data):,} are there; fetch it again."
        )
    # Reading past the end also makes gzip compare its checksum.
    if file.read(1):
        raise DataError(
            f"{name} is longer than its header says: shape {shape}, {expected:,} bytes of values; "
            "it is damaged or no IDX file."
        )
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def _header(file: _Reader, name: str) -> tuple[np.dtype[Any], tuple[int, ...]]:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES:
        begin = f"begins with {magic.hex(' ')}" if magic else "is empty"
        raise DataError(
            f"{name} is no IDX file: it {begin}, where 00 00, a type (08 for bytes) and the "
            "number of axes belong."
        )
    axes = magic[3]
    if not 1 <= axes <= _MOST_AXES:
        raise DataError(
            f"{name} is no IDX file: its header says {axes} axes, where 1 to {_MOST_AXES} belong."
        )
    lengths = file.read(4 * axes)
    if len(lengths) < 4 * axes:
        raise DataError(f"{name} is truncated: it ends inside its header; fetch it again.")
    return np.dtype(_TYPES[magic[2]]), tuple(int(n) for n in np.frombuffer(lengths, ">u4"))
