"""From a path to a source: every layout that a file or folder may have, seen from its names."""

from __future__ import annotations

from pathlib import Path

from pellucid.data.readers.csv_file import CSV_FILE, CSV_FOLDER, CSV_ZIP
from pellucid.data.readers.elsewhere import way_out
from pellucid.data.readers.idx_samples import IDX_FILE, IDX_FOLDER
from pellucid.data.readers.mat import MAT_FILE, MAT_FOLDER
from pellucid.data.readers.npy import NPY_FILE, NPY_FOLDER
from pellucid.data.readers.npz import NPZ_FILE
from pellucid.data.readers.parquet import PARQUET_FILE, PARQUET_FOLDER
from pellucid.data.readers.picture_folder import PICTURE_FOLDER
from pellucid.data.samples import Reading, Source
from pellucid.errors import DataError

__all__ = ["FILES", "FOLDERS", "LAYOUTS", "source_of"]

FILES = (NPZ_FILE, NPY_FILE, MAT_FILE, CSV_FILE, CSV_ZIP, PARQUET_FILE, IDX_FILE)
"""What a file may be."""

FOLDERS = (IDX_FOLDER, CSV_FOLDER, NPY_FOLDER, MAT_FOLDER, PARQUET_FOLDER, PICTURE_FOLDER)
"""What a folder may be; the first that takes it reads it."""

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
