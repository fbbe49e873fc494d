"""The beginning of a CSV file: what parts its cells, how its columns are called, its first rows."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import IO, Any

from pellucid.data.readers.csv_text import CsvText
from pellucid.errors import DataError

__all__ = [
    "LONG_ROW",
    "NOT_UTF8",
    "Head",
    "cells",
    "holds_numbers",
    "is_number",
    "read_head",
    "skip_header",
]

NOT_UTF8 = "it is not text in UTF-8; save the file as CSV in UTF-8"

LONG_ROW = 1 << 20
"""Bytes of a row, at most, where a cell holds all pixels of an image."""

_MOST_HEADER = 16 << 20
_DELIMITERS = (",", ";", "\t")
_ROWS = 256  # are looked at
_LEAST_NUMBERS = 4  # in a cell that holds an image
_SOME_NUMBERS = 16  # of them are looked at
_BYTES = 4 << 20  # at most


@dataclass(frozen=True)
class Head:
    """The beginning of a file.

    Attributes
    ----------
    delimiter : str
        What cells are parted by.
    names : tuple of str
        What the columns are called; "" where the first line is a row already.
    has_header : bool
        Whether the first line is none.
    rows : list of list of str
        The cells of the first rows; only of those that have as many as the first line.
    """

    delimiter: str
    names: tuple[str, ...]
    has_header: bool
    rows: list[list[str]]

    def column(self, number: int) -> list[str]:
        """Return the first cells of a column."""
        return [row[number].strip() for row in self.rows]


def read_head(text: CsvText) -> Head:
    """Return how a file begins.

    Raises
    ------
    DataError
        It is empty, or no text, or its first line is none that a CSV file has.
    """
    with text.open() as file:
        line = _first_line(text, file)
        delimiter = max(_DELIMITERS, key=line.count)
        if line.count('"') % 2:
            raise DataError(f"The header of {text} has a quote without its other one; remove it.")
        first = [name.strip() for name in cells(line, delimiter)]
        rows = _first_rows(file, delimiter, len(first))
    if _is_header(first):
        return Head(delimiter, tuple(first), True, rows)
    return Head(delimiter, ("",) * len(first), False, [first, *rows])


def skip_header(text: CsvText, file: IO[bytes], head: Head) -> int:
    """Go to the first row of a file, and return the number of the line before it."""
    if head.has_header:
        _first_line(text, file)
        return 1
    if file.read(3) != b"\xef\xbb\xbf":  # a byte order mark
        file.seek(0)
    return 0


def cells(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line, or none where its quotes make no sense."""
    if '"' not in line:
        return line.split(delimiter)
    try:
        rows: list[list[Any]] = list(csv.reader([line], delimiter=delimiter))
    except csv.Error:
        return []
    return rows[0] if rows else []


def is_number(cell: str) -> bool:
    """Tell whether a cell is a finite number as CSV files hold them.

    Examples
    --------
    >>> [is_number(cell) for cell in ("7", " -0.5 ", "1e-3", "", "1_0", "nan", "x")]
    [True, True, True, False, False, False, False]
    """
    return re.fullmatch(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", cell, re.ASCII) is not None


def holds_numbers(cell: str) -> bool:
    """Tell whether a cell has several numbers, parted by spaces.

    Examples
    --------
    >>> holds_numbers("70 80 82 72"), holds_numbers("7"), holds_numbers("1 2")
    (True, False, False)
    """
    numbers = cell.split(maxsplit=_SOME_NUMBERS)[:_SOME_NUMBERS]
    return len(numbers) >= _LEAST_NUMBERS and all(map(is_number, numbers))


def _first_line(text: CsvText, file: IO[bytes]) -> str:
    """Return the first line of a file; raise DataError where it is no text."""
    data = file.readline(_MOST_HEADER)
    if not data:
        raise DataError(f"{text} is empty (0 bytes).")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(f"{text} is UTF-16 text; save it as CSV in UTF-8.")
    is_text = b"\0" not in data
    if is_text and b"\r" in data.rstrip(b"\r\n"):
        raise DataError(
            f"The lines of {text} end in carriage returns alone, as on old Macs; save it with "
            "line feeds."
        )
    if not is_text or len(data) == _MOST_HEADER:
        raise DataError(f"{text} is no CSV file: its first line is no text.")
    try:
        line = data.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise DataError(f"{text}, line 1: {NOT_UTF8}.") from error
    if not line.strip():
        raise DataError(
            f"The first line of {text} is blank, where the names of the columns belong."
        )
    return line


def _first_rows(file: IO[bytes], delimiter: str, count: int) -> list[list[str]]:
    rows: list[list[str]] = []
    length = 0
    while len(rows) < _ROWS and length < _BYTES and (data := file.readline(LONG_ROW)):
        length += len(data)
        if not data.endswith(b"\n") and len(data) == LONG_ROW:
            while data and not data.endswith(b"\n") and length < _BYTES:
                data = file.readline(LONG_ROW)
                length += len(data)
            continue
        row = cells(data.decode("utf-8", "replace").rstrip("\r\n"), delimiter)
        if len(row) == count and data.strip():
            rows.append(row)
    return rows


def _is_header(first: list[str]) -> bool:
    """Tell whether a line has names of columns: not numbers alone, or numbers that count them.

    A label in letters beside other numbers is a row.
    """
    if any(map(holds_numbers, first)):
        return False
    numbers = [cell for cell in first if is_number(cell)]
    if len(numbers) < len(first) - 1 or len(first) == 1:
        return True
    if not all(cell.isascii() and cell.isdigit() for cell in numbers):
        return False
    counted = sorted(map(int, numbers))
    is_count = counted == [*range(counted[0], counted[0] + len(counted))]
    if len(numbers) == len(first):
        return is_count and len(first) > 2 and counted == [*map(int, numbers)]
    return is_count
