"""Pictures with labels as a source: every one is looked at before the first is decoded.

Folders and Parquet files both use it. One :class:`pellucid.Preprocessing` makes images of the
pictures; where none is given it is the one that takes pictures of the size they have unchanged.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.data.readers.deep_pictures import DeepPictures, find_deep_range
from pellucid.data.readers.picture_file import Content, PictureError
from pellucid.data.readers.picture_pixels import Depth, Header, Seen, decode, read_header
from pellucid.data.samples import BLOCK_BYTES, Block, Reading, Samples, Source, Steps
from pellucid.errors import DataError
from pellucid.images.common_size import SIDE, chosen_size, size_told
from pellucid.images.preprocessing import Preprocessing

__all__ = ["Picture", "Pictures", "source_of_pictures"]

_MOST_ALIKE = 0.9
"""If this share of the pictures has one small size, the others are bad; else a size is chosen."""


class Picture(NamedTuple):
    """A picture that was not looked at yet.

    Attributes
    ----------
    where : str
        What to call it.
    label : int
        Its class; -1 where it has none.
    content : Path, bytes, str or None
        The file, or its bytes, or the reason why there is none; None if that was told before.
    """

    where: str
    label: int
    content: Content | str | None


@dataclass(frozen=True)
class Pictures:
    """Pictures that can be gone through again and again, in the same order."""

    count: int
    each: Callable[[], Iterator[Picture]]


@dataclass
class _Survey:
    """What the headers say.

    Attributes
    ----------
    sizes : ndarray of shape (n, 2), int32
        Height and width of each picture; 0 for a bad one.
    labels : ndarray of shape (n,), int64
        The class of each, of the bad ones too.
    is_color : bool
        Whether one of them has colors.
    deep : dict
        The depth of each that has more than 8 bits, by its place.
    """

    sizes: NDArray[np.int32]
    labels: NDArray[np.int64]
    is_color: bool
    deep: dict[int, Depth]


def _common(surveys: Sequence[_Survey]) -> list[tuple[tuple[int, int], int]]:
    """Return each size and how many pictures have it, the most frequent first."""
    sizes = np.concatenate([survey.sizes for survey in surveys])
    different, counts = np.unique(sizes[sizes[:, 0] > 0], axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [((int(different[i, 0]), int(different[i, 1])), int(counts[i])) for i in order]


def source_of_pictures(
    parts: Sequence[Pictures],
    classes: tuple[str, ...],
    source: str,
    reading: Reading,
    *,
    keep_unused: bool = False,
) -> Source:
    """Look at every picture's header, choose what makes images of them, and return the source.

    The parts are the pictures to train on, and perhaps those to test on, and to validate with.

    Raises
    ------
    DataError
        None of the pictures can be read.
    """
    total = sum(part.count for part in parts)
    steps = Steps(reading.progress, 2 * total)
    surveys = [_survey(part, reading, steps) for part in parts]
    preprocessing, exact = _choose(surveys, reading)
    preprocessing = _with_depth(preprocessing, parts, surveys, reading)
    seen = Seen(reading.guess)
    samples = [
        _samples(part, survey, preprocessing, exact, reading, steps, seen)
        for part, survey in zip(parts, surveys, strict=True)
    ]
    train, test, validation = [*samples, None, None][:3]
    assert train is not None
    return Source(
        train, test, source, classes, preprocessing, keep_unused, validation=validation
    )  # fmt: skip


def _survey(pictures: Pictures, reading: Reading, steps: Steps) -> _Survey:
    sizes, is_color = np.zeros((pictures.count, 2), np.int32), False
    deep: dict[int, Depth] = {}
    labels = np.full(pictures.count, -1, np.int64)
    for number, picture in enumerate(pictures.each()):
        labels[number] = picture.label
        try:
            header = None if picture.content is None else _header(picture.content)
        except PictureError as error:
            reading.problems.add(picture.where, error)
        else:
            if header is not None:
                sizes[number] = header.height, header.width
                is_color |= header.is_color
                if header.depth != "bytes":
                    deep[number] = header.depth
        steps.step()
    return _Survey(sizes, labels, is_color, deep)


def _header(content: Content | str) -> Header:
    if isinstance(content, str):
        raise PictureError(content)
    return read_header(content)


def _choose(
    surveys: list[_Survey], reading: Reading
) -> tuple[Preprocessing, tuple[int, int] | None]:
    """Return the preprocessing, and the size that a picture must have, if it must have one."""
    if reading.preprocessing is not None:
        return reading.preprocessing, None
    is_color = any(survey.is_color for survey in surveys)
    sizes = _common(surveys)
    if not sizes:
        reading.problems.settle(False, None)
        raise DataError(f"{reading.name} holds no pictures.")
    if reading.size is not None:
        return _as_they_are(is_color, reading.size), None
    (size, count), total = sizes[0], sum(count for _, count in sizes)
    if count < total and (count < _MOST_ALIKE * total or min(size) > SIDE):
        chosen = chosen_size(sizes)
        reading.guess(size_told(sizes, chosen, "size=(28, 28)"))
        return _as_they_are(is_color, chosen), None
    return _as_they_are(is_color, size), size


def _with_depth(
    preprocessing: Preprocessing,
    pictures: Sequence[Pictures],
    surveys: Sequence[_Survey],
    reading: Reading,
) -> Preprocessing:
    """Return the preprocessing with the range of pictures of more than 8 bits, if there are any."""
    if preprocessing.deep_range is not None or not any(survey.deep for survey in surveys):
        return preprocessing

    def deep() -> DeepPictures:
        for part, survey in zip(pictures, surveys, strict=True):
            for number, picture in enumerate(part.each() if survey.deep else ()):
                if number in survey.deep and isinstance(picture.content, Content):
                    yield picture.content, survey.deep[number]

    found = find_deep_range(reading.name, deep(), reading.guess)
    return preprocessing if found is None else dataclasses.replace(preprocessing, deep_range=found)


def _as_they_are(is_color: bool, size: tuple[int, int]) -> Preprocessing:
    """Return what never inverts or moves, and leaves a picture of the size unchanged."""
    shape = (3 if is_color else 1, *size)
    return Preprocessing(shape, polarity="light-on-dark", fit="resize")


def _samples(
    pictures: Pictures,
    survey: _Survey,
    preprocessing: Preprocessing,
    exact: tuple[int, int] | None,
    reading: Reading,
    steps: Steps,
    seen: Seen,
) -> Samples:
    channels, *size = preprocessing.input_shape
    shape = tuple(size) if channels == 1 else preprocessing.input_shape
    length = max(1, BLOCK_BYTES // int(np.prod(shape)))

    def image(picture: Picture, height: int, width: int) -> NDArray[np.uint8]:
        if exact is not None and (height, width) != exact:
            raise PictureError(
                f"it has {height} x {width} pixels, most have {exact[0]} x {exact[1]}; size= "
                "brings all to one size"
            )
        return _image(picture.content, preprocessing, seen.at(picture.where)).reshape(shape)

    def blocks() -> Iterator[Block]:
        images: list[NDArray[np.uint8]] = []
        places: list[int] = []
        for number, picture in enumerate(pictures.each()):
            steps.step()
            height, width = survey.sizes[number].tolist()
            if height == 0:
                continue  # its header was bad, and is told already
            try:
                images.append(image(picture, height, width))
            except PictureError as error:
                reading.problems.add(picture.where, error)
                continue
            places.append(number)
            if len(images) == length:
                yield _block(images, places, survey)
                images, places = [], []
        if images:
            yield _block(images, places, survey)
        seen.end()

    return Samples(
        pictures.count, shape, np.dtype(np.uint8), blocks, lambda: survey.labels
    )  # fmt: skip


def _block(images: list[NDArray[np.uint8]], places: list[int], survey: _Survey) -> Block:
    listed = np.array(places, np.int64)
    return Block(np.stack(images), survey.labels[listed], listed)


def _image(
    content: Content | str | None, preprocessing: Preprocessing, seen: Seen
) -> NDArray[np.uint8]:
    if content is None or isinstance(content, str):  # it was there in the first round
        raise PictureError(content or "it can't be read any more")
    pixels = decode(content, preprocessing.deep_range, seen)
    try:
        return preprocessing.picture(pixels, say=seen.doubt)
    except DataError as error:
        raise PictureError(str(error)) from error
    except MemoryError as error:
        raise PictureError("there is not enough memory for it") from error
