"""Images without labels, to be predicted: pictures in folders, rows of CSV files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.console import Say
from pellucid.data.readers.csv_header import Columns, columns_without_label, open_csv, read_header
from pellucid.data.readers.csv_rows import Line, good_rows, line_blocks
from pellucid.data.readers.pictures import PictureError, decode
from pellucid.data.samples import Problems
from pellucid.errors import DataError
from pellucid.images.preprocessing import Preprocessing

__all__ = ["Unlabeled", "read_unlabeled"]

_ENDINGS = (
    ".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".dib", ".tif", ".tiff", ".gif", ".webp", ".avif",
    ".heic", ".heif",
)  # fmt: skip
_LITTER = ("thumbs.db", "desktop.ini", "icon\r", "__macosx")
_LINES = 1024


class Unlabeled(NamedTuple):
    """Images, and what each is called.

    Attributes
    ----------
    names : list of str
        The file of a picture as it was given; the file and the number of a row.
    ids : list of str
        The name of a picture's file without its ending; the number of a row, from 1.
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
    found: list[_One] = []
    count = 0
    for path in paths:
        before = problems.count
        for one in _read(path, preprocessing, problems, say):
            found.append(one)
            count += 1
        count += problems.count - before
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


def _read(
    path: Path, preprocessing: Preprocessing, problems: Problems, say: Say
) -> Iterator[_One]:  # fmt: skip
    if path.suffix.lower() == ".csv" and not path.is_dir():
        yield from _rows(path, preprocessing, problems)
        return
    pictures = _pictures_in(path, say) if path.is_dir() else [path]
    if not pictures:
        problems.add(path, "it is a folder without a picture")
    for picture in pictures:
        try:
            yield _One(str(picture), picture.stem, preprocessing.picture(decode(picture)))
        except PictureError as error:
            problems.add(picture, error)


def _pictures_in(folder: Path, say: Say) -> list[Path]:
    """Return the pictures in a folder and below, "2.png" before "10.png"."""
    files = [
        Path(at, name)
        for at, folders, names in os.walk(folder)
        for name in names
        if not _is_hidden(Path(at, name).relative_to(folder))
    ]
    pictures = [file for file in files if file.name.lower().endswith(_ENDINGS)]
    others = sorted(set(files) - set(pictures))
    if others and pictures:
        say(f"{folder}: {len(others):,} files are no pictures, the first {others[0].name}.")
    return sorted(pictures, key=lambda file: _natural(str(file.relative_to(folder))))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part.lower() in _LITTER for part in path.parts)


def _natural(name: str) -> list[tuple[int, int, str]]:
    parts = re.findall(r"[0-9]{1,18}|[^0-9]+", name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def _rows(path: Path, preprocessing: Preprocessing, problems: Problems) -> Iterator[_One]:
    """Yield the rows of a CSV file; their numbers count the bad ones too."""
    columns = columns_without_label(path)
    channels, height, width = preprocessing.input_shape
    if channels != 1 or len(columns.pixels) != height * width:
        raise DataError(
            f"{path} has {len(columns.pixels)} columns of pixels; the model takes images of "
            f"{height} x {width} pixels with {channels} channel{'s' * (channels > 1)}"
            f"{', so give pictures' * (channels > 1)}."
        )
    number = 0
    with open_csv(path) as file:
        read_header(path, file)
        for lines in line_blocks(file, columns, _LINES):
            pixels = good_rows(lines, columns, path, problems).pixels
            good = lines if len(pixels) == len(lines) else _good(lines, columns, path)
            places = {line.number: number + k for k, line in enumerate(lines, start=1)}
            for line, row in zip(good, pixels, strict=True):
                place = places[line.number]
                image = row.reshape(preprocessing.input_shape)
                yield _One(f"{path}, row {place}", str(place), image)
            number += len(lines)
    if number == 0:
        raise DataError(f"{path} has no rows below its header.")


def _good(lines: list[Line], columns: Columns, path: Path) -> list[Line]:
    nobody = Problems("")
    return [line for line in lines if len(good_rows([line], columns, path, nobody).pixels)]
