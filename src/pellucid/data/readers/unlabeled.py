"""Images without labels, to be predicted: pictures in folders, rows of CSV files."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.console import Say
from pellucid.data.readers.csv_columns import Columns, columns_to_predict
from pellucid.data.readers.csv_header import Head, read_head, skip_header
from pellucid.data.readers.csv_rows import Line, first_pixels, good_rows, line_blocks
from pellucid.data.readers.csv_text import ENDS, CsvText
from pellucid.data.readers.folder_entries import is_litter, is_picture
from pellucid.data.readers.pictures import each_picture
from pellucid.data.readers.pixel_scale import PixelScale, scale_of_text
from pellucid.data.readers.row_layout import layout_of_rows
from pellucid.data.samples import Problems, Reading
from pellucid.errors import DataError
from pellucid.images.preprocessing import Preprocessing

__all__ = ["Unlabeled", "read_unlabeled"]

_LINES = 1024
_ID = re.compile(r"\W*(image[ _-]?)?id\W*", re.IGNORECASE)


class Unlabeled(NamedTuple):
    """Images, and what each is called.

    Attributes
    ----------
    names : list of str
        The file of a picture as it was given; the file and the number of a row.
    ids : list of str
        The name of a picture's file without its ending; what a column ``id`` or ``ImageId`` has, or
        the number of a row, from 1.
    images : ndarray of shape (n, C, H, W), uint8
    """

    names: list[str]
    ids: list[str]
    images: NDArray[np.uint8]


class _One(NamedTuple):
    name: str
    id: str
    image: NDArray[np.uint8]


def read_unlabeled(
    paths: Sequence[Path], preprocessing: Preprocessing, say: Say, *, skip_bad: bool = False
) -> Unlabeled:
    """Read pictures, all pictures in folders and below, and the rows of CSV files.

    Rows are images as they are; a column ``label`` and one of ids are passed over.

    Raises
    ------
    DataError
        What can't be read, all of it named, or with ``skip_bad`` only if nothing can; or a folder
        without a picture, or a CSV file with another number of pixels.
    """
    problems = Problems("predict")
    parts = [_part(path.expanduser(), say) for path in paths]
    pictures = [picture for part in parts if isinstance(part, list) for picture in part]
    made = each_picture(pictures, preprocessing, say)
    found: list[_One] = []
    for path, part in zip(paths, parts, strict=True):
        if isinstance(part, CsvText):
            found.extend(_rows(part, preprocessing, problems, say))
        elif part:
            found.extend(_pictures(part, made, problems))
        else:
            problems.add(path, "it is a folder without a picture")
    count = len(found) + problems.count
    if problems.count and not (skip_bad and found):
        _refuse(problems, count)
    if problems.count:
        say(f"Left out {problems.count:,} of {count:,}, the first {problems.lines[0]}.")
    images = [one.image for one in found]
    shape = preprocessing.input_shape
    return Unlabeled(
        [one.name for one in found], [one.id for one in found],
        np.stack(images) if images else np.empty((0, *shape), np.uint8),
    )  # fmt: skip


def _refuse(problems: Problems, count: int) -> None:
    if problems.count == 1:
        raise DataError(f"Can't read the picture {problems.lines[0]}.")
    raise DataError(f"Can't read {problems.count} of {count} pictures:{problems.text()}")


def _part(path: Path, say: Say) -> CsvText | list[Path]:
    """Return a file of rows, or the pictures that a path stands for."""
    if path.name.lower().endswith(ENDS) and not path.is_dir():
        return CsvText(path)
    return _pictures_in(path, say) if path.is_dir() else [path]


def _pictures(
    pictures: list[Path], made: Iterator[NDArray[np.uint8] | str], problems: Problems
) -> Iterator[_One]:  # fmt: skip
    for picture in pictures:
        image = next(made)
        if isinstance(image, str):
            problems.add(picture, image)
        else:
            yield _One(str(picture), picture.stem, image)


def _pictures_in(folder: Path, say: Say) -> list[Path]:
    """Return the pictures in a folder and below, "2.png" before "10.png"."""
    files = [
        Path(at, name)
        for at, folders, names in os.walk(folder)
        for name in names
        if not any(map(is_litter, Path(at, name).relative_to(folder).parts))
    ]
    pictures = [file for file in files if _is_picture(file.name)]
    others = sorted(set(files) - set(pictures))
    if others and pictures:
        say(f"{folder}: {len(others):,} files are no pictures, the first {others[0].name}.")
    return sorted(pictures, key=lambda file: _natural(str(file.relative_to(folder))))


def _is_picture(name: str) -> bool:
    return is_picture(name) or name.lower().endswith(".dib")


def _natural(name: str) -> list[tuple[int, int, str]]:
    parts = re.findall(r"[0-9]{1,18}|[^0-9]+", name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def _rows(
    text: CsvText, preprocessing: Preprocessing, problems: Problems, say: Say
) -> Iterator[_One]:  # fmt: skip
    """Yield the rows of a CSV file; their numbers count the bad ones too."""
    channels, height, width = preprocessing.input_shape
    reading = Reading(str(text), say, size=(height, width))
    head = read_head(text)
    columns = columns_to_predict(head, channels * height * width, text, reading)
    if columns.pixel_count != channels * height * width:
        raise DataError(
            f"{text} has {columns.pixel_count} columns of pixels; the model takes images of "
            f"{height} x {width} pixels with {channels} channel{'s' * (channels > 1)}."
        )
    first = first_pixels(columns)
    scale = scale_of_text(first, text, reading)
    layout = layout_of_rows(first, columns.pixel_count, text, reading)
    number, named = 0, _id_column(head)
    with text.open() as file:
        before = skip_header(text, file, head)
        for lines in line_blocks(file, columns, _LINES, before):
            pixels = good_rows(lines, columns, text, problems, scale).pixels
            good = lines if len(pixels) == len(lines) else _good(lines, columns, text, scale)
            places = {line.number: number + k for k, line in enumerate(lines, start=1)}
            for line, image in zip(good, layout.images(pixels), strict=True):
                place = places[line.number]
                name = None if named is None else _cell(line, named, columns)
                yield _One(
                    f"{text}, row {place}", name or str(place),
                    _as_bytes(image).reshape(preprocessing.input_shape),
                )  # fmt: skip
            number += len(lines)
    if number == 0:
        raise DataError(f"{text} has no rows{' below its header' if head.has_header else ''}.")


def _id_column(head: Head) -> int | None:
    """Return the only column that is called as Kaggle's ids are."""
    found = [n for n, name in enumerate(head.names) if _ID.fullmatch(name)]
    return found[0] if head.has_header and len(found) == 1 else None


def _cell(line: Line, column: int, columns: Columns) -> str:
    return next(csv.reader([line.text], delimiter=columns.delimiter))[column].strip()


def _as_bytes(image: NDArray[Any]) -> NDArray[np.uint8]:
    if image.dtype == np.uint8:
        return image
    return np.rint(image * 255.0).astype(np.uint8)


def _good(lines: list[Line], columns: Columns, text: CsvText, scale: PixelScale) -> list[Line]:
    nobody = Problems("")
    return [line for line in lines if len(good_rows([line], columns, text, nobody, scale).pixels)]
