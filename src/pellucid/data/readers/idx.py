"""The IDX format, in which MNIST and its relatives are published.

Four bytes (0, 0, type, number of axes), one big-endian 32-bit length an axis, then the values,
big-endian, row by row. Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten
digits", the section on the file format.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import math
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from pellucid.data.readers.array_blocks import read_blocks
from pellucid.errors import DataError

__all__ = ["IDX_FILES", "Header", "open_idx", "parse_idx", "read_idx", "unpacking"]

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


class Header(NamedTuple):
    """What the header of a file says of its array."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]


def read_idx(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read an IDX file, gzip-compressed or not, into an array.

    Whether it is compressed is seen from its first bytes, not from its name.

    Raises
    ------
    DataError
        The file can't be read, is no IDX file, is damaged, or is shorter or longer than its
        header says. Nothing is allocated for a header that the file can't fill.
    """
    with unpacking(path), Path(path).open("rb") as file:
        return _parse(file, os.fstat(file.fileno()).st_size, str(path))


def parse_idx(data: bytes, name: str) -> NDArray[Any]:
    """Return the array in the bytes of an IDX file, gzip-compressed or not.

    Examples
    --------
    >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4]), "labels")
    array([5, 0, 4], dtype=uint8)
    >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 0]), "labels")
    Traceback (most recent call last):
    pellucid.errors.DataError: labels is truncated: its header says shape (3,), 3 bytes of values,
    but 2 are there; fetch it again.
    """
    with unpacking(name):
        return _parse(io.BytesIO(data), len(data), name)


@contextlib.contextmanager
def unpacking(name: object) -> Iterator[None]:
    """Turn what opening, reading and unpacking a file raise into a DataError."""
    try:
        yield
    except OSError as error:
        # BadGzipFile is an OSError too, without a strerror.
        raise DataError(f"Can't read {name}: {error.strerror or error}.") from error
    except (EOFError, zlib.error) as error:
        raise DataError(
            f"{name} is damaged or truncated: its gzip stream can't be unpacked ({error}); fetch "
            "it again."
        ) from error


def open_idx(path: Path) -> tuple[IO[bytes], Header]:
    """Return an opened IDX file, compressed or not, that stands behind its header, and this."""
    with unpacking(path), contextlib.ExitStack() as opened:
        file: IO[bytes] = opened.enter_context(path.open("rb"))
        size = os.fstat(file.fileno()).st_size
        is_packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if is_packed:
            file.close()
            file = cast(IO[bytes], opened.enter_context(gzip.open(path)))
            size *= _MOST_INFLATION
        header = _header(file, size, str(path))
        opened.pop_all()  # the caller closes it
        return file, header


def _parse(file: IO[bytes], size: int, name: str) -> NDArray[Any]:
    compressed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    if not compressed:
        return _values(file, size, name)
    with gzip.GzipFile(fileobj=file) as unpacked:
        return _values(cast(IO[bytes], unpacked), size * _MOST_INFLATION, name)


def _values(file: IO[bytes], most: int, name: str) -> NDArray[Any]:
    dtype, shape = _header(file, most, name)
    nothing = np.zeros((0, *shape[1:]), dtype)  # which concatenate needs at the least
    values = np.concatenate([nothing, *read_blocks(file, shape, dtype, name)])
    return values.astype(dtype.newbyteorder("="), copy=False)


def _header(file: IO[bytes], most: int, name: str) -> Header:
    """Return what the header says, if a file of so many bytes can hold it."""
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
    dtype, shape = np.dtype(_TYPES[magic[2]]), tuple(np.frombuffer(lengths, ">u4").tolist())
    expected = math.prod(shape) * dtype.itemsize
    if expected > most:
        raise DataError(
            f"{name} is truncated or no IDX file: its header says shape {shape}, {expected:,} "
            f"bytes of values, more than its size allows; fetch it again."
        )
    return Header(dtype, shape)
