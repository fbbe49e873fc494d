"""CSV files of images, a row each: the layout of Kaggle's digit recognizer, and its relatives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pellucid.console import some
from pellucid.data.readers.csv_columns import Columns, columns_of
from pellucid.data.readers.csv_header import Head, cells, read_head, skip_header
from pellucid.data.readers.csv_rows import Line, first_pixels, good_rows, line_blocks
from pellucid.data.readers.csv_text import ENDS, CsvText, texts_in_zip
from pellucid.data.readers.pixel_scale import PixelScale, check_same_scale, scale_of_text
from pellucid.data.readers.reader import Reader, ends_in
from pellucid.data.readers.row_layout import RowLayout, layout_of_rows
from pellucid.data.samples import Block, Codes, Reading, Samples, Source
from pellucid.errors import DataError

__all__ = ["CSV_FILE", "CSV_FOLDER", "CSV_ZIP", "csv_folder", "csv_source", "holds_csv"]

_BLOCK_CELLS = 1 << 19  # that are read at once
_LEAST_CELL = 2  # bytes: a digit and a delimiter
_TRAIN = ("train", "training", "trn")
_TEST = ("test", "testing", "tst", "privatetest")
_VALIDATION = ("val", "valid", "validation", "dev", "publictest")


@dataclass(frozen=True)
class _Table:
    """A file that was looked at: what its columns are, how its pixels are numbers, what to take."""

    text: CsvText
    size: int
    columns: Columns
    scale: PixelScale
    layout: RowLayout
    parts: frozenset[str] | None = None
    is_rest: bool = False

    def takes(self, line: Line) -> bool:
        """Tell whether a line is to be read; what names no part is told where training is read."""
        if self.parts is None:
            return True
        named = _part_of(line.text, self.columns)
        return named in self.parts or (self.is_rest and named not in _TEST + _VALIDATION)


def holds_csv(folder: Path) -> bool:
    """Tell whether a folder has a ``train.csv``."""
    return _one(folder, "train") is not None


def csv_folder(folder: Path, reading: Reading) -> Source:
    """Return the source in a folder with ``train.csv``, and perhaps ``test.csv`` and ``val.csv``.

    A file whose name ends so, such as ``mnist_train.csv``, is taken if it is the only one. A
    ``test.csv`` without labels, as Kaggle's, is left out. Where nothing else is to test on, what is
    to validate is, and where there is neither a split makes the test images.
    """
    train, test = _one(folder, "train"), _one(folder, "test")
    if train is None:
        raise DataError(f"The folder {folder} has no train.csv.")
    validation = next((path for name in _VALIDATION if (path := _one(folder, name))), None)
    others = [CsvText(path) for path in (test, validation) if path is not None]
    return csv_source(CsvText(train), others, reading, f"folder {folder}")


def csv_source(train: CsvText, others: Sequence[CsvText], reading: Reading, source: str) -> Source:
    """Return the source in a CSV file to train on, and in others to test and to validate on.

    Where there are no others, a column may say which rows are to train, to test and to validate.

    The images are square, or of ``reading.size``, gray or in three colors.

    Raises
    ------
    DataError
        Columns that can't be used, or can't be told apart. What is wrong with a row goes to the
        problems.
    """
    reading.problems.what = "row"
    tables = [_table(train, reading)]
    if not others:
        tables = _parts_of(tables[0], reading)
    for text in others:
        if (table := _other_table(text, tables[0], reading)) is not None:
            check_same_scale(tables[0].scale, table.scale, (train, text))
            tables.append(table)
    if len(tables) == 2 and _is_to_validate(tables[1].text):
        reading.guess(f"{tables[1].text} is taken to test on.")
    total = sum(table.size for table in tables)
    samples, before, codes = [], 0, Codes()
    for table in tables:
        samples.append(_samples(table, reading, codes, before, total))
        before += table.size
    first, second, third = [*samples, None, None][:3]
    assert first is not None
    return Source(first, second, source, codes=codes, validation=third)


def _one(folder: Path, name: str) -> Path | None:
    for end in ENDS:
        if (folder / f"{name}{end}").is_file():
            return folder / f"{name}{end}"
    ending_so = sorted(path for end in ENDS for path in folder.glob(f"*[-_]{name}{end}"))
    return ending_so[0] if len(ending_so) == 1 else None


def _table(
    text: CsvText, reading: Reading, like: _Table | None = None, head: Head | None = None
) -> _Table:  # fmt: skip
    """Look at a file: as one ``like`` it was taken, and by its head, if that was read already."""
    size = text.size()
    head = head or read_head(text)
    if like is not None and like.columns.head is not None and like.columns.head.names == head.names:
        columns = replace(like.columns, head=head)
    else:
        columns = columns_of(head, text, reading)
    first = first_pixels(columns)
    if like is not None and columns.pixel_count == like.columns.pixel_count:
        layout = like.layout
    else:
        layout = layout_of_rows(first, columns.pixel_count, text, reading)
    return _Table(text, size, columns, scale_of_text(first, text, reading), layout)


def _is_to_validate(text: CsvText) -> bool:
    """Tell whether a file's name, or that of one in an archive, says that it is to validate."""
    stem = Path(text.member or text.path.name).name.lower().split(".")[0]
    return any(stem.endswith(name) for name in _VALIDATION)


def _other_table(text: CsvText, train: _Table, reading: Reading) -> _Table | None:
    """Return the file to test or validate on; None where it has no labels, which is said."""
    head, columns, train_head = read_head(text), train.columns, train.columns.head
    assert train_head is not None
    assert columns.label is not None
    label = train_head.names[columns.label]
    is_named = head.has_header and train_head.has_header
    names = [name.lower() for name in head.names]
    if label.lower() not in names if is_named else len(names) != columns.count:
        reading.tell(f"{text} has no labels, so it can't test anything; it is left out.")
        return None
    asked = replace(reading, label=label if is_named else columns.label)
    asked.guesses.extend(reading.guesses)
    table = _table(text, asked, train, head)
    reading.guesses.extend(line for line in asked.guesses if line not in reading.guesses)
    return table


def _parts_of(table: _Table, reading: Reading) -> list[_Table]:
    """Return a file: to train, to test and to validate on, where one of its columns says so."""
    part, head = table.columns.part, table.columns.head
    if part is None or head is None:
        return [table]
    counts: Counter[str] = Counter()
    with table.text.open() as file:
        number = skip_header(table.text, file, head)
        for lines in line_blocks(file, table.columns, _length(table), number):
            counts.update(_part_of(line.text, table.columns) for line in lines)
    train, test, validation = (
        [name for name in names if counts[name]] for names in (_TRAIN, _TEST, _VALIDATION)
    )
    name = head.names[part]
    if not train or not (test or validation):
        reading.guess(
            f"{table.text}: the column {name!r} ({some(sorted(counts))}) does not say what is to "
            "train and what to test on; it is left out."
        )
        return [table]
    held_out = [test, validation] if test and validation else [test or validation]
    more = f"; {some(validation)} is to validate" if test and validation else ""
    reading.guess(
        f"{table.text}: the column {name!r} says what is to train ({some(train)}) and what to test "
        f"on ({some(test or validation)}){more}."
    )
    return [
        replace(table, parts=frozenset(train), is_rest=True),
        *(replace(table, parts=frozenset(names)) for names in held_out),
    ]


def _part_of(line: str, columns: Columns) -> str:
    """Return what the column says that parts the rows; "" where there is no such cell."""
    row = cells(line, columns.delimiter)
    part = columns.part
    return row[part].strip().lower() if part is not None and len(row) > part else ""


def _length(table: _Table) -> int:
    """Return how many rows are read at once."""
    return max(1, _BLOCK_CELLS // (table.columns.count - 1 + table.columns.pixel_count))


def _samples(table: _Table, reading: Reading, codes: Codes, before: int, total: int) -> Samples:
    text, columns, head = table.text, table.columns, table.columns.head
    assert head is not None

    def blocks() -> Iterator[Block]:
        with text.open() as file:
            number = skip_header(text, file, head)
            has_rows = False
            for lines in line_blocks(file, columns, _length(table), number):
                has_rows = True
                chosen = [line for line in lines if table.takes(line)]
                rows = good_rows(chosen, columns, text, reading.problems, table.scale)
                if rows.labels:
                    yield Block(table.layout.images(rows.pixels), codes.of(rows.labels))
                if reading.progress is not None:
                    reading.progress(before + min(table.size, file.tell()), total)
            if not has_rows:
                below = " below its header" if head.has_header else ""
                raise DataError(f"{text} has no rows{below}.")

    most = table.size // (max(columns.count, columns.pixel_count) * _LEAST_CELL)
    return Samples(max(most, 1), table.layout.shape, np.dtype(table.scale.dtype), blocks)


def _csv_file(path: Path, reading: Reading) -> Source:
    return csv_source(CsvText(path), [], reading, f"file {path}")


def _csv_zip(path: Path, reading: Reading) -> Source:
    train, test = texts_in_zip(path)
    return csv_source(train, [test] if test else [], reading, f"file {path}")


CSV_FILE = Reader(", ".join(ENDS[:3]), ends_in(*ENDS), _csv_file)
CSV_ZIP = Reader(".zip (of a CSV file)", ends_in(".zip"), _csv_zip)
CSV_FOLDER = Reader("of train.csv", holds_csv, csv_folder)
