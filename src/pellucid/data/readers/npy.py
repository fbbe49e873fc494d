"""Images and labels as .npy files beside each other: ``X.npy`` and ``y.npy``, and so on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pellucid.console import some
from pellucid.data.readers.array_blocks import read_blocks
from pellucid.data.readers.array_names import LABELS, parsed
from pellucid.data.readers.array_source import source_of_arrays
from pellucid.data.readers.array_store import ArrayStore, read_npy, read_npy_header, told
from pellucid.data.readers.reader import Reader, ends_in
from pellucid.data.samples import Reading, Source
from pellucid.errors import DataError

__all__ = ["NPY_FILE", "NPY_FOLDER", "holds_npy", "npy_folder", "npy_pair", "npy_store"]

_KIND = "an .npy file"


def npy_pair(path: Path, reading: Reading) -> Source:
    """Return the source in a file of images, whose labels lie beside it.

    Raises
    ------
    DataError
        There are no such labels, or several; or see :func:`source_of_arrays`.
    """
    name = parsed(path.stem)
    others = sorted(other for other in path.parent.glob("*.npy") if other != path)
    if name is None or name.is_label:
        pairs: list[Path] = []
    else:
        twins = {other: parsed(other.stem) for other in others}
        pairs = [
            other for other, twin in twins.items()
            if twin and twin.is_label and (twin.prefix, twin.part) == (name.prefix, name.part)
        ]  # fmt: skip
    if len(pairs) != 1:
        found = f"there are {some([pair.name for pair in pairs])}" if pairs else "there are none"
        raise DataError(
            f"{path} needs its labels beside it, under the same name with {' or '.join(LABELS[:2])}"
            f" for images or X, as X.npy and y.npy; {found}."
        )
    reading.note_beside(pairs[0])
    files = {"images": path, "labels": pairs[0]}
    return source_of_arrays(npy_store(path, f"file {path}", files), reading)


def holds_npy(folder: Path) -> bool:
    """Tell whether a folder has .npy files with names of images and of labels."""
    names = [parsed(path.stem) for path in folder.glob("*.npy")]
    return {name.is_label for name in names if name is not None} == {True, False}


def npy_folder(folder: Path, reading: Reading) -> Source:
    """Return the source in a folder of .npy files, such as ``x_train.npy``."""
    files = {path.stem: path for path in sorted(folder.glob("*.npy")) if path.is_file()}
    return source_of_arrays(npy_store(folder, f"folder {folder}", files), reading)


def npy_store(path: Path, where: str, files: Mapping[str, Path]) -> ArrayStore:
    """Return the arrays of .npy files by their names, before they are read.

    Raises
    ------
    DataError
        One is damaged.
    """
    headers = {}
    for name, file in files.items():
        with told(file, _KIND), file.open("rb") as opened:
            headers[name] = read_npy_header(opened, file.stat().st_size, file.name)

    def read(name: str) -> NDArray[Any]:
        file = files[name]
        with told(file, _KIND), file.open("rb") as opened:
            return read_npy(opened, file.stat().st_size, file.name)

    def blocks(name: str) -> Iterator[NDArray[Any]]:
        if headers[name].is_fortran:
            yield read(name)
            return
        file = files[name]
        with told(file, _KIND), file.open("rb") as opened:
            header = read_npy_header(opened, file.stat().st_size, file.name)
            yield from read_blocks(opened, header.shape, header.dtype, str(file))

    return ArrayStore(path, where, headers, read, blocks)


NPY_FILE = Reader(".npy", ends_in(".npy"), npy_pair)
NPY_FOLDER = Reader("of .npy files", holds_npy, npy_folder)
