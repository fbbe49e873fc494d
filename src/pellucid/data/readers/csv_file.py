"""CSV files with a header, in the layout of Kaggle's digit recognizer: a label, then pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pellucid.data.readers.csv_header import columns_of, has_label, open_csv, read_header
from pellucid.data.readers.csv_rows import good_rows, line_blocks
from pellucid.data.readers.reader import Reader, ends_in
from pellucid.data.samples import Block, Codes, Reading, Samples, Source
from pellucid.errors import DataError

__all__ = ["CSV_FILE", "CSV_FOLDER", "csv_folder", "csv_source", "holds_csv"]

_BLOCK_CELLS = 1 << 19  # that are read at once
_LEAST_CELL = 2  # bytes: a digit and a delimiter


def holds_csv(folder: Path) -> bool:
    """Tell whether a folder has a ``train.csv``."""
    return _one(folder, "train") is not None


def csv_folder(folder: Path, reading: Reading) -> Source:
    """Return the source in a folder with ``train.csv`` and perhaps ``test.csv``.

    A file whose name ends so, such as ``mnist_train.csv``, is taken if it is the only one. A
    ``test.csv`` without labels, as Kaggle's, is left out: a split makes the test images.
    """
    train, test = _one(folder, "train"), _one(folder, "test")
    if train is None:
        raise DataError(f"The folder {folder} has no train.csv.")
    if test is not None and not has_label(test):
        reading.tell(f"{test} has no labels, so it can't test anything; it is left out.")
        test = None
    return csv_source(train, test, reading, f"folder {folder}")


def csv_source(train: Path, test: Path | None, reading: Reading, source: str) -> Source:
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
    return Source(samples[0], samples[1] if test is not None else None, source, codes=codes)


def _one(folder: Path, end: str) -> Path | None:
    exact = folder / f"{end}.csv"
    if exact.is_file():
        return exact
    ending_so = sorted(folder.glob(f"*[-_]{end}.csv"))
    return ending_so[0] if len(ending_so) == 1 else None


def _samples(path: Path, reading: Reading, codes: Codes, before: int, total: int) -> Samples:
    columns = columns_of(path)
    shape = _shape(path, len(columns.pixels), reading.size)
    size = path.stat().st_size

    def blocks() -> Iterator[Block]:
        length = max(1, _BLOCK_CELLS // columns.count)
        with open_csv(path) as file:
            read_header(path, file)
            has_rows = False
            for lines in line_blocks(file, columns, length):
                has_rows = True
                rows = good_rows(lines, columns, path, reading.problems)
                if rows.labels:
                    yield Block(rows.pixels.reshape(-1, *shape), codes.of(rows.labels))
                if reading.progress is not None:
                    reading.progress(before + min(size, file.tell()), total)
            if not has_rows:
                raise DataError(f"{path} has no rows below its header.")

    return Samples(size // (columns.count * _LEAST_CELL), shape, np.dtype(np.uint8), blocks)


def _shape(path: Path, pixels: int, size: tuple[int, int] | None) -> tuple[int, int]:
    side = math.isqrt(pixels)
    height, width = (side, side) if size is None else size
    if height * width == pixels:
        return height, width
    what = f"no {height} x {width} images" if size else "no square images"
    raise DataError(
        f"{path} has {pixels} columns of pixels, which make {what}; give size=(height, width)."
    )


CSV_FILE = Reader(
    ".csv", ends_in(".csv"), lambda path, reading: csv_source(path, None, reading, f"file {path}")
)
CSV_FOLDER = Reader("of train.csv", holds_csv, csv_folder)
