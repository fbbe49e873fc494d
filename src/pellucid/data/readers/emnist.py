"""EMNIST's files, known by their names or their layout: images on their sides, labels with a key.

Its authors stored every image with rows and columns exchanged, and letters as numbers. Others have
published the same images upright under the same names, so what the names say is held to the ink:
a character is taller than wide more often than the other way round.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pellucid.data.readers.mat import MAPPING, struct_array
from pellucid.data.samples import Block, Reading, Samples, Source
from pellucid.errors import DataError

__all__ = ["is_emnist", "lie_on_their_sides", "lies", "of_emnist", "transposed"]

_NAME = re.compile(r"emnist[-_ ]", re.IGNORECASE)
_DATA = re.compile(r".*(ubyte|\.idx\d?|\.csv|\.tsv|\.mat|\.npz)(\.gz)?", re.IGNORECASE)
_MAPPING = re.compile(r"(emnist[-_][a-z]+)[-_]mapping\.txt", re.IGNORECASE)
_MOST_MAPPING = 1 << 16  # bytes
_LOOKED_AT = 4096
_LEAST = 32  # images with ink that is taller or wider, to tell anything by it
_CLEARLY = 2  # times as many of the one as of the other


def is_emnist(path: Path) -> bool:
    """Tell whether a file, or all data in a folder, has a name or layout of EMNIST's authors.

    The name of a folder alone says nothing.
    """
    if not path.is_dir():
        return bool(_NAME.match(path.name)) or _mapping_in_mat(path) is not None
    try:
        names = [entry.name for entry in path.iterdir() if _DATA.fullmatch(entry.name)]
    except OSError:  # whatever reads it next tells why
        return False
    if names and all(_NAME.match(name) for name in names):
        return True
    return len(names) == 1 and _mapping_in_mat(path / names[0]) is not None


def of_emnist(
    source: Source, path: Path, reading: Reading, look: Callable[[], NDArray[Any] | None]
) -> Source:
    """Return a source of EMNIST's with its images upright and its classes by their characters.

    Parameters
    ----------
    source : Source
    path : Path
    reading : Reading
        Is told what is done, and why.
    look : callable
        Returns the first images, or None where they can't be read.
    """
    mapping = _mapping(path, reading)
    if mapping:
        source = _called(source, mapping)
    if reading.transpose is None and lie_on_their_sides(path, reading, look()):
        return transposed(source)
    return source


def lie_on_their_sides(path: Path, reading: Reading, images: NDArray[Any] | None) -> bool:
    """Tell whether EMNIST's images, of which the first may be given, are to be turned; say why."""
    ink = None if images is None else lies(images)
    if ink == "upright":
        reading.guess(
            f"{path}: EMNIST's files hold their images transposed, but these stand upright, as "
            "their ink is taller than wide; so they are left as they are (transpose=True turns "
            "them)."
        )
        return False
    seen = ", and these are wider than tall" if ink == "on its side" else ""
    reading.guess(
        f"{path}: EMNIST's files hold their images transposed{seen}, so they are turned upright "
        "(transpose=False leaves them)."
    )
    return True


def lies(images: NDArray[Any]) -> Literal["upright", "on its side"] | None:
    """Tell how characters lie by the boxes around their ink; None where these don't tell.

    Examples
    --------
    >>> ones = np.zeros((40, 9, 9))
    >>> ones[:, 1:8, 4] = 1
    >>> lies(ones), lies(ones.transpose(0, 2, 1)), lies(ones[:4])
    ('upright', 'on its side', None)
    """
    some = images[:_LOOKED_AT].reshape(-1, *images.shape[-2:]).astype(np.float32)
    if not some.size or not np.isfinite(some).all():
        return None
    ground = np.median(some, axis=(1, 2), keepdims=True)
    strength = np.abs(some - ground)
    ink = strength > 0.5 * np.maximum(strength.max(axis=(1, 2), keepdims=True), 1e-9)
    height, width = _extent(ink.any(axis=2)), _extent(ink.any(axis=1))
    tall, wide = int((height > width).sum()), int((width > height).sum())
    if tall + wide < _LEAST:
        return None
    if tall >= _CLEARLY * wide:
        return "upright"
    return "on its side" if wide >= _CLEARLY * tall else None


def transposed(source: Source) -> Source:
    """Return a source with rows and columns of its images exchanged."""
    return _each(source, _turned)


def _turned(samples: Samples) -> Samples:
    def blocks() -> Iterator[Block]:
        for block in samples.blocks():
            yield block._replace(images=block.images.swapaxes(-1, -2))

    *channels, height, width = samples.shape
    return dataclasses.replace(samples, shape=(*channels, width, height), blocks=blocks)


def _called(source: Source, mapping: Mapping[int, str]) -> Source:
    """Return a source whose labels are characters in place of their numbers."""

    def names(labels: NDArray[Any]) -> NDArray[Any]:
        if labels.dtype.kind not in "iuf":
            return labels
        return np.array([mapping.get(int(label), str(label)) for label in labels])

    def called(samples: Samples) -> Samples:
        listed = samples.listed

        def blocks() -> Iterator[Block]:
            for block in samples.blocks():
                yield block._replace(labels=names(block.labels))

        return dataclasses.replace(
            samples, blocks=blocks, listed=None if listed is None else lambda: names(listed())
        )

    return source if source.codes is not None else _each(source, called)


def _each(source: Source, change: Callable[[Samples], Samples]) -> Source:
    def changed(samples: Samples | None) -> Samples | None:
        return None if samples is None else change(samples)

    return dataclasses.replace(
        source,
        train=change(source.train),
        test=changed(source.test),
        validation=changed(source.validation),
    )


def _mapping(path: Path, reading: Reading) -> dict[int, str] | None:
    """Return what the numbers of the labels stand for, where that lies in the file or beside it."""
    if path.is_dir():
        mats = sorted(path.glob("*.mat"))
        found = _mapping_in_mat(mats[0]) if len(mats) == 1 else None
        return found or _mapping_beside(path, None, reading)
    return _mapping_in_mat(path) or _mapping_beside(path.parent, path.name.lower(), reading)


def _mapping_in_mat(path: Path) -> dict[int, str] | None:
    """Return the key to the labels in a .mat file: of each number its characters."""
    if not path.name.lower().endswith(".mat"):
        return None
    try:
        rows = struct_array(path, MAPPING)
    except DataError:  # whatever reads it next tells why
        return None
    return None if rows is None else _characters(rows.tolist())


def _mapping_beside(folder: Path, name: str | None, reading: Reading) -> dict[int, str] | None:
    """Return the key in ``emnist-KIND-mapping.txt``; where a file is named, that of its kind."""
    found = []
    for file in sorted(folder.glob("*.txt")):
        match = _MAPPING.fullmatch(file.name)
        if match and (name is None or name.startswith(match[1].lower())):
            found.append(file)
    if len(found) != 1:
        return None
    reading.note_beside(found[0])
    try:
        with found[0].open(encoding="ascii") as opened:
            lines = opened.read(_MOST_MAPPING).splitlines()
        return _characters([[int(cell) for cell in line.split()] for line in lines if line.strip()])
    except (OSError, ValueError):  # the numbers do without
        return None


def _characters(rows: list[list[int]]) -> dict[int, str] | None:
    """Return the characters of each number, whose codes follow it in a row."""
    try:
        return {int(row[0]): "".join(chr(int(code)) for code in row[1:]) for row in rows}
    except (IndexError, OverflowError, TypeError, ValueError):
        return None


def _extent(used: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return from the first to the last that is used, in each row."""
    length = used.shape[1]
    first, last = used.argmax(axis=1), length - used[:, ::-1].argmax(axis=1)
    extent: NDArray[np.int64] = np.where(used.any(axis=1), last - first, 0)
    return extent
