"""From a path to a source: which layout a file or folder has, seen from its names."""

from __future__ import annotations

from pathlib import Path

from pellucid.data.readers.csv_file import csv_folder, csv_parts, holds_csv
from pellucid.data.readers.idx_samples import holds_idx, idx_folder, idx_pair
from pellucid.data.readers.npz import npz_parts
from pellucid.data.readers.parquet import holds_parquet, parquet_parts
from pellucid.data.readers.picture_folder import has_subfolders, picture_folder
from pellucid.data.samples import Parts, Reading
from pellucid.errors import DataError

__all__ = ["LAYOUTS", "parts_of"]

LAYOUTS = (
    "an .npz, .csv, .parquet or IDX file; or a folder of IDX files, of train.csv, of Parquet "
    "files, or with a subfolder of pictures for each class"
)
"""What :func:`parts_of` takes, in words."""

_IDX_ENDS = ("-ubyte", "-ubyte.gz", ".idx", ".idx.gz", ".idx3", ".idx3.gz")


def parts_of(path: Path, reading: Reading) -> Parts:
    """Return the source at a path that exists.

    Raises
    ------
    DataError
        It has none of the layouts, or something is wrong with it.
    """
    return _folder(path, reading) if path.is_dir() else _file(path, reading)


def _folder(path: Path, reading: Reading) -> Parts:
    if holds_idx(path):
        return idx_folder(path, reading)
    if holds_csv(path):
        return csv_folder(path, reading)
    if holds_parquet(path):
        return parquet_parts(path, reading)
    if has_subfolders(path):
        return picture_folder(path, reading)
    raise DataError(f"The folder {path} holds no images that are known. Known: {LAYOUTS}.")


def _file(path: Path, reading: Reading) -> Parts:
    name = path.name.lower()
    if not path.is_file():
        raise DataError(f"{path} is not a regular file.")
    if name.endswith(".npz"):
        return npz_parts(path, reading)
    if name.endswith(".csv"):
        return csv_parts(path, None, reading, f"file {path}")
    if name.endswith(".parquet"):
        return parquet_parts(path, reading)
    if name.endswith(_IDX_ENDS):
        return idx_pair(path, reading)
    raise DataError(f"{path} is of no kind that is known. Known: {LAYOUTS}.")
