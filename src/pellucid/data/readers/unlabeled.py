"""Images without labels, to be predicted: pictures, in folders and archives; rows; arrays."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import math
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.console import Say
from pellucid.data.readers.csv_columns import Columns, columns_to_predict
from pellucid.data.readers.csv_header import Head, read_head, skip_header
from pellucid.data.readers.csv_rows import Line, first_pixels, good_rows, line_blocks
from pellucid.data.readers.csv_text import ENDS, CsvText
from pellucid.data.readers.elsewhere import way_out
from pellucid.data.readers.folder_entries import is_litter, is_picture
from pellucid.data.readers.pictures import each_picture
from pellucid.data.readers.pixel_scale import PixelScale, scale_of_text
from pellucid.data.readers.row_layout import layout_of_rows
from pellucid.data.readers.unlabeled_arrays import array_images, is_of_arrays
from pellucid.data.readers.zipped_pictures import Archive, ZippedPicture
from pellucid.data.samples import Problems, Reading
from pellucid.errors import DataError
from pellucid.images.preprocessing import Preprocessing

__all__ = ["Told", "Unlabeled", "each_unlabeled"]

BLOCK_BYTES, MOST = 64 << 20, 4096
"""What a block of images takes at most, and how many it has."""

_Picture = Path | ZippedPicture
_LINES = 1024
_ID = re.compile(r"\W*(image[ _-]?)?id\W*", re.IGNORECASE)


class Unlabeled(NamedTuple):
    """Images, and what each is called.

    Attributes
    ----------
    names : list of str
        The file of a picture as it was given; the file and the number of a row or an image.
    ids : list of str
        The name of a picture's file without its ending; what a column ``id`` or ``ImageId`` has, or
        the number of a row or an image, from 1.
    images : ndarray of shape (n, C, H, W), uint8
    """

    names: list[str]
    ids: list[str]
    images: NDArray[np.uint8]


class Told(NamedTuple):
    """What training was told of its images, which holds for those to predict too.

    Attributes
    ----------
    pixel_range, channels, transpose
        As for :func:`pellucid.data.load`; None for what the images tell.
    """

    pixel_range: tuple[float, float] | None = None
    channels: str | None = None
    transpose: bool | None = None


class _One(NamedTuple):
    name: str
    id: str
    image: NDArray[np.uint8]

    def turned(self) -> _One:
        return self._replace(image=self.image.swapaxes(-1, -2))


NOTHING = Told()
"""Where training was told nothing."""


def each_unlabeled(
    paths: Sequence[Path],
    preprocessing: Preprocessing,
    say: Say,
    *,
    skip_bad: bool = False,
    told: Told = NOTHING,
) -> Iterator[Unlabeled]:
    """Yield pictures, all in folders and below and in zip archives, rows of CSV files, and arrays.

    They come in blocks, so that memory is bounded however many there are. Rows and arrays are
    images as they are; labels and ids beside them are passed over.

    Raises
    ------
    DataError
        After the last block: what can't be read, all of it named, or with ``skip_bad`` only if
        nothing can. At once: a folder without a picture, or images of another number of pixels.
    """
    problems = Problems("predict")
    most, count = max(1, min(MOST, BLOCK_BYTES // math.prod(preprocessing.input_shape))), 0
    block: list[_One] = []
    if told.transpose:
        depth, height, width = preprocessing.input_shape
        preprocessing = dataclasses.replace(preprocessing, input_shape=(depth, width, height))
    for one in _each_one(paths, preprocessing, problems, say, told):
        block.append(one.turned() if told.transpose else one)
        count += 1
        if len(block) == most:
            yield _joined(block)
            block = []
    if problems.count and not (skip_bad and count):
        _refuse(problems, count + problems.count)
    if problems.count:
        say(
            f"Left out {problems.count:,} of {count + problems.count:,}, the first "
            f"{problems.lines[0]}."
        )
    if block:
        yield _joined(block)


def _joined(block: list[_One]) -> Unlabeled:
    return Unlabeled(
        [one.name for one in block], [one.id for one in block],
        np.stack([one.image for one in block]),
    )  # fmt: skip


def _each_one(
    paths: Sequence[Path], preprocessing: Preprocessing, problems: Problems, say: Say, told: Told
) -> Iterator[_One]:
    """Yield one image after the other, of all that is given."""
    with contextlib.ExitStack() as opened:
        parts = [_part(path.expanduser(), say, opened) for path in paths]
        pictures = [picture for part in parts if isinstance(part, list) for picture in part]
        made = each_picture(pictures, preprocessing, say)
        for path, part in zip(paths, parts, strict=True):
            if isinstance(part, CsvText):
                yield from _rows(part, preprocessing, problems, say, told)
            elif isinstance(part, Path):
                yield from _arrays(part, preprocessing, problems, say, told)
            elif part:
                yield from _pictures(part, made, problems)
            else:
                problems.add(path, _nothing_in(path.expanduser()))


def _refuse(problems: Problems, count: int) -> None:
    if problems.count == 1:
        raise DataError(f"Can't read the picture {problems.lines[0]}.")
    raise DataError(f"Can't read {problems.count} of {count} pictures:{problems.text()}")


def _part(path: Path, say: Say, opened: contextlib.ExitStack) -> CsvText | Path | list[_Picture]:
    """Return a file of rows, or one of arrays, or the pictures that a path stands for."""
    if path.is_dir():
        return _pictures_in(path, say)
    if path.name.lower().endswith(ENDS):
        return CsvText(path)
    if path.name.lower().endswith(".zip") and path.exists():
        return _in_zip(opened.enter_context(Archive(path)), say)
    return path if is_of_arrays(path) else [path]


def _in_zip(archive: Archive, say: Say) -> CsvText | list[_Picture]:
    """Return the pictures in an archive, or the CSV file if there are none."""
    pictures = archive.pictures()
    if not pictures:
        return archive.table() or []
    others = len(archive.names) - len(pictures)
    if others:
        say(f"{archive.path}: {others:,} files in it are no pictures.")
    return [*sorted(pictures, key=lambda picture: _natural(picture.member))]


def _nothing_in(path: Path) -> str:
    """Return why there is nothing to predict in a folder or an archive."""
    if not path.is_dir():
        return "it is a zip archive without a picture, and without a single CSV file or test.csv"
    with contextlib.suppress(OSError):
        for entry in sorted(path.iterdir()):
            if entry.name.lower().endswith((*ENDS, ".zip")) or is_of_arrays(entry):
                return f"it is a folder without a picture; give a file in it, such as {entry.name}"
    return "it is a folder without a picture"


def _pictures(
    pictures: Sequence[_Picture], made: Iterator[NDArray[np.uint8] | str], problems: Problems
) -> Iterator[_One]:  # fmt: skip
    for picture in pictures:
        image = next(made)
        if isinstance(picture, ZippedPicture):
            stem = PurePosixPath(picture.member).stem
        else:
            stem = picture.stem
        if not isinstance(image, str):
            yield _One(str(picture), stem, image)
            continue
        known = None if isinstance(picture, ZippedPicture) else _no_picture(picture)
        problems.add(picture, known or image)


def _no_picture(path: Path) -> str | None:
    """Return what to do with a file that is data of another kind, where that is known."""
    if path.name.lower().endswith(".parquet"):
        return "it is a Parquet file; save its images as pictures, or as .npy"
    words = way_out(path) if path.is_file() and not is_picture(path.name) else None
    return None if words is None else f"it {words.rstrip('.')}"


def _arrays(
    path: Path, preprocessing: Preprocessing, problems: Problems, say: Say, told: Told
) -> Iterator[_One]:
    # What is turned as training was told is not turned once more for its name.
    transpose = False if told.transpose else None
    reading = Reading(str(path), say, **told._replace(transpose=transpose)._asdict())
    for number, image in array_images(path, preprocessing.input_shape, problems, reading):
        yield _One(f"{path}, image {number}", str(number), _as_bytes(image))


def _pictures_in(folder: Path, say: Say) -> list[_Picture]:
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
    return [*sorted(pictures, key=lambda file: _natural(str(file.relative_to(folder))))]


def _is_picture(name: str) -> bool:
    return is_picture(name) or name.lower().endswith(".dib")


def _natural(name: str) -> list[tuple[int, int, str]]:
    parts = re.findall(r"[0-9]{1,18}|[^0-9]+", name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def _rows(
    text: CsvText, preprocessing: Preprocessing, problems: Problems, say: Say, told: Told
) -> Iterator[_One]:  # fmt: skip
    """Yield the rows of a CSV file; their numbers count the bad ones too."""
    channels, height, width = preprocessing.input_shape
    reading = Reading(str(text), say, size=(height, width), **told._asdict())
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
