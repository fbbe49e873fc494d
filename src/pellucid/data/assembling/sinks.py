"""Where images go while they are read: into memory, or into a file that is then mapped."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from pellucid.errors import DataError

__all__ = ["FileSink", "MakeSink", "MemorySink", "Sink"]

_FIRST_BYTES = 64 << 20
_HEADER = npy_format.write_array_header_1_0


class Sink(Protocol):
    """Takes images in blocks and gives them back as one array."""

    def append(self, images: NDArray[Any]) -> None:
        """Take a block of shape (k, ...)."""

    def finish(self) -> NDArray[Any]:
        """Return all that came, as one array."""


MakeSink = Callable[[str, tuple[int, ...]], Sink]
"""Makes a sink out of a name, such as ``"train_images"``, and the shape of one image."""


class MemorySink:
    """Gathers blocks in memory; a single block is taken as it is.

    Examples
    --------
    >>> sink = MemorySink("train_images", (2,))
    >>> sink.append(np.array([[1, 2]], np.uint8))
    >>> sink.append(np.array([[3, 4], [5, 6]], np.uint8))
    >>> sink.finish().tolist()
    [[1, 2], [3, 4], [5, 6]]
    """

    def __init__(self, name: str, shape: tuple[int, ...]) -> None:
        self._shape = shape
        self._first: NDArray[Any] | None = None
        self._all: NDArray[Any] | None = None
        self._count = 0

    def append(self, images: NDArray[Any]) -> None:
        """Take a block; only the second one makes an array of our own necessary."""
        if self._count == 0:
            self._first, self._count = images, len(images)
            return
        if self._all is None:
            assert self._first is not None
            self._all = np.empty((self._room(images), *self._shape), self._first.dtype)
            self._all[: self._count] = self._first
            self._first = None
        end = self._count + len(images)
        if end > len(self._all):
            # Where the system can, this moves pages, not bytes.
            self._all.resize((max(end, 2 * len(self._all)), *self._shape), refcheck=False)
        self._all[self._count : end] = images
        self._count = end

    def finish(self) -> NDArray[Any]:
        """Return all images."""
        if self._all is None:
            return np.empty((0, *self._shape), np.uint8) if self._first is None else self._first
        self._all.resize((self._count, *self._shape), refcheck=False)
        return self._all

    def _room(self, images: NDArray[Any]) -> int:
        one = max(1, math.prod(self._shape) * images.itemsize)
        return max(_FIRST_BYTES // one, 2 * (self._count + len(images)))


class FileSink:
    """Writes blocks of bytes into an .npy file, which :meth:`finish` maps."""

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        self._path, self._shape, self._count = path, shape, 0
        self._file = path.open("wb")
        self._write_header()
        self._start = self._file.tell()

    def append(self, images: NDArray[Any]) -> None:
        """Write a block behind what is there."""
        if images.dtype != np.uint8:
            raise DataError(
                f"The images are {images.dtype}, but a memory map holds uint8; store them as "
                "uint8 from 0 to 255, or load them with memory_map=False."
            )
        self._file.write(np.ascontiguousarray(images).data)
        self._count += len(images)

    def finish(self) -> NDArray[np.uint8]:
        """Return the file as an array that is read from the disk where it is used."""
        self._file.seek(0)
        self._write_header()
        assert self._file.tell() == self._start  # NumPy leaves room for the first axis to grow
        self._file.close()
        if self._count == 0:
            return np.empty((0, *self._shape), np.uint8)
        mapped: NDArray[np.uint8] = np.load(self._path, mmap_mode="r", allow_pickle=False)
        return mapped

    def close(self) -> None:
        """Close the file; what is in it is of no use."""
        self._file.close()

    def _write_header(self) -> None:
        shape = (self._count, *self._shape)
        _HEADER(self._file, {"descr": "|u1", "fortran_order": False, "shape": shape})
