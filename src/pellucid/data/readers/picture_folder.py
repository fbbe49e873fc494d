"""A folder with a subfolder of pictures for each class; ``train`` and ``test`` above, or not."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

from pellucid.data.readers.picture_source import Picture, Pictures, source_of_pictures
from pellucid.data.readers.reader import Reader
from pellucid.data.samples import Problems, Reading, Source
from pellucid.errors import DataError

__all__ = ["PICTURE_FOLDER", "has_subfolders", "picture_folder"]

_ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".gif")
# What systems leave in folders; hidden files too.
_LITTER = ("thumbs.db", "desktop.ini", "icon\r", "__macosx")
_MOST_DIGITS = 18  # of a name that is a number
_OUTSIDE = "it is a link to a place outside the folder"

# For each file its path and the number of its class.
_Files = list[tuple[str, int]]


def has_subfolders(folder: Path) -> bool:
    """Tell whether a folder has a subfolder that is not hidden."""
    return bool(_subfolders(folder))


def picture_folder(folder: Path, reading: Reading) -> Source:
    """Return the source in a folder of pictures.

    Each subfolder is a class and its name the class's; with subfolders ``train`` and ``test``, or
    one of them alone, the classes are in these. Hidden files are left out. Everything else that is
    no picture of a class is a problem: pictures that lie beside the classes' folders, folders in
    them, links that lead out of the folder, classes without a file, classes to test on that there
    is no training for.

    Raises
    ------
    DataError
        There is no class, or see :func:`pellucid.data.readers.picture_source.source_of_pictures`.
    """
    root = folder.resolve()
    names = _subfolders(folder)
    if {"train", "test"} <= set(names) and _subfolders(folder / "train"):
        others = [name for name in names if name not in ("train", "test")]
        if others:
            reading.tell(f"{folder}: only train and test are read; left out: {', '.join(others)}.")
        tops = [folder / "train", folder / "test"]
    elif names in (["train"], ["test"]) and _subfolders(folder / names[0]):
        tops = [folder / names[0]]
    else:
        tops = [folder]
    classes = _ordered({name for top in tops for name in _subfolders(top)})
    if not classes:
        raise DataError(f"The folder {folder} has no subfolders; pictures of a class go into one.")
    classes = [name for name in classes if _is_text(name, tops, reading.problems)]
    listed = [_listed(top, root, classes, reading.problems) for top in tops]
    _check_classes(tops, listed, classes, reading.problems)
    train, *test = [_pictures(files, root) for files in listed]
    source = source_of_pictures(
        train, test[0] if test else None, tuple(classes), f"folder {folder}", reading
    )
    return dataclasses.replace(source, is_test=tops == [folder / "test"])


def _subfolders(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(e.name for e in entries if not _is_litter(e.name) and _is_folder(e))
    except OSError as error:
        raise DataError(f"Can't read the folder {folder}: {error.strerror or error}.") from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _is_text(name: str, tops: list[Path], problems: Problems) -> bool:
    """Tell whether the name of a class can be written; note it where it can't."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        places = [top / name for top in tops if (top / name).is_dir()]
        problems.add(places[0], "its name is not text in UTF-8; rename the folder")
        return False
    return True


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name.lower() in _LITTER


def _ordered(names: set[str]) -> list[str]:
    """Return the names in order: whole numbers by their value, then all others.

    So leaving a class out never changes the order of the others.
    """

    def key(name: str) -> tuple[bool, int, str]:
        is_number = name.isascii() and name.isdigit() and len(name) <= _MOST_DIGITS
        is_number = is_number and str(int(name)) == name
        return not is_number, int(name) if is_number else 0, name

    return sorted(names, key=key)


def _listed(top: Path, root: Path, classes: list[str], problems: Problems) -> _Files:
    with os.scandir(top) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            if _is_litter(entry.name) or _is_folder(entry):
                continue
            if entry.name.lower().endswith(_ENDINGS):
                problems.add(entry.path, "it has no label: it lies in no class's folder")
            elif entry.is_symlink() and not Path(entry.path).exists():
                problems.add(entry.path, "it is a link that leads nowhere, or to itself")
    files: _Files = []
    for number, name in enumerate(classes):
        place = top / name
        if not place.is_dir():
            continue
        if not _is_inside(place, root):
            problems.add(place, _OUTSIDE)
            continue
        try:
            with os.scandir(place) as entries:
                names = sorted((e.name, _is_folder(e)) for e in entries if not _is_litter(e.name))
        except OSError as error:
            problems.add(place, error.strerror or error)
            continue
        if not names:
            problems.add(place, "the class is empty: there is no picture in it")
        for file, is_folder in names:
            if is_folder:
                problems.add(place / file, "it is a folder; a class's pictures lie in its own")
            else:
                files.append((str(place / file), number))
    return files


def _check_classes(
    tops: list[Path], listed: list[_Files], classes: list[str], problems: Problems
) -> None:
    """Note the classes that are tested on but not trained."""
    trained = {label for _, label in listed[0]}
    for top, files in zip(tops[1:], listed[1:], strict=True):
        for number in sorted({label for _, label in files} - trained):
            problems.add(top / classes[number], f"there is no picture of it in {tops[0]}")
            files[:] = [file for file in files if file[1] != number]


def _pictures(listed: _Files, root: Path) -> Pictures:
    def each() -> Iterator[Picture]:
        for name, label in listed:
            path = Path(name)
            inside = not path.is_symlink() or _is_inside(path, root)
            yield Picture(name, label, path if inside else _OUTSIDE)

    return Pictures(len(listed), each)


def _is_inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # a link that leads to itself
        return True  # opening it tells what is wrong


PICTURE_FOLDER = Reader(
    "with a subfolder of pictures for each class", has_subfolders, picture_folder
)  # fmt: skip
