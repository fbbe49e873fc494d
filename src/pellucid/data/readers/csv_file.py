"""CSV files with a header, in the layout of Kaggle's digit recognizer: a label, then pixels.

A file is read in blocks of lines. NumPy's reader takes a whole block; only where it refuses one, or
a value can't be a pixel, are the lines looked at one by one to tell what is wrong with each.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.data.samples import MOST_LABEL, Block, Codes, Parts, Problems, Reading, Samples
from pellucid.errors import DataError

__all__ = ["csv_folder", "csv_parts", "holds_csv"]

_LABEL = "label"
_MOST_HEADER = 16 << 20
_BLOCK_CELLS = 1 << 19
_DELIMITERS = (",", ";", "\t")
# A cell has at least a digit and a delimiter, and no number that is a pixel needs more than this.
_LEAST_CELL, _MOST_CELL = 2, 32
_SLACK = 4096  # for the label and what is odd about a row
_NOT_UTF8 = "it is not text in UTF-8; save the file as CSV in UTF-8"


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


@dataclass(frozen=True)
class Layout:
    """What the header says.

    Attributes
    ----------
    delimiter : str
        What cells are parted by.
    columns : int
        How many cells a row has.
    label : int or None
        Which of them is the label; None where there is none.
    pixels : tuple of int
        Which are the pixels, in the order of the image.
    """

    delimiter: str
    columns: int
    label: int | None
    pixels: tuple[int, ...]

    @property
    def longest(self) -> int:
        """How many bytes a row can have."""
        return self.columns * _MOST_CELL + _SLACK


def holds_csv(folder: Path) -> bool:
    """Tell whether a folder has a ``train.csv``."""
    return _one(folder, "train") is not None


def csv_folder(folder: Path, reading: Reading) -> Parts:
    """Return the source in a folder with ``train.csv`` and perhaps ``test.csv``.

    A file whose name ends so, such as ``mnist_train.csv``, is taken if it is the only one. A
    ``test.csv`` without labels, as Kaggle's, is left out: a split makes the test images.
    """
    train, test = _one(folder, "train"), _one(folder, "test")
    if train is None:
        raise DataError(f"The folder {folder} has no train.csv.")
    if test is not None and _layout(test, needs_label=False).label is None:
        reading.tell(f"{test} has no labels, so it can't test anything; it is left out.")
        test = None
    return csv_parts(train, test, reading, f"folder {folder}")


def csv_parts(train: Path, test: Path | None, reading: Reading, source: str) -> Parts:
    """Return the source in one CSV file, or in one to train on and one to test on.

    The images are square, or of ``reading.size``; pixels are whole numbers from 0 to 255.

    Raises
    ------
    DataError
        A header that can't be used. What is wrong with a row goes to the problems.
    """
    reading.problems.what = "row"
    paths = [train] if test is None else [train, test]
    total = sum(path.stat().st_size for path in paths if path.is_file())
    samples, before, codes = [], 0, Codes()
    for path in paths:
        samples.append(_samples(path, reading, codes, before, total))
        before += path.stat().st_size
    return Parts(samples[0], samples[1] if test is not None else None, source, codes=codes)


def _one(folder: Path, end: str) -> Path | None:
    exact = folder / f"{end}.csv"
    if exact.is_file():
        return exact
    found = sorted(folder.glob(f"*[-_]{end}.csv"))
    return found[0] if len(found) == 1 else None


def _samples(path: Path, reading: Reading, codes: Codes, before: int, total: int) -> Samples:
    layout = _layout(path)
    shape = _shape(path, len(layout.pixels), reading.size)
    size = path.stat().st_size

    def blocks() -> Iterator[Block]:
        length = max(1, _BLOCK_CELLS // layout.columns)
        with _opened(path) as file:
            _header_line(path, file)
            has_rows = False
            for lines in _line_blocks(file, layout, length):
                has_rows = True
                pixels, labels = _rows(lines, layout, path, reading.problems)
                if labels:
                    yield Block(pixels.reshape(-1, *shape), codes.of(labels))
                if reading.progress is not None:
                    reading.progress(before + min(size, file.tell()), total)
            if not has_rows:
                raise DataError(f"{path} has no rows below its header.")

    return Samples(size // (layout.columns * _LEAST_CELL), shape, np.dtype(np.uint8), blocks)


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise DataError(f"Can't read {path}: {error.strerror or error}.") from error


def _header_line(path: Path, file: IO[bytes]) -> str:
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
        raise DataError(f"{path}, line 1: {_NOT_UTF8}.") from error
    if not line.strip():
        raise DataError(
            f"The first line of {path} is blank, where the names of the columns belong."
        )
    return line


def _layout(path: Path, *, needs_label: bool = True) -> Layout:
    with _opened(path) as file:
        line = _header_line(path, file)
    delimiter = max(_DELIMITERS, key=line.count)
    names = [name.strip() for name in _cells(line, delimiter)]
    if line.count('"') % 2:
        raise DataError(f"The header of {path} has a quote without its other one; remove it.")
    if all(re.fullmatch(r"[-+.\deE]*", name) for name in names):
        raise DataError(
            f"{path} has no header: its first line begins with {line[:40]!r}, where the names of "
            "the columns belong, label,pixel0,pixel1,..."
        )
    _check_named(path, names)
    labels = [number for number, name in enumerate(names) if name.lower() == _LABEL]
    if len(labels) > 1 or (not labels and needs_label):
        some = ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
        raise DataError(
            f"{path} has {len(labels) or 'no'} columns called {_LABEL!r} (its columns are {some}); "
            "one is needed, as in label,pixel0,pixel1,..."
        )
    pixels = [number for number in range(len(names)) if number not in labels]
    if not pixels:
        raise DataError(f"{path} has no columns of pixels behind {_LABEL!r}.")
    numbered = [re.fullmatch(r"pixel_?(\d{1,9})", names[number].lower()) for number in pixels]
    if all(numbered):
        pixels.sort(key=lambda number: int(re.sub(r"\D", "", names[number])))
    return Layout(delimiter, len(names), labels[0] if labels else None, tuple(pixels))


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


def _shape(path: Path, pixels: int, size: tuple[int, int] | None) -> tuple[int, int]:
    side = math.isqrt(pixels)
    height, width = (side, side) if size is None else size
    if height * width == pixels:
        return height, width
    what = f"no {height} x {width} images" if size else "no square images"
    raise DataError(
        f"{path} has {pixels} columns of pixels, which make {what}; give size=(height, width)."
    )


def _line_blocks(file: IO[bytes], layout: Layout, length: int) -> Iterator[list[Line]]:
    """Yield lines in blocks; empty lines are left out, endless ones cut off."""
    lines: list[Line] = []
    number = 1
    while data := file.readline(layout.longest):
        number += 1
        whole = data.endswith(b"\n") or len(data) < layout.longest
        while not data.endswith(b"\n") and len(data) == layout.longest:
            data = file.readline(layout.longest)
        if whole and not data.strip():
            continue
        lines.append(_line(number, data if whole else None, layout))
        if len(lines) == length:
            yield lines
            lines = []
    if lines:
        yield lines


def _line(number: int, data: bytes | None, layout: Layout) -> Line:
    if data is None:
        return Line(number, "", f"it is longer than {layout.longest:,} bytes")
    if data.count(b'"') % 2:
        return Line(
            number, "", "it has a quote without its other one; a cell can't hold a line break"
        )  # fmt: skip
    try:
        return Line(number, data.decode("utf-8").rstrip("\r\n"))
    except UnicodeDecodeError:
        return Line(number, "", _NOT_UTF8)


def _rows(
    lines: list[Line], layout: Layout, path: Path, problems: Problems
) -> tuple[NDArray[np.uint8], list[str]]:
    """Return the good rows of some lines: pixels (k, n), and labels."""
    fast = _fast_rows(lines, layout)
    if fast is not None:
        return fast
    rows, labels = [], []
    for line in lines:
        found = _row(line, layout)
        if isinstance(found, str):
            problems.add(f"{path}, line {line.number}", found)
        else:
            rows.append(found[0])
            labels.append(found[1])
    pixels = np.stack(rows) if rows else np.zeros((0, len(layout.pixels)), np.uint8)
    return pixels, labels


def _fast_rows(
    lines: list[Line], layout: Layout
) -> tuple[NDArray[np.uint8], list[str]] | None:  # fmt: skip
    """Return all rows if nothing is wrong with any, else None."""
    texts = [line.text for line in lines if not line.problem]
    if len(texts) < len(lines) or layout.label is None or any('"' in text for text in texts):
        return None
    if any(text.count(layout.delimiter) != layout.columns - 1 for text in texts):
        return None
    try:
        values = np.loadtxt(
            texts, delimiter=layout.delimiter, comments=None, usecols=layout.pixels, ndmin=2
        )
    except (ValueError, OverflowError):
        return None
    labels = [_label_of(text, layout) for text in texts]
    pixels = _as_pixels(values)
    if pixels is None or any(map(_label_problem, labels)):
        return None
    return pixels, labels


def _label_of(text: str, layout: Layout) -> str:
    assert layout.label is not None
    return _label(text.split(layout.delimiter, layout.label + 1)[layout.label])


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


def _row(line: Line, layout: Layout) -> tuple[NDArray[np.uint8], str] | str:
    """Return the pixels and the label of a line, or what is wrong with it."""
    if line.problem:
        return line.problem
    cells = _cells(line.text, layout.delimiter)
    if len(cells) != layout.columns:
        return f"it has {len(cells)} cells, the header {layout.columns}"
    assert layout.label is not None
    label = _label(cells[layout.label])
    reason = _label_problem(label)
    if reason:
        return reason
    pixels = np.zeros(len(layout.pixels), np.uint8)
    for place, column in enumerate(layout.pixels):
        reason = _pixel_problem(cells[column])
        if reason:
            return f"pixel {place} is {reason}"
        pixels[place] = int(float(cells[column]))
    return pixels, label


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


def _cells(line: str, delimiter: str) -> list[str]:
    if '"' not in line:
        return line.split(delimiter)
    try:
        rows: list[list[Any]] = list(csv.reader([line], delimiter=delimiter))
    except csv.Error:
        return []
    return rows[0] if rows else []
