"""Pictures in one folder whose names tell their classes: ``cat.0.png``, ``dog_17.jpg``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pellucid.console import some
from pellucid.data.readers.folder_entries import ordered, pictures_in
from pellucid.data.samples import Reading
from pellucid.errors import DataError

__all__ = ["classes_in_names", "named_pictures"]

# The class, then a number; or a number, then the class.
_PATTERNS = (
    re.compile(r"(?P<label>.*?)[\s._-]*\(?\d+\)?"),
    re.compile(r"\d+[\s._-]+(?P<label>.*)"),
)
_SHOWN = 3


def classes_in_names(names: Sequence[str]) -> list[str] | None:
    """Return the class of each picture, as its name tells it, or None where names don't.

    They do if all are a class and a number, and there are two classes at least, with two pictures
    for each of them on average.

    Examples
    --------
    >>> classes_in_names(["cat.0.png", "cat.1.png", "dog.0.png", "dog (2).png"])
    ['cat', 'cat', 'dog', 'dog']
    >>> classes_in_names(["0_cat.png", "1_cat.png", "2_dog.png", "3_dog.png"])
    ['cat', 'cat', 'dog', 'dog']
    >>> classes_in_names(["img1.png", "img2.png", "img3.png"])
    """
    stems = [Path(name).stem for name in names]
    for pattern in _PATTERNS:
        found = [pattern.fullmatch(stem) for stem in stems]
        labels = [match["label"] if match else "" for match in found]
        if all(labels) and 2 <= len(set(labels)) <= len(labels) / 2:
            return labels
    return None


def named_pictures(folder: Path, reading: Reading) -> list[tuple[str, str]]:
    """Return the path and the class of each picture in a folder, and say how they were told.

    Raises
    ------
    DataError
        The names tell no classes.
    """
    names = pictures_in(folder)
    labels = classes_in_names(names)
    if labels is None:
        raise DataError(
            f"The pictures of {folder} lie in one folder, and their names ({some(names, _SHOWN)}) "
            "tell no classes; give each class a folder of its own, or list them in a .csv of "
            "filename,label beside them."
        )
    counts = Counter(labels)
    told = some([f"{label} ({counts[label]:,})" for label in ordered(counts)])
    reading.guess(f"{folder}: the classes are taken from the pictures' names: {told}.")
    return [(str(folder / name), label) for name, label in zip(names, labels, strict=True)]
