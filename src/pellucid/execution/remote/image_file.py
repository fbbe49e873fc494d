"""Images in a file that any process can open by itself, and how it knows that it is the right one.

A worker that shares a folder with the driver, or its machine, maps the file and is sent nothing but
the numbers of its images. One that finds another file there, or none, says so and is sent pixels.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import DataError

__all__ = ["ImageFile", "find_image_file", "remove_abandoned_files", "temporary_image_file"]

WHOLE = 64 << 20
"""Images up to this many bytes are hashed whole; of larger ones only blocks are, and the file's
time must be the same too."""
BLOCKS, BLOCK = 1024, 1 << 16

_PREFIX = "pellucid-images-"


@dataclass(frozen=True)
class ImageFile:
    """Where an array of images lies on a disk, and what tells it from another.

    Attributes
    ----------
    path : str
        The file.
    offset : int
        Where in it the pixels begin.
    shape : tuple of int
        (n, C, H, W).
    dtype : str
        ``"uint8"`` or ``"float32"``.
    size, mtime_ns : int
        The file's length in bytes and time of change.
    digest : str
        SHA-256 over the pixels, or over blocks of them where there are more than ``WHOLE`` bytes.
    """

    path: str
    offset: int
    shape: tuple[int, ...]
    dtype: str
    size: int
    mtime_ns: int
    digest: str

    def open(self) -> NDArray[Any]:
        """Return the images, mapped.

        Raises
        ------
        DataError
            The file is not there, can't be read, or is another one.
        """
        try:
            status = Path(self.path).stat()
            images: NDArray[Any] = np.memmap(
                self.path, np.dtype(self.dtype), "r", self.offset, self.shape
            )
        except (OSError, ValueError) as error:  # ValueError: it is shorter than it was
            reason = getattr(error, "strerror", None) or error
            raise DataError(f"{self.path} can't be opened ({reason})") from error
        if status.st_size != self.size:
            raise DataError(f"{self.path} has {status.st_size:,} bytes here, {self.size:,} there")
        if images.nbytes > WHOLE and status.st_mtime_ns != self.mtime_ns:
            raise DataError(f"{self.path} was changed at another time than the file of this name")
        if digest_of(images) != self.digest:
            raise DataError(f"{self.path} holds other images than the file of this name")
        return images


def digest_of(images: NDArray[Any]) -> str:
    """Return the SHA-256 of an array's bytes, or of blocks of them from first to last."""
    pixels = images.reshape(-1).view(np.uint8)
    digest = hashlib.sha256()
    if pixels.size <= WHOLE:
        digest.update(pixels.data)
    else:
        for start in np.linspace(0, pixels.size - BLOCK, BLOCKS).astype(np.int64):
            digest.update(pixels[start : start + BLOCK].data)
    return digest.hexdigest()


def find_image_file(images: NDArray[Any]) -> ImageFile | None:
    """Return the file that an array was mapped from, or None where it lies in memory.

    Parameters
    ----------
    images : ndarray of shape (n, C, H, W), C-contiguous
        A part of a file that was mapped for reading only: other maps may hold what their file
        does not.
    """
    mapped = _root(images)
    if mapped is None or mapped.mode != "r" or mapped.filename is None:
        return None
    path = Path(mapped.filename)
    with contextlib.suppress(OSError, DataError):
        offset = mapped.offset + images.ctypes.data - mapped.ctypes.data
        file = _describe(images, path, offset)
        file.open()  # which fails if another file took its place
        return file
    return None


@contextlib.contextmanager
def temporary_image_file(images: NDArray[Any]) -> Iterator[ImageFile | None]:
    """Write images to a file in the folder for temporary ones, and remove it in the end.

    Yields None where there is no room for it, or no folder that can be written. A file left by a
    process that was killed is removed by the next one of its user: see
    :func:`remove_abandoned_files`.
    """
    file = None
    path = None
    try:
        folder = Path(tempfile.gettempdir())
        remove_abandoned_files()
        if 2 * images.nbytes < shutil.disk_usage(folder).free:
            prefix = f"{_PREFIX}{socket.gethostname()}-{os.getpid()}-"
            handle, name = tempfile.mkstemp(".raw", prefix, folder)
            path = Path(name)
            with os.fdopen(handle, "wb") as stream:
                stream.write(images.reshape(-1).view(np.uint8).data)
            file = _describe(images, path, 0)
    except OSError:
        file = None
    except BaseException:
        _remove(path)
        raise
    try:
        yield file
    finally:
        _remove(path)


def _remove(path: Path | None) -> None:
    if path is not None:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _describe(images: NDArray[Any], path: Path, offset: int) -> ImageFile:
    status = path.stat()
    return ImageFile(
        str(path.absolute()), offset, images.shape, images.dtype.name, status.st_size,
        status.st_mtime_ns, digest_of(images),
    )  # fmt: skip


def _root(images: NDArray[Any]) -> np.memmap[Any, Any] | None:
    """Return the map that an array is a view of: the one whose memory is the mapping itself."""
    array: Any = images
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap) and isinstance(array.base, mmap.mmap):
            return array
        array = array.base
    return None


def remove_abandoned_files() -> None:
    """Remove temporary files of processes of this machine that are no more."""
    if os.name == "nt":  # where asking whether a process is there ends it
        return
    mine = f"{_PREFIX}{socket.gethostname()}-"
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*.raw"):
        # The file of a host named like ours, with more behind it, has a dash more.
        owner = re.fullmatch(rf"{re.escape(mine)}(\d+)-[^-]+\.raw", path.name)
        if owner is None:
            continue
        with contextlib.suppress(PermissionError):  # somebody else's
            try:
                os.kill(int(owner[1]), 0)
            except (ProcessLookupError, OverflowError):
                path.unlink(missing_ok=True)
