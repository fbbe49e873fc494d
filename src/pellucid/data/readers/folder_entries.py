"""What lies in a folder: subfolders, pictures, litter; what names mean, and their order."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pellucid.errors import DataError

__all__ = [
    "Split",
    "is_folder",
    "is_inside",
    "is_litter",
    "is_picture",
    "ordered",
    "parts_among",
    "pictures_in",
    "split_of",
    "subfolders",
    "with_ending",
]

Split = Literal["train", "test", "val"]

_ENDINGS = (
    ".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".tif", ".tiff", ".gif", ".webp", ".heic", ".heif",
    ".avif",
)  # fmt: skip
# What systems leave in folders; hidden files too.
_LITTER = ("thumbs.db", "desktop.ini", "icon\r", "__macosx")
_MOST_DIGITS = 18  # of a name that is a number
_SPLITS: dict[Split, tuple[str, ...]] = {
    "train": ("train", "training"),
    "test": ("test", "testing"),
    "val": ("val", "valid", "validation", "dev"),
}
_WORDS = re.compile(r"[ _.-]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SET = re.compile(r"[ _-]?(set|data|images)?\d?$")


def subfolders(folder: Path) -> list[str]:
    """Return the names of a folder's folders that are not hidden, in order."""
    try:
        with os.scandir(folder) as entries:
            return sorted(e.name for e in entries if not is_litter(e.name) and is_folder(e))
    except OSError as error:
        raise DataError(f"Can't read the folder {folder}: {error.strerror or error}.") from error


def pictures_in(folder: Path) -> list[str]:
    """Return the names of the files in a folder that end as pictures do, in order."""
    try:
        with os.scandir(folder) as entries:
            return sorted(
                e.name
                for e in entries
                if is_picture(e.name) and not is_litter(e.name) and not is_folder(e)
            )
    except OSError as error:
        raise DataError(f"Can't read the folder {folder}: {error.strerror or error}.") from error


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Tell whether an entry is a folder, or a link to one."""
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def is_litter(name: str) -> bool:
    """Tell whether a name is one that systems leave behind."""
    return name.startswith(".") or name.lower() in _LITTER


def is_picture(name: str) -> bool:
    """Tell whether a name ends as a picture's does."""
    return name.lower().endswith(_ENDINGS)


def with_ending(path: Path) -> Path | None:
    """Return the picture of this name without its ending, if there is one."""
    if not path.name or is_picture(path.name):
        return None
    files = (path.with_name(path.name + end) for end in _ENDINGS)
    try:
        return next((file for file in files if file.is_file()), None)
    except (OSError, ValueError):  # a name that no file can have
        return None


def is_inside(path: Path, root: Path) -> bool:
    """Tell whether a path, its links followed, lies in a folder without links."""
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # a link that leads to itself
        return True  # opening it tells what is wrong


def split_of(name: str) -> Split | None:
    """Return what a folder is for by its name, or None.

    Examples
    --------
    >>> [split_of(name) for name in ("Train", "validation", "test_set", "test1", "trainer")]
    ['train', 'val', 'test', 'test', None]
    """
    word = _SET.sub("", name.lower())
    return next((split for split, words in _SPLITS.items() if word in words), None)


def parts_among(names: Iterable[str]) -> list[dict[str, Split]]:
    """Return what folders beside each other are for, by their names; most often one group or none.

    ``seg_train`` is to train on if ``seg_test`` lies beside it. Alone, a class may be called so.

    Examples
    --------
    >>> parts_among(["cat", "train", "val"])
    [{'train': 'train', 'val': 'val'}]
    >>> parts_among(["seg_pred", "seg_test", "seg_train"])
    [{'seg_test': 'test', 'seg_train': 'train'}]
    >>> parts_among(["bullet_train", "car"]), len(parts_among(["a-train", "a-val", "btest", "b"]))
    ([], 1)
    """
    there = list(names)
    plain = {name: split for name in there if (split := split_of(name))}
    if plain:
        return [plain]
    groups: dict[str, dict[str, Split]] = {}
    for name in there:
        words = _WORDS.split(_HUMP.sub("_", name).lower())
        for place, word in enumerate(words):
            split = next((split for split, known in _SPLITS.items() if word in known), None)
            if split:
                rest = " ".join(words[:place] + words[place + 1 :])
                groups.setdefault(rest, {})[name] = split
                break
    return [group for group in groups.values() if {"train"} < {*group.values()}]


def ordered(names: Iterable[str]) -> list[str]:
    """Return the names of classes in order: whole numbers by their value, then all others.

    So leaving a class out never changes the order of the others.

    Examples
    --------
    >>> ordered({"b", "10", "2", "a"})
    ['2', '10', 'a', 'b']
    """

    def key(name: str) -> tuple[bool, int, str]:
        is_number = name.isascii() and name.isdigit() and len(name) <= _MOST_DIGITS
        is_number = is_number and str(int(name)) == name
        return not is_number, int(name) if is_number else 0, name

    return sorted(names, key=key)
