"""From a path to a source: every layout that a file or folder may have, seen from its names."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pellucid.data.readers.csv_file import CSV_FILE, CSV_FOLDER, CSV_ZIP
from pellucid.data.readers.elsewhere import way_out
from pellucid.data.readers.emnist import is_emnist, of_emnist, transposed
from pellucid.data.readers.folder_entries import is_inside, pictures_in, split_of, subfolders
from pellucid.data.readers.idx_samples import IDX_FILE, IDX_FOLDER
from pellucid.data.readers.mat import MAT_FILE, MAT_FOLDER
from pellucid.data.readers.npy import NPY_FILE, NPY_FOLDER
from pellucid.data.readers.npz import NPZ_FILE
from pellucid.data.readers.parquet import PARQUET_FILE, PARQUET_FOLDER
from pellucid.data.readers.picture_folder import PICTURE_FOLDER
from pellucid.data.readers.picture_table import PICTURE_TABLE, PICTURE_TABLE_FOLDER
from pellucid.data.samples import Reading, Source
from pellucid.errors import DataError

__all__ = ["FILES", "FOLDERS", "LAYOUTS", "source_of"]

FILES = (
    NPZ_FILE, NPY_FILE, MAT_FILE, PICTURE_TABLE, CSV_FILE, CSV_ZIP, PARQUET_FILE, IDX_FILE
)  # fmt: skip
"""What a file may be."""

FOLDERS = (
    IDX_FOLDER, PICTURE_TABLE_FOLDER, CSV_FOLDER, NPY_FOLDER, MAT_FOLDER, PARQUET_FOLDER,
    PICTURE_FOLDER,
)  # fmt: skip
"""What a folder may be; the first that takes it reads it."""

_MOST_AROUND = 4  # folders around everything

_FILES, _FOLDERS = ([reader.words for reader in readers] for readers in (FILES, FOLDERS))
LAYOUTS = (
    f"an {', '.join(_FILES[:-1])} or {_FILES[-1]} file; or a folder {', '.join(_FOLDERS[:-1])}, "
    f"or {_FOLDERS[-1]}"
)
"""What :func:`source_of` takes, in words."""


def source_of(path: Path, reading: Reading) -> Source:
    """Return the source at a path that exists.

    Raises
    ------
    DataError
        It has none of the layouts, or something is wrong with it.
    """
    path = _unwrapped(path, reading)
    source = _read(path, reading)
    if is_emnist(path):
        source = of_emnist(source, path, reading, lambda: _first_images(path, reading))
    return transposed(source) if reading.transpose else source


def _first_images(path: Path, reading: Reading) -> NDArray[Any] | None:
    """Return the first images of a source, without a word; None where they can't be read."""
    quiet = dataclasses.replace(reading, say=lambda line: None, progress=None)
    try:
        return next((block.images for block in _read(path, quiet).train.blocks()), None)
    except DataError:  # it is told when it is read
        return None


def _read(path: Path, reading: Reading) -> Source:
    is_folder = path.is_dir()
    if not is_folder and not path.is_file():
        raise DataError(f"{path} is not a regular file.")
    for reader in FOLDERS if is_folder else FILES:
        if reader.takes(path):
            return reader.read(path, reading)
    words = way_out(path)
    if words is not None:
        raise DataError(f"{path} {words}")
    if is_folder:
        raise DataError(f"The folder {path} holds no images that are known. Known: {LAYOUTS}.")
    raise DataError(f"{path} is of no kind that is known. Known: {LAYOUTS}.")


def _unwrapped(path: Path, reading: Reading) -> Path:
    """Return a folder, or what is in it where there is one folder more around everything."""
    root, inner = path, path
    for _ in range(_MOST_AROUND):
        if not inner.is_dir() or any(reader.takes(inner) for reader in FOLDERS[:-1]):
            break
        names = subfolders(inner)
        if len(names) != 1 or split_of(names[0]) or pictures_in(inner):
            break
        only = inner / names[0]
        if not (reading.follow_links or is_inside(only, root.resolve())):
            break
        if not (subfolders(only) or any(reader.takes(only) for reader in FOLDERS[:-1])):
            break
        inner = only
    if inner != path:
        reading.tell(f"{path}: {inner} is all that is in it, and is read.")
    return inner
