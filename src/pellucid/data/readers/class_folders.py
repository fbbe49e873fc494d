"""The pictures of classes that have a folder each; in these, or in folders one deeper."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pellucid.console import some
from pellucid.data.readers.folder_entries import (
    is_folder,
    is_inside,
    is_litter,
    is_picture,
    ordered,
    pictures_in,
    split_of,
    subfolders,
)
from pellucid.data.samples import Reading
from pellucid.errors import DataError

__all__ = ["OUTSIDE", "class_folders"]

OUTSIDE = "it is a link to a place outside the folder; follow_links=True follows it"
_MOST_DEPTH = 8
_PLAIN = ("images", "image", "img", "imgs", "pictures", "photos", "png", "jpg")
_MARKS = ("labels", "annotations", "masks", "mask", "bboxes", "segmentations")


def class_folders(top: Path, root: Path, reading: Reading) -> list[tuple[str, str]]:
    """Return the path and the class of each picture; what is none is noted as a problem.

    Raises
    ------
    DataError
        The folders are not those of classes.
    """
    names = ordered(name for name in subfolders(top) if _is_text(top / name, reading))
    _refuse_marks(top, names)
    _note_strays(top, reading)
    inner = {name: _inner(top / name, root, reading) for name in names}
    _refuse_doubled(top, inner)
    if _lie_deeper(top, inner):
        _refuse_deeper_classes(top, inner)
        one = next(f"{name}/{folders[0]}" for name, folders in inner.items() if folders)
        reading.guess(
            f"{top}: the pictures of a class lie in folders of its own, such as {one}, and all of "
            "them are taken."
        )
        return [
            (path, name)
            for name in names
            for path in _below(top / name, root, reading, _MOST_DEPTH)
        ]
    return [(path, name) for name in names for path in _within(top / name, root, reading)]


def _is_text(place: Path, reading: Reading) -> bool:
    """Tell whether the name of a class can be written; note it where it can't."""
    try:
        place.name.encode("utf-8")
    except UnicodeEncodeError:
        reading.problems.add(place, "its name is not text in UTF-8; rename the folder")
        return False
    return True


def _refuse_marks(top: Path, names: list[str]) -> None:
    """Refuse pictures with boxes or masks, which would be trained on as two classes."""
    small = {name.lower(): name for name in names}
    marks = [small[word] for word in _MARKS if word in small]
    plain = [small[word] for word in _PLAIN if word in small]
    if marks and plain and len(names) <= 4:
        raise DataError(
            f"The folder {top} holds {plain[0]} and {marks[0]}, as sets for object detection and "
            "segmentation do; a classifier needs a folder of pictures for each class, or a .csv of "
            "filename,label."
        )


def _refuse_doubled(top: Path, inner: Mapping[str, list[str]]) -> None:
    """Refuse ``scenes/scenes/CLASS`` beside others, in which ``scenes`` would be a class."""
    for name, folders in inner.items():
        if folders == [name] and len(inner) > 1 and subfolders(top / name / name):
            raise DataError(
                f"In {top} the classes seem to lie two levels deeper, in {name}/{name}. Give "
                f"{top / name} alone, or call what is to train on train and the rest test."
            )


def _note_strays(top: Path, reading: Reading) -> None:
    with os.scandir(top) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            if is_litter(entry.name) or is_folder(entry):
                continue
            if is_picture(entry.name):
                reading.problems.add(entry.path, "it has no label: it lies in no class's folder")
            elif entry.is_symlink() and not Path(entry.path).exists():
                reading.problems.add(entry.path, "it is a link that leads nowhere, or to itself")


def _inner(place: Path, root: Path, reading: Reading) -> list[str]:
    """Return the folders in a class's folder, as far as it can be looked into."""
    if not (reading.follow_links or is_inside(place, root)):
        return []
    try:
        return subfolders(place)
    except DataError:  # it is told when its pictures are listed
        return []


def _lie_deeper(top: Path, inner: Mapping[str, list[str]]) -> bool:
    """Tell whether the pictures lie in the classes' folders' folders, and none in their own."""
    try:
        if not any(inner.values()) or any(pictures_in(top / name) for name in inner):
            return False
    except DataError:
        return False
    places = (top / name / folder for name, folders in inner.items() for folder in folders)
    return any(_holds_pictures(place) for place in places)


def _holds_pictures(place: Path) -> bool:
    for at, _, files in os.walk(place):
        if any(is_picture(file) and not is_litter(file) for file in files):
            return True
        if len(Path(at).relative_to(place).parts) > _MOST_DEPTH:
            return False
    return False


def _refuse_deeper_classes(top: Path, inner: Mapping[str, list[str]]) -> None:
    """Refuse folders in which the same names come again and again and are no numbered parts."""
    outer = list(inner)
    sets = [set(folders) for folders in inner.values() if folders]
    names = set().union(*sets)
    if all(split_of(name) for name in names):
        raise DataError(
            f"In {top} each class has {some(ordered(names))} of its own; put the classes into "
            f"these, as {ordered(names)[0]}/{outer[0]}."
        )
    often = [name for name in names if sum(name in s for s in sets) > len(sets) / 2]
    are_shared = len(sets) > 1 and 2 * len(often) >= len(names) > 1
    if not are_shared or _are_parts(outer, names):
        return
    first = outer[0]
    raise DataError(
        f"In {top} the classes seem to lie one level deeper: {some(outer, 3)} hold the same "
        f"folders, {some(ordered(names), 3)}. Give {top / first} or another of them, or several "
        "joined with +; or put the classes on top."
    )


def _are_parts(outer: list[str], inner: set[str]) -> bool:
    """Tell whether inner folders are numbered parts, such as sessions, and the outer ones not."""
    inner_stem, outer_stem = _stem(inner), _stem(set(outer))
    if inner_stem is None:
        return False
    if inner_stem:  # session1, session2, ... in whatever is not called so itself
        return not outer_stem
    return outer_stem is None  # 1, 2, ... in cat, dog


def _stem(names: set[str]) -> str | None:
    """Return what names have in common but for a number at their end, or None where they don't."""
    stems = {re.sub(r"[\s._-]*\d+$", "", name).lower() for name in names}
    is_numbered = all(name[-1].isdigit() for name in names)
    return stems.pop() if len(stems) == 1 and is_numbered else None


def _within(place: Path, root: Path, reading: Reading) -> list[str]:
    """Return the paths of the files of a class."""
    if not (reading.follow_links or is_inside(place, root)):
        reading.problems.add(place, OUTSIDE)
        return []
    try:
        with os.scandir(place) as entries:
            names = sorted((e.name, is_folder(e)) for e in entries if not is_litter(e.name))
    except OSError as error:
        reading.problems.add(place, error.strerror or error)
        return []
    if not names:
        reading.problems.add(place, "the class is empty: there is no picture in it")
    for name, is_inner in names:
        if is_inner:
            reading.problems.add(place / name, "it is a folder; a class's pictures lie in its own")
    return [str(place / name) for name, is_inner in names if not is_inner]


def _below(place: Path, root: Path, reading: Reading, depth: int) -> Iterator[str]:
    """Yield the paths of the pictures of a class, in folders of any depth; others are left out."""
    if not (reading.follow_links or is_inside(place, root)):
        reading.problems.add(place, OUTSIDE)
        return
    if depth == 0:
        reading.problems.add(place, f"it lies deeper than {_MOST_DEPTH} folders")
        return
    try:
        yield from (str(place / name) for name in pictures_in(place))
        inner = subfolders(place)
    except DataError as error:
        reading.problems.add(place, str(error).rstrip("."))
        return
    for name in inner:
        yield from _below(place / name, root, reading, depth - 1)
