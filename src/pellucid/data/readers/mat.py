"""Arrays out of MATLAB's .mat files: SVHN's, EMNIST's, and others that hold ``X`` and ``y``.

SciPy reads those that lie in the file itself; those within structs, as EMNIST's, are told by their
path, ``dataset.train.images`` as ``dataset_train_images``.
"""

from __future__ import annotations

import functools
import math
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.console import some
from pellucid.data.readers.array_names import pairs_of
from pellucid.data.readers.array_source import source_of_arrays
from pellucid.data.readers.array_store import ArrayHeader, ArrayStore, told
from pellucid.data.readers.folder_entries import pictures_in, subfolders
from pellucid.data.readers.mat_structs import read_struct_array, struct_headers
from pellucid.data.readers.reader import Reader, ends_in
from pellucid.data.samples import Reading, Source
from pellucid.errors import DataError

__all__ = [
    "MAPPING",
    "MAT_FILE",
    "MAT_FOLDER",
    "holds_mat",
    "mat_folder",
    "mat_source",
    "mat_store",
    "struct_array",
]

MAPPING = "dataset_mapping"
"""Where EMNIST's files have the key to their labels, ``dataset.mapping``."""

_KIND = "a .mat file"
_DTYPES = {"logical": "bool", "single": "float32", "double": "float64"}
_DTYPES |= {
    f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
_MOST_INFLATION = 1100  # what zlib can do
_SVHN = re.compile(r"(train|test|extra)_32x32", re.IGNORECASE)
_HDF5 = b"\x89HDF"


def mat_source(path: Path, reading: Reading) -> Source:
    """Return the source in a .mat file; see :func:`source_of_arrays`.

    Raises
    ------
    DataError
        It is damaged, or of version 7.3, or holds no arrays of images and labels.
    """
    return _source({"": path}, path, f"file {path}", reading)


def holds_mat(folder: Path) -> bool:
    """Tell whether a folder has a .mat file whose name begins with ``train``, or nothing else."""
    if not _files(folder):
        return False
    return _train(folder) is not None or not (subfolders(folder) or pictures_in(folder))


def mat_folder(folder: Path, reading: Reading) -> Source:
    """Return the source in a folder with ``train_32x32.mat`` and perhaps ``test_32x32.mat``.

    Or in a folder with a single .mat file.
    """
    train, all_files = _train(folder), _files(folder)
    if train is None and len(all_files) == 1:
        return _source({"": all_files[0]}, folder, f"folder {folder}", reading)
    if train is None:
        raise DataError(
            f"The folder {folder} has no .mat file to train on, as train.mat, but "
            f"{some([file.name for file in all_files])}; give one of them."
        )
    files = {"_train": train}
    test = train.with_name(re.sub("train", "test", train.name, count=1, flags=re.IGNORECASE))
    if test.is_file():
        files["_test"] = test
    return _source(files, folder, f"folder {folder}", reading)


def struct_array(path: Path, name: str) -> NDArray[Any] | None:
    """Return an array within the structs of a .mat file by its path; None if there is none.

    Raises
    ------
    DataError
        The file is damaged.
    """
    with told(path, _KIND):
        return read_struct_array(path, name) if name in _in_structs(path) else None


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.name.lower().endswith(".mat") and p.is_file())


def _train(folder: Path) -> Path | None:
    found = [path for path in _files(folder) if path.name.lower().startswith("train")]
    return found[0] if len(found) == 1 else None


def _source(files: Mapping[str, Path], path: Path, where: str, reading: Reading) -> Source:
    return source_of_arrays(mat_store(files, path, where, reading), reading)


def mat_store(files: Mapping[str, Path], path: Path, where: str, reading: Reading) -> ArrayStore:
    """Return the arrays of .mat files, to whose names something is put, before they are read.

    Raises
    ------
    DataError
        A file is damaged, or of version 7.3.
    """
    headers: dict[str, ArrayHeader] = {}
    places: dict[str, tuple[Path, str]] = {}
    for end, file in files.items():
        for name, header in _all_headers(file).items():
            if name == MAPPING:  # it is no array of images: it says what the labels stand for
                continue
            headers[name + end], places[name + end] = header, (file, name)

    @functools.cache
    def read(name: str) -> NDArray[Any]:
        file, inner = places[name]
        return _svhn_digits(_read(file, inner), file, reading)

    def blocks(name: str) -> Iterator[NDArray[Any]]:
        yield read(name)

    return ArrayStore(path, where, headers, read, blocks)


def _all_headers(path: Path) -> dict[str, ArrayHeader]:
    """Return the headers of a file's arrays; of those within structs, if the others are no set."""
    headers = _headers(path)
    if pairs_of(headers) is None:
        with told(path, _KIND):
            headers |= _in_structs(path)
    return headers


def _in_structs(path: Path) -> dict[str, ArrayHeader]:
    """Return the headers of the arrays within structs; none of a file of another version."""
    with path.open("rb") as file:
        is_five = file.read(128)[126:] in (b"IM", b"MI")
    return struct_headers(path) if is_five else {}


def _headers(path: Path) -> dict[str, ArrayHeader]:
    from scipy.io import whosmat  # takes a while, for those who read such

    with told(path, _KIND):
        with path.open("rb") as file:
            beginning = file.read(1024)
        if beginning.startswith(_HDF5) or _HDF5 in beginning[512:516]:
            raise DataError(
                f"{path} is of MATLAB's version 7.3, which is HDF5; save it with '-v7', or as .npz."
            )
        found = {
            name: ArrayHeader(tuple(shape), False, np.dtype(_DTYPES[kind]))
            for name, shape, kind in whosmat(path)
            if kind in _DTYPES
        }
        size = path.stat().st_size
        for name, header in found.items():
            claimed = math.prod(header.shape) * header.dtype.itemsize
            if min(header.shape, default=0) < 0 or claimed > _MOST_INFLATION * size * 8:
                raise ValueError(f"{name} says shape {header.shape}, more than the file can hold")
    return found


def _read(path: Path, name: str) -> NDArray[Any]:
    from scipy.io import loadmat

    with told(path, _KIND), warnings.catch_warnings():
        warnings.simplefilter("error")
        found = loadmat(path, variable_names=[name])
        return np.asarray(found[name]) if name in found else read_struct_array(path, name)


def _svhn_digits(array: NDArray[Any], path: Path, reading: Reading) -> NDArray[Any]:
    """Return labels with 0 for the digit 0, which SVHN's files call 10."""
    is_svhn = _SVHN.fullmatch(path.stem) is not None
    if not is_svhn or 1 not in array.shape or not (array == 10).any() or array.max() > 10:
        return array
    reading.guess(f"{path}: 10 is taken for the digit 0, as SVHN has it.")
    return np.where(array == 10, 0, array)


MAT_FILE = Reader(".mat", ends_in(".mat"), mat_source)
MAT_FOLDER = Reader("of .mat files", holds_mat, mat_folder)
