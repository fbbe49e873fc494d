"""Arrays out of .npz files, without pickles and without trust."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pellucid.data.readers.array_blocks import read_blocks
from pellucid.data.readers.array_source import source_of_arrays
from pellucid.data.readers.array_store import (
    ArrayStore,
    read_npy,
    read_npy_header,
    told,
)
from pellucid.data.readers.reader import Reader, ends_in
from pellucid.data.samples import Reading, Source

__all__ = ["NPZ_FILE", "npz_source", "npz_store", "read_npz"]

_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_KIND = "an .npz file"


def read_npz(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """Return every array of an .npz file by its name.

    Raises
    ------
    DataError
        The file is missing or damaged, or an array holds Python objects (a pickle). The size in
        each array's header is held to the file's before anything is allocated.
    """
    arrays = {}
    with told(path, _KIND), zipfile.ZipFile(Path(path)) as archive:
        for member in _members(archive):
            with archive.open(member) as file:
                arrays[member.filename[:-4]] = read_npy(file, member.file_size, member.filename)
    return arrays


def npz_source(path: Path, reading: Reading) -> Source:
    """Return the source in an .npz file; see :func:`source_of_arrays`.

    Raises
    ------
    DataError
        As :func:`read_npz`, or arrays are missing, or don't belong together.
    """
    return source_of_arrays(npz_store(path), reading)


def npz_store(path: Path) -> ArrayStore:
    """Return the arrays of an .npz file before they are read; raise DataError on damage."""
    headers = {}
    with told(path, _KIND), zipfile.ZipFile(path) as archive:
        for member in _members(archive):
            with archive.open(member) as file:
                headers[member.filename[:-4]] = read_npy_header(
                    file, member.file_size, member.filename
                )

    def read(name: str) -> NDArray[Any]:
        with told(path, _KIND), zipfile.ZipFile(path) as archive:
            member = archive.getinfo(f"{name}.npy")
            with archive.open(member) as file:
                return read_npy(file, member.file_size, member.filename)

    def blocks(name: str) -> Iterator[NDArray[Any]]:
        if headers[name].is_fortran:
            yield read(name)
            return
        with told(path, _KIND), zipfile.ZipFile(path) as archive:
            member = archive.getinfo(f"{name}.npy")
            with archive.open(member) as file:
                header = read_npy_header(file, member.file_size, member.filename)
                yield from read_blocks(file, header.shape, header.dtype, f"{name} in {path}")

    return ArrayStore(path, f"file {path}", headers, read, blocks)


def _members(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    for member in archive.infolist():
        if not member.filename.endswith(".npy"):
            continue
        # Python's readers of the other kinds unpack without a limit.
        if member.compress_type not in _COMPRESSIONS:
            raise ValueError(
                f"{member.filename} is compressed in a way that np.savez_compressed does not use"
            )
        yield member


NPZ_FILE = Reader(".npz", ends_in(".npz"), npz_source)
