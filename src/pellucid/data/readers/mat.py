"""Arrays out of MATLAB's .mat files, by SciPy: SVHN's, and others that hold ``X`` and ``y``."""

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

from pellucid.data.readers.array_source import source_of_arrays
from pellucid.data.readers.array_store import ArrayHeader, ArrayStore, told
from pellucid.data.readers.reader import Reader, ends_in
from pellucid.data.samples import Reading, Source
from pellucid.errors import DataError

__all__ = ["MAT_FILE", "MAT_FOLDER", "holds_mat", "mat_folder", "mat_source"]

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
    """Tell whether a folder has a .mat file whose name begins with ``train``."""
    return _train(folder) is not None


def mat_folder(folder: Path, reading: Reading) -> Source:
    """Return the source in a folder with ``train_32x32.mat`` and perhaps ``test_32x32.mat``."""
    train = _train(folder)
    if train is None:
        raise DataError(f"The folder {folder} has no .mat file to train on, as train.mat.")
    files = {"_train": train}
    test = train.with_name(re.sub("train", "test", train.name, count=1, flags=re.IGNORECASE))
    if test.is_file():
        files["_test"] = test
    return _source(files, folder, f"folder {folder}", reading)


def _train(folder: Path) -> Path | None:
    found = [p for p in sorted(folder.glob("*.mat")) if p.name.lower().startswith("train")]
    return found[0] if len(found) == 1 else None


def _source(files: Mapping[str, Path], path: Path, where: str, reading: Reading) -> Source:
    """Return the source in files, to the names of whose arrays something is put."""
    headers: dict[str, ArrayHeader] = {}
    places: dict[str, tuple[Path, str]] = {}
    for end, file in files.items():
        for name, header in _headers(file).items():
            headers[name + end], places[name + end] = header, (file, name)

    @functools.cache
    def read(name: str) -> NDArray[Any]:
        file, inner = places[name]
        return _svhn_digits(_read(file, inner), file, reading)

    def blocks(name: str) -> Iterator[NDArray[Any]]:
        yield read(name)

    return source_of_arrays(ArrayStore(path, where, headers, read, blocks), reading)


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
        return np.asarray(loadmat(path, variable_names=[name])[name])


def _svhn_digits(array: NDArray[Any], path: Path, reading: Reading) -> NDArray[Any]:
    """Return labels with 0 for the digit 0, which SVHN's files call 10."""
    is_svhn = _SVHN.fullmatch(path.stem) is not None
    if not is_svhn or 1 not in array.shape or not (array == 10).any() or array.max() > 10:
        return array
    reading.guess(f"{path}: 10 is taken for the digit 0, as SVHN has it.")
    return np.where(array == 10, 0, array)


MAT_FILE = Reader(".mat", ends_in(".mat"), mat_source)
MAT_FOLDER = Reader("of .mat files", holds_mat, mat_folder)
