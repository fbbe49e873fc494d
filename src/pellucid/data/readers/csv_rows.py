"""The lines of a CSV file as rows of pixels with their labels, and what is wrong with the others.

NumPy's reader takes a whole block of lines; only where it refuses one, or a value can't be a pixel,
are they looked at one by one to tell what is wrong with each.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.data.readers.csv_columns import Columns
from pellucid.data.readers.csv_header import NOT_UTF8, cells
from pellucid.data.readers.pixel_scale import BYTES, PixelScale
from pellucid.data.samples import MOST_LABEL, Problems

__all__ = ["Line", "Rows", "first_pixels", "good_rows", "line_blocks"]


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
    pixels : ndarray of shape (k, n), uint8 or float32
    labels : list of str
        ``""`` where there is no column of labels.
    """

    pixels: NDArray[Any]
    labels: list[str]


class _RowError(Exception):
    """What is wrong with a row."""


def line_blocks(
    file: IO[bytes], columns: Columns, length: int, number: int = 1
) -> Iterator[list[Line]]:  # fmt: skip
    """Yield lines in blocks; empty lines are left out, endless ones cut off.

    ``number`` is that of the line before the first.
    """
    lines: list[Line] = []
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


def first_pixels(columns: Columns) -> NDArray[np.float64]:
    """Return the pixels of those of the first rows that are numbers, as they are."""
    found = []
    for row in columns.head.rows if columns.head is not None else ():
        numbers = _numbers(row, columns)
        if len(numbers) == columns.pixel_count:
            with contextlib.suppress(ValueError):
                found.append(np.array(numbers, np.float64))
    return np.array(found, np.float64).reshape(-1, columns.pixel_count)


def good_rows(
    lines: list[Line],
    columns: Columns,
    where: object,
    problems: Problems,
    scale: PixelScale = BYTES,
) -> Rows:
    """Return the good rows of some lines; what is wrong with the others goes to the problems."""
    fast = _fast_rows(lines, columns, scale)
    if fast is not None:
        return fast
    rows, labels = [], []
    for line in lines:
        try:
            label, pixels = _row(line, columns, scale)
        except _RowError as error:
            problems.add(f"{where}, line {line.number}", error)
        else:
            rows.append(pixels)
            labels.append(label)
    nothing = np.zeros((0, columns.pixel_count), scale.dtype)
    return Rows(np.concatenate([nothing, *rows]), labels)


def _fast_rows(lines: list[Line], columns: Columns, scale: PixelScale) -> Rows | None:
    """Return all rows if nothing is wrong with any, else None."""
    texts = [line.text for line in lines if not line.problem]
    if len(texts) < len(lines) or not texts:
        return None
    if any('"' in text for text in texts):
        rows = [cells(text, columns.delimiter) for text in texts]
        if any(len(row) != columns.count for row in rows):
            return None
        labels = [_label_in(row, columns) for row in rows]
        texts = ["\t".join(_numbers(row, columns)) for row in rows]
        values = _values(texts, "\t", None)
    else:
        if any(text.count(columns.delimiter) != columns.count - 1 for text in texts):
            return None
        labels = [_label_of(text, columns) for text in texts]
        values = _unquoted_values(texts, columns)
    if values is None or values.shape[1] != columns.pixel_count:
        return None
    pixels = scale.stored(values)
    if pixels is None or (columns.label is not None and any(map(_label_problem, labels))):
        return None
    return Rows(pixels, labels)


def _unquoted_values(texts: list[str], columns: Columns) -> NDArray[np.float64] | None:
    """Return the pixels of lines as numbers, or None where some are none."""
    if columns.numbers is None:
        return _values(texts, columns.delimiter, columns.pixels)
    return _values([text.split(columns.delimiter)[columns.pixels[0]] for text in texts], None, None)


def _values(
    texts: list[str], delimiter: str | None, chosen: tuple[int, ...] | None
) -> NDArray[np.float64] | None:
    """Return the chosen of the numbers in each text, or None where some are none."""
    if not all(map(str.strip, texts)):
        return None  # an empty line would be passed over
    try:
        return np.loadtxt(texts, delimiter=delimiter, comments=None, usecols=chosen, ndmin=2)
    except (ValueError, OverflowError):
        return None


def _numbers(row: list[str], columns: Columns) -> list[str]:
    """Return the cells of a row that are pixels, or the numbers in the one that has all."""
    chosen = [row[column] for column in columns.pixels]
    return chosen if columns.numbers is None else chosen[0].split()


def _label_in(row: list[str], columns: Columns) -> str:
    return "" if columns.label is None else _label(row[columns.label])


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


def _row(line: Line, columns: Columns, scale: PixelScale) -> tuple[str, NDArray[Any]]:
    """Return the label and the pixels of a line, as an array of one row; raise _RowError."""
    if line.problem:
        raise _RowError(line.problem)
    parted = cells(line.text, columns.delimiter)
    if len(parted) != columns.count:
        like = "the header" if columns.head is None or columns.head.has_header else "the first"
        raise _RowError(f"it has {len(parted)} cells, {like} {columns.count}")
    label = _label_in(parted, columns)
    reason = "" if columns.label is None else _label_problem(label)
    if reason:
        raise _RowError(reason)
    numbers = _numbers(parted, columns)
    if len(numbers) != columns.pixel_count:
        raise _RowError(f"it has {len(numbers)} pixels, not {columns.pixel_count}")
    for number, cell in enumerate(numbers):
        reason = _pixel_problem(cell, scale)
        if reason:
            raise _RowError(f"pixel {number} is {reason}")
    stored = scale.stored(np.array([[float(cell) for cell in numbers]]))
    assert stored is not None  # each of them was looked at
    return label, stored


def _pixel_problem(cell: str, scale: PixelScale) -> str:
    shown = cell.strip()[:40]
    if not shown:
        return "missing"
    try:
        value = float("_" if "_" in cell else cell)  # Python alone would take "1_0" for 10
    except ValueError:
        return f"{shown!r}, not a number"
    reason = scale.problem(value)
    return f"{shown}, {reason}" if reason else ""
