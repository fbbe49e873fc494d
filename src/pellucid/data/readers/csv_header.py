"""The first line of a CSV file: what its columns are called, and which of them are pixels."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pellucid.errors import DataError

__all__ = [
    "NOT_UTF8",
    "Columns",
    "cells",
    "columns_of",
    "columns_without_label",
    "has_label",
    "open_csv",
    "read_header",
]

NOT_UTF8 = "it is not text in UTF-8; save the file as CSV in UTF-8"

_LABEL = "label"
_IDS = ("id", "imageid", "image_id", "index")
_MOST_HEADER = 16 << 20
_DELIMITERS = (",", ";", "\t")
_MOST_CELL = 32  # bytes; no number that is a pixel needs more
_SLACK = 4096  # for the label and what is odd about a row


@dataclass(frozen=True)
class Columns:
    """What the header says.

    Attributes
    ----------
    delimiter : str
        What cells are parted by.
    count : int
        How many cells a row has.
    label : int or None
        Which of them is the label; None where there is none, or it doesn't matter.
    pixels : tuple of int
        Which are the pixels, in the order of the image.
    """

    delimiter: str
    count: int
    label: int | None
    pixels: tuple[int, ...]

    @property
    def longest(self) -> int:
        """How many bytes a row can have."""
        return self.count * _MOST_CELL + _SLACK


def open_csv(path: Path) -> IO[bytes]:
    """Open a file, or say why it can't be read."""
    try:
        return path.open("rb")
    except OSError as error:
        raise DataError(f"Can't read {path}: {error.strerror or error}.") from error


def read_header(path: Path, file: IO[bytes]) -> str:
    """Return the first line of a file; raise DataError where it is no text."""
    data = file.readline(_MOST_HEADER)
    if not data:
        raise DataError(f"{path} is empty (0 bytes).")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(f"{path} is UTF-16 text; save it as CSV in UTF-8.")
    is_text = b"\0" not in data
    if is_text and b"\r" in data.rstrip(b"\r\n"):
        raise DataError(
            f"The lines of {path} end in carriage returns alone, as on old Macs; save it with "
            "line feeds."
        )
    if not is_text or len(data) == _MOST_HEADER:
        raise DataError(f"{path} is no CSV file: its first line is no text.")
    try:
        line = data.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}, line 1: {NOT_UTF8}.") from error
    if not line.strip():
        raise DataError(
            f"The first line of {path} is blank, where the names of the columns belong."
        )
    return line


def has_label(path: Path) -> bool:
    """Tell whether a file's header names a label; raise DataError where it can't be used."""
    _, names = _names(path)
    return bool(_labels(names))


def columns_of(path: Path) -> Columns:
    """Return what a file's header says; raise DataError where it can't be used."""
    delimiter, names = _names(path)
    labels = _labels(names)
    if len(labels) != 1:
        some = ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
        raise DataError(
            f"{path} has {len(labels) or 'no'} columns called {_LABEL!r} (its columns are {some}); "
            "one is needed, as in label,pixel0,pixel1,..."
        )
    pixels = [number for number in range(len(names)) if number not in labels]
    if not pixels:
        raise DataError(f"{path} has no columns of pixels behind {_LABEL!r}.")
    return Columns(delimiter, len(names), labels[0], _in_order(pixels, names))


def columns_without_label(path: Path) -> Columns:
    """Return what a file's header says of pixels alone; a label and an id are passed over."""
    delimiter, names = _names(path)
    pixels = [n for n, name in enumerate(names) if name.lower() not in (_LABEL, *_IDS)]
    if not pixels:
        raise DataError(f"{path} has no columns of pixels.")
    return Columns(delimiter, len(names), None, _in_order(pixels, names))


def _in_order(pixels: list[int], names: list[str]) -> tuple[int, ...]:
    """Return the columns of pixels by their numbers, where all have one."""
    numbered = [re.fullmatch(r"pixel_?(\d{1,9})", names[number].lower()) for number in pixels]
    if all(numbered):
        pixels = sorted(pixels, key=lambda number: int(re.sub(r"\D", "", names[number])))
    return tuple(pixels)


def _names(path: Path) -> tuple[str, list[str]]:
    """Return the delimiter, and what the columns are called."""
    with open_csv(path) as file:
        line = read_header(path, file)
    delimiter = max(_DELIMITERS, key=line.count)
    names = [name.strip() for name in cells(line, delimiter)]
    if line.count('"') % 2:
        raise DataError(f"The header of {path} has a quote without its other one; remove it.")
    if all(re.fullmatch(r"[-+.\deE]*", name) for name in names):
        raise DataError(
            f"{path} has no header: its first line begins with {line[:40]!r}, where the names of "
            "the columns belong, label,pixel0,pixel1,..."
        )
    _check_named(path, names)
    return delimiter, names


def _labels(names: list[str]) -> list[int]:
    return [number for number, name in enumerate(names) if name.lower() == _LABEL]


def cells(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line, or none where its quotes make no sense."""
    if '"' not in line:
        return line.split(delimiter)
    try:
        rows: list[list[Any]] = list(csv.reader([line], delimiter=delimiter))
    except csv.Error:
        return []
    return rows[0] if rows else []


def _check_named(path: Path, names: list[str]) -> None:
    """Raise DataError where a column has no name, as two common slips leave it."""
    # "Unnamed: 0" is what pandas makes of an index that it wrote itself.
    nameless = [n for n, name in enumerate(names) if re.fullmatch(r"(Unnamed: \d+)?", name)]
    if not nameless:
        return
    fix = "give it one, or remove the column"
    if nameless == [0]:
        fix = "if that is the index of a pandas table, save it with index=False"
    elif nameless == [len(names) - 1]:
        fix = "remove the delimiter at the end of each line"
    raise DataError(f"Column {nameless[0] + 1} of {path} has no name; {fix}.")
