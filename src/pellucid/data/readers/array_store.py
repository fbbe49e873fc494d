"""Arrays by their names, whatever file they lie in: headers first, then block by block."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from pellucid.errors import DataError

__all__ = ["PICKLED", "ArrayHeader", "ArrayStore", "read_npy", "read_npy_header", "told"]


PICKLED = (
    "holds Python objects, which are never unpickled; save it anew as an array of numbers or text, "
    "such as np.stack(images) or labels.astype(str)"
)
"""What is told of an array that is a pickle."""


class ArrayHeader(NamedTuple):
    """What is known of an array before it is read."""

    shape: tuple[int, ...]
    is_fortran: bool
    dtype: np.dtype[Any]


@dataclass(frozen=True)
class ArrayStore:
    """A file of arrays, or a folder.

    Attributes
    ----------
    path : Path
    where : str
        What it is, in words.
    headers : dict of str to ArrayHeader
        What arrays there are.
    read : callable
        Returns an array by its name.
    blocks : callable
        Yields an array in blocks of its first axis; a whole one, if it does not lie so.
    """

    path: Path
    where: str
    headers: dict[str, ArrayHeader]
    read: Callable[[str], NDArray[Any]]
    blocks: Callable[[str], Iterator[NDArray[Any]]]


@contextlib.contextmanager
def told(path: object, kind: str) -> Iterator[None]:
    """Turn what readers raise on damage into a DataError; ``kind`` is what the file should be."""
    try:
        yield
    except DataError:
        raise
    except FileNotFoundError as error:
        raise DataError(f"There is no file {path}.") from error
    except Exception as error:
        reason = (str(error) or type(error).__name__).rstrip(".")
        raise DataError(f"Can't read {path} as {kind}: {reason}.") from error


def read_npy_header(file: IO[bytes], size: int, name: str) -> ArrayHeader:
    """Return the header of an array of NumPy's, in a file of ``size`` bytes.

    What holds Python objects has a header like others; nobody reads it.

    Raises
    ------
    ValueError
        The file has another size than its header says.
    """
    version = npy_format.read_magic(file)
    read_header = (
        npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
    )
    shape, is_fortran, dtype = read_header(file)
    if dtype.hasobject:
        return ArrayHeader(shape, is_fortran, dtype)
    expected = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or file.tell() + expected != size:
        raise ValueError(
            f"{name} says shape {shape} of {dtype}, {expected:,} bytes, which is not the size it "
            "has"
        )
    return ArrayHeader(shape, is_fortran, dtype)


def read_npy(file: IO[bytes], size: int, name: str) -> NDArray[Any]:
    """Return an array of NumPy's; raises as :func:`read_npy_header`, and where it is a pickle."""
    shape, is_fortran, dtype = read_npy_header(file, size, name)
    if dtype.hasobject:
        raise ValueError(f"{name} {PICKLED}")
    # Not more than the header says; then past the end, so that zipfile compares its checksum.
    data = file.read(math.prod(shape) * dtype.itemsize)
    file.read(1)
    return np.frombuffer(data, dtype).reshape(shape, order="F" if is_fortran else "C").copy()
