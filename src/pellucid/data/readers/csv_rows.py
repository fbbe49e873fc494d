"""The lines of a CSV file as rows of pixels with their labels, and what is wrong with the others.

NumPy's reader takes a whole block of lines; only where it refuses one, or a value can't be a pixel,
are they looked at one by one to tell what is wrong with each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.data.readers.csv_header import NOT_UTF8, Columns, cells
from pellucid.data.samples import MOST_LABEL, Problems

__all__ = ["Line", "Rows", "good_rows", "line_blocks"]


class Line(NamedTuple):
    """A line of the file, without its end.

    Attributes
    ----------
    number : int
        Counted from 1, the header.
    text : str
        ``""`` where it is no row.
    problem : str
        Why it is none.
    """

    number: int
    text: str
    problem: str = ""


class Rows(NamedTuple):
    """The good rows of some lines.

    Attributes
    ----------
    pixels : ndarray of shape (k, n), uint8
    labels : list of str
        ``""`` where there is no column of labels.
    """

    pixels: NDArray[np.uint8]
    labels: list[str]


class _RowError(Exception):
    """What is wrong with a row."""


def line_blocks(file: IO[bytes], columns: Columns, length: int) -> Iterator[list[Line]]:
    """Yield lines in blocks; empty lines are left out, endless ones cut off."""
    lines: list[Line] = []
    number = 1
    while data := file.readline(columns.longest):
        number += 1
        whole = data.endswith(b"\n") or len(data) < columns.longest
        while not data.endswith(b"\n") and len(data) == columns.longest:
            data = file.readline(columns.longest)
        if whole and not data.strip():
            continue
        lines.append(_line(number, data if whole else None, columns))
        if len(lines) == length:
            yield lines
            lines = []
    if lines:
        yield lines


def _line(number: int, data: bytes | None, columns: Columns) -> Line:
    if data is None:
        return Line(number, "", f"it is longer than {columns.longest:,} bytes")
    if data.count(b'"') % 2:
        return Line(
            number, "", "it has a quote without its other one; a cell can't hold a line break"
        )  # fmt: skip
    try:
        return Line(number, data.decode("utf-8").rstrip("\r\n"))
    except UnicodeDecodeError:
        return Line(number, "", NOT_UTF8)


def good_rows(lines: list[Line], columns: Columns, path: Path, problems: Problems) -> Rows:
    """Return the good rows of some lines; what is wrong with the others goes to the problems."""
    fast = _fast_rows(lines, columns)
    if fast is not None:
        return fast
    rows, labels = [], []
    for line in lines:
        try:
            label, pixels = _row(line, columns)
        except _RowError as error:
            problems.add(f"{path}, line {line.number}", error)
        else:
            rows.append(pixels)
            labels.append(label)
    return Rows(np.stack(rows) if rows else np.zeros((0, len(columns.pixels)), np.uint8), labels)


def _fast_rows(lines: list[Line], columns: Columns) -> Rows | None:
    """Return all rows if nothing is wrong with any, else None."""
    texts = [line.text for line in lines if not line.problem]
    if len(texts) < len(lines) or any('"' in text for text in texts):
        return None
    if any(text.count(columns.delimiter) != columns.count - 1 for text in texts):
        return None
    try:
        values = np.loadtxt(
            texts, delimiter=columns.delimiter, comments=None, usecols=columns.pixels, ndmin=2
        )
    except (ValueError, OverflowError):
        return None
    labels = [_label_of(text, columns) for text in texts]
    pixels = _as_pixels(values)
    if pixels is None or (columns.label is not None and any(map(_label_problem, labels))):
        return None
    return Rows(pixels, labels)


def _label_of(text: str, columns: Columns) -> str:
    if columns.label is None:
        return ""
    return _label(text.split(columns.delimiter, columns.label + 1)[columns.label])


def _label(cell: str) -> str:
    """Return a label as text, ``""`` for a missing one, "7" for the "7.0" that pandas writes."""
    text = cell.strip()
    if text.lower() == "nan":
        return ""
    return text[:-2] if re.fullmatch(r"[-+]?\d+\.0", text) else text


def _label_problem(label: str) -> str:
    if not label:
        return "its label is missing"
    long = len(label) > MOST_LABEL
    return f"its label has {len(label):,} characters, more than {MOST_LABEL}" if long else ""


def _as_pixels(values: NDArray[np.float64]) -> NDArray[np.uint8] | None:
    # NaN fails both comparisons.
    if not (values.min() >= 0 and values.max() <= 255):
        return None
    pixels = values.astype(np.uint8)
    return pixels if (pixels == values).all() else None


def _row(line: Line, columns: Columns) -> tuple[str, NDArray[np.uint8]]:
    """Return the label and the pixels of a line; raise _RowError."""
    if line.problem:
        raise _RowError(line.problem)
    parted = cells(line.text, columns.delimiter)
    if len(parted) != columns.count:
        raise _RowError(f"it has {len(parted)} cells, the header {columns.count}")
    label = "" if columns.label is None else _label(parted[columns.label])
    reason = "" if columns.label is None else _label_problem(label)
    if reason:
        raise _RowError(reason)
    pixels = np.zeros(len(columns.pixels), np.uint8)
    for number, column in enumerate(columns.pixels):
        reason = _pixel_problem(parted[column])
        if reason:
            raise _RowError(f"pixel {number} is {reason}")
        pixels[number] = int(float(parted[column]))
    return label, pixels


def _pixel_problem(cell: str) -> str:
    shown = cell.strip()[:40]
    if not shown:
        return "missing"
    try:
        value = float("_" if "_" in cell else cell)  # Python alone would take "1_0" for 10
    except ValueError:
        return f"{shown!r}, not a number"
    if not 0 <= value <= 255:
        return f"{shown}, not from 0 to 255"
    return "" if value == int(value) else f"{shown}, not a whole number from 0 to 255"
