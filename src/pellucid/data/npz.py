"""Arrays out of .npz files, without pickles and without trust."""

from __future__ import annotations

import contextlib
import math
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from pellucid.data.idx_samples import stream_blocks
from pellucid.data.samples import Block, Parts, Samples
from pellucid.errors import DataError

__all__ = ["npz_parts", "read_npz"]

_LAYOUTS = (
    ("x_train", "y_train", "x_test", "y_test"),
    ("train_images", "train_labels", "test_images", "test_labels"),
)


def read_npz(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """Read every array of an .npz file.

    Parameters
    ----------
    path : path-like
        The file, as ``np.savez`` or ``np.savez_compressed`` write it.

    Returns
    -------
    dict
        The arrays by name.

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


def npz_parts(path: Path) -> Parts:
    """Return the source in an .npz file.

    It holds ``x_train``, ``y_train``, ``x_test`` and ``y_test`` (or ``train_images``,
    ``train_labels``, ``test_images``, ``test_labels``), and may hold ``classes``, the names that
    the labels are indices of. Without the two for the test, a split makes them.

    Raises
    ------
    DataError
        As :func:`read_npz`, or arrays are missing.
    """
    shapes = _headers(path)
    for layout in _LAYOUTS:
        images, labels, test_images, test_labels = layout
        if images in shapes and labels in shapes:
            has_test = test_images in shapes and test_labels in shapes
            if not has_test and (test_images in shapes or test_labels in shapes):
                break
            names = _read_only(path, "classes") if "classes" in shapes else None
            return Parts(
                _samples(path, images, labels, shapes[images]),
                _samples(path, test_images, test_labels, shapes[test_images]) if has_test else None,
                f"file {path}",
                None if names is None else tuple(str(name) for name in names.ravel()),
            )
    held = ", ".join(shapes) or "no arrays"
    raise DataError(
        f"{path} holds {held}; a data set needs {', '.join(_LAYOUTS[0])} (or "
        f"{', '.join(_LAYOUTS[1])})."
    )


def _samples(path: Path, images: str, labels: str, header: _Header) -> Samples:
    shape = header.shape

    def blocks() -> Iterator[Block]:
        indices = _read_only(path, labels)
        if header.dtype != np.uint8 or header.fortran or len(shape) not in (3, 4):
            yield Block(_channels_first(_read_only(path, images)), indices)
            return
        with _told(path), zipfile.ZipFile(path) as archive:
            member = archive.getinfo(f"{images}.npy")
            with archive.open(member) as file:
                _read_header(file, member)
                for block in stream_blocks(file, shape, indices, f"{images} in {path}"):
                    yield Block(_channels_first(block.images, shape), block.labels)

    first = _channels_first(np.empty((0, *shape[1:]), header.dtype), shape).shape[1:]
    return Samples(shape[0] if shape else 0, first, header.dtype, blocks)


def _channels_first(
    images: NDArray[Any], shape: tuple[int, ...] | None = None
) -> NDArray[Any]:  # fmt: skip
    """Return (n, H, W, C) as (n, C, H, W) where the last axis can only be the channels."""
    shape = images.shape if shape is None else shape
    if len(shape) == 4 and shape[3] in (1, 3) and shape[1] > 4:
        return images.transpose(0, 3, 1, 2)
    return images


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
    found = {}
    with _told(path), zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.filename.endswith(".npy"):
                with archive.open(member) as file:
                    found[member.filename[:-4]] = _read_header(file, member)
    return found


def _read_only(path: Path, name: str) -> NDArray[Any]:
    with _told(path), zipfile.ZipFile(path) as archive:
        return _read_member(archive, archive.getinfo(f"{name}.npy"))


def _read_header(file: IO[bytes], member: zipfile.ZipInfo) -> _Header:
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
        data = file.read()  # to the end, so that zipfile compares its checksum
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C").copy()
