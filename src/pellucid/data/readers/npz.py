"""Arrays out of .npz files, without pickles and without trust."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import math
import os
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from pellucid.data.readers.array_blocks import check_claims, image_blocks, read_blocks, stored_dtype
from pellucid.data.readers.reader import Reader, ends_in
from pellucid.data.samples import Block, Reading, Samples, Source, Steps
from pellucid.errors import DataError

__all__ = ["NPZ_FILE", "npz_source", "read_npz"]

_LAYOUTS = (
    ("x_train", "y_train", "x_test", "y_test"),
    ("train_images", "train_labels", "test_images", "test_labels"),
)
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MOST_CLASSES = 64 << 20  # bytes of their names


def read_npz(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """Return every array of an .npz file by its name.

    Raises
    ------
    DataError
        The file is missing or damaged, or an array holds Python objects (a pickle). The size in
        each array's header is held to the file's before anything is allocated.
    """
    arrays = {}
    with _told(path), zipfile.ZipFile(Path(path)) as archive:
        for member in archive.infolist():
            if member.filename.endswith(".npy"):
                arrays[member.filename[:-4]] = _read_member(archive, member)
    return arrays


def npz_source(path: Path, reading: Reading) -> Source:
    """Return the source in an .npz file.

    It holds ``x_train``, ``y_train``, ``x_test`` and ``y_test`` (or ``train_images``,
    ``train_labels``, ``test_images``, ``test_labels``), and may hold ``classes``, the names that
    the labels are indices of. Without the two for the test, a split makes them; with these alone,
    all is for the test.

    Raises
    ------
    DataError
        As :func:`read_npz`, or arrays are missing, or don't belong together.
    """
    headers = _headers(path)
    for layout in _LAYOUTS:
        pairs = [pair for pair in (layout[:2], layout[2:]) if any(n in headers for n in pair)]
        if pairs and all(n in headers for pair in pairs for n in pair):
            source = _parts(path, headers, pairs, reading)
            return dataclasses.replace(source, is_test=layout[0] not in headers)
    held = ", ".join(headers) or "no arrays"
    raise DataError(
        f"{path} holds {held}; a data set needs {', '.join(_LAYOUTS[0])} (or "
        f"{', '.join(_LAYOUTS[1])})."
    )


def _parts(
    path: Path, headers: dict[str, _Header], pairs: Sequence[tuple[str, str]], reading: Reading
) -> Source:
    for images, labels in pairs:
        try:
            check_claims(headers[images].shape, headers[labels].shape, headers[labels].dtype)
        except DataError as error:
            raise DataError(f"{path}: {error}") from error
    steps = Steps(reading.progress, sum(headers[images].shape[0] for images, _ in pairs))
    train, *test = [
        _samples(path, images, labels, headers[images], steps) for images, labels in pairs
    ]
    return Source(train, test[0] if test else None, f"file {path}", _classes(path, headers))


def _samples(path: Path, images: str, labels: str, header: _Header, steps: Steps) -> Samples:
    shape = header.shape

    @functools.cache
    def listed() -> NDArray[Any]:
        return _as_text(path, labels, _read_only(path, labels))

    def blocks() -> Iterator[Block]:
        for block in image_blocks(_arrays(path, images, header), listed(), steps):
            yield block._replace(images=np.moveaxis(block.images, *_channels(shape)))

    first = shape[1:] if _channels(shape) == (0, 0) else (shape[3], shape[1], shape[2])
    return Samples(shape[0], first, stored_dtype(header.dtype), blocks, listed)


def _arrays(path: Path, name: str, header: _Header) -> Iterator[NDArray[Any]]:
    """Yield an array in blocks, or as a whole if the file has its axes in the other order."""
    if header.fortran:
        yield _read_only(path, name)
        return
    with _told(path), zipfile.ZipFile(path) as archive:
        member = archive.getinfo(f"{name}.npy")
        with archive.open(member) as file:
            _read_header(file, member)
            yield from read_blocks(file, header.shape, header.dtype, f"{name} in {path}")


def _channels(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return from where to where the channels move: they may only be the last axis."""
    is_last = len(shape) == 4 and shape[3] in (1, 3) and shape[1] > 4
    return (3, 1) if is_last else (0, 0)


def _classes(path: Path, headers: dict[str, _Header]) -> tuple[str, ...] | None:
    """Return the names of the classes, if the file gives them."""
    if "classes" not in headers:
        return None
    shape, _, dtype = headers["classes"]
    if math.prod(shape) * dtype.itemsize > _MOST_CLASSES:
        raise DataError(
            f"{path}: classes has shape {shape} of {dtype}; the names of classes take "
            f"{_MOST_CLASSES >> 20} MB at most."
        )
    names = _as_text(path, "classes", _read_only(path, "classes"))
    return tuple(str(name) for name in names.ravel())


def _as_text(path: Path, name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Return text that was stored as bytes as text; other arrays as they are."""
    if array.dtype.kind != "S":
        return array
    try:
        return np.char.decode(array, "utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: {name} holds bytes that are no UTF-8 text; store it as text."
        ) from error


class _Header(NamedTuple):
    """What an array's header says."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]


@contextlib.contextmanager
def _told(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what zipfile, zlib and NumPy's header parser raise on damage into a DataError."""
    try:
        yield
    except DataError:
        raise
    except FileNotFoundError as error:
        raise DataError(f"There is no file {path}.") from error
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise DataError(f"Can't read {path} as an .npz file: {reason}.") from error


def _headers(path: Path) -> dict[str, _Header]:
    headers = {}
    with _told(path), zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.filename.endswith(".npy"):
                with archive.open(member) as file:
                    headers[member.filename[:-4]] = _read_header(file, member)
    return headers


def _read_only(path: Path, name: str) -> NDArray[Any]:
    with _told(path), zipfile.ZipFile(path) as archive:
        return _read_member(archive, archive.getinfo(f"{name}.npy"))


def _read_header(file: IO[bytes], member: zipfile.ZipInfo) -> _Header:
    # Python's readers of the other kinds unpack without a limit.
    if member.compress_type not in _COMPRESSIONS:
        raise ValueError(
            f"{member.filename} is compressed in a way that np.savez_compressed does not use"
        )
    version = npy_format.read_magic(file)
    read_header = (
        npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
    )
    shape, fortran, dtype = read_header(file)
    if dtype.hasobject:
        raise ValueError(f"{member.filename} holds Python objects, which are never unpickled")
    expected = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or file.tell() + expected != member.file_size:
        raise ValueError(
            f"{member.filename} says shape {shape} of {dtype}, {expected:,} bytes, which is not "
            "the size it has"
        )
    return _Header(shape, fortran, dtype)


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(member) as file:
        shape, fortran, dtype = _read_header(file, member)
        # Not more than the header says; then past the end, so that zipfile compares its checksum.
        data = file.read(math.prod(shape) * dtype.itemsize)
        file.read(1)
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C").copy()


NPZ_FILE = Reader(".npz", ends_in(".npz"), npz_source)
