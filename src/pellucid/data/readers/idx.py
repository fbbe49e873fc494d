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
from typing import IO, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import DataError

__all__ = ["IDX_FILES", "open_idx", "parse_idx", "read_idx"]

IDX_FILES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
"""What MNIST and its relatives call the file of each array."""

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MOST_AXES = 8
# A deflated stream can't grow by more than this, so a larger claim is a lie.
_MOST_INFLATION = 1100


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


def open_idx(path: Path) -> tuple[IO[bytes], np.dtype[Any], tuple[int, ...]]:
    """Open an IDX file, compressed or not, and return it behind its header, with dtype and shape.

    Raises
    ------
    DataError
        As :func:`read_idx`; what follows the header is not looked at yet.
    """
    file: IO[bytes] = path.open("rb")
    try:
        size = os.fstat(file.fileno()).st_size
        if file.read(2) == b"\x1f\x8b":
            file.close()
            file = cast(IO[bytes], gzip.open(path))  # noqa: SIM115, the caller closes it
            size *= _MOST_INFLATION
        else:
            file.seek(0)
        dtype, shape = _header(file, str(path))
        _check_claim(dtype, shape, size, str(path))
    except (EOFError, zlib.error) as error:
        file.close()
        raise _damaged(str(path), error) from error
    except BaseException:
        file.close()
        raise
    return file, dtype, shape


def _parse(file: IO[bytes], size: int, name: str) -> NDArray[Any]:
    compressed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    if not compressed:
        return _values(file, size, name)
    try:
        with gzip.GzipFile(fileobj=file) as unpacked:
            return _values(unpacked, size * _MOST_INFLATION, name)
    except (EOFError, zlib.error) as error:
        raise _damaged(name, error) from error


def _damaged(name: str, error: Exception) -> DataError:
    return DataError(
        f"{name} is damaged or truncated: its gzip stream can't be unpacked ({error}); fetch it "
        "again."
    )


def _values(file: _Reader, most: int, name: str) -> NDArray[Any]:
    dtype, shape = _header(file, name)
    expected = _check_claim(dtype, shape, most, name)
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


def _check_claim(dtype: np.dtype[Any], shape: tuple[int, ...], most: int, name: str) -> int:
    """Return how many bytes of values the header promises, if the file can have as many."""
    expected = math.prod(shape) * dtype.itemsize
    if expected > most:
        raise DataError(
            f"{name} is truncated or no IDX file: its header says shape {shape}, {expected:,} "
            f"bytes of values, more than its size allows; fetch it again."
        )
    return expected


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
