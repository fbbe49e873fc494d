"""Pictures from files, as arrays of bytes, for whoever has a few of them and no data set."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import warn
from pellucid.console import Say
from pellucid.data.readers.deep_pictures import DeepPictures, find_deep_range
from pellucid.data.readers.picture_file import Content, PictureError, may_be_deep
from pellucid.data.readers.picture_pixels import Seen, decode, read_header
from pellucid.data.readers.zipped_pictures import ZippedPicture
from pellucid.errors import DataError
from pellucid.images.preprocessing import Preprocessing

__all__ = ["each_picture", "look_at_pictures", "read_images", "read_picture", "read_pictures"]

T = TypeVar("T")
PicturePath = str | os.PathLike[str]
AnyPicture = PicturePath | ZippedPicture


def read_picture(path: PicturePath) -> NDArray[np.uint8]:
    """Read a PNG, JPEG, BMP, TIFF, GIF or WebP picture of at most 64 million pixels.

    HEIC and AVIF are read where Pillow, or a plugin of its, does. The picture is turned upright as
    its EXIF data say. Palettes are resolved; transparent parts are put on white, or on black if the
    rest is nearly white itself. Values of more than 8 bits, or floats, are scaled to bytes. Of
    several frames the first is taken.

    Parameters
    ----------
    path : path-like
        The file; ``~`` is the home folder.

    Returns
    -------
    ndarray of shape (H, W) or (H, W, 3), uint8
        Brightness, or red, green and blue.

    Warns
    -----
    UserWarning
        The picture has more than 8 bits and does not use all of them: it says which values become
        0 and 255.

    Raises
    ------
    DataError
        The file is missing, empty, too large, or no picture that can be read; size and kind are
        looked at before the pixels are decoded.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "line.png")
    ...     Image.fromarray(np.array([[0, 128, 255]], np.uint8)).save(path)
    ...     picture = read_picture(path)
    >>> picture.tolist()
    [[0, 128, 255]]
    """
    return read_pictures([path])[0]


def read_pictures(paths: Iterable[PicturePath]) -> list[NDArray[np.uint8]]:
    """Read several pictures, or say of every bad one why it can't be read.

    Parameters
    ----------
    paths : iterable of path-like
        The files.

    Returns
    -------
    list of ndarray
        As :func:`read_picture`, in the order of the paths. Values of more than 8 bits are scaled
        alike in all.

    Warns
    -----
    UserWarning
        As :func:`read_picture`.

    Raises
    ------
    DataError
        One or more files can't be read: one error that lists each with its reason.

    Examples
    --------
    >>> read_pictures(["missing.png"])
    Traceback (most recent call last):
    pellucid.errors.DataError: Can't read the picture missing.png: there is no such file.
    """
    return _each(list(paths), lambda pixels, say: pixels, None, None)


def read_images(
    paths: Iterable[PicturePath], preprocessing: Preprocessing, *, say: Say | None = None
) -> NDArray[np.uint8]:
    """Read several pictures as the input of a network; only one of them is held at a time.

    Parameters
    ----------
    paths : iterable of path-like
        The files, at least one.
    preprocessing : Preprocessing
        What makes images of them.
    say : callable, optional
        Is called with a line for what was guessed about the pictures, in place of a warning.

    Returns
    -------
    ndarray of shape (n, C, height, width), uint8

    Warns
    -----
    UserWarning
        As :func:`read_picture`, if the preprocessing has no ``deep_range``, or what is ink can't
        be found with confidence; and ``say`` is not given.

    Raises
    ------
    DataError
        As :func:`read_pictures`, or a picture that does not fit the network.

    Examples
    --------
    >>> read_images(["missing.png"], Preprocessing((28, 28)))
    Traceback (most recent call last):
    pellucid.errors.DataError: Can't read the picture missing.png: there is no such file.
    """
    make = partial(_image, preprocessing)
    return np.stack(_each(list(paths), make, preprocessing.deep_range, say))


def look_at_pictures(
    names: Sequence[PicturePath], tell: Say
) -> tuple[list[tuple[int, int]], bool, tuple[float, float] | None]:
    """Return what the headers of pictures say: sizes, whether one has colors, and ``deep_range``.

    Bad files are passed over: who reads them tells. ``deep_range`` is as in
    :class:`pellucid.Preprocessing`.

    Raises
    ------
    DataError
        As :func:`each_picture`.
    """
    sizes, is_color, deep = [], False, []
    for name in names:
        path = Path(name).expanduser()
        try:
            header = read_header(path)
        except PictureError:
            continue
        sizes.append((header.height, header.width))
        is_color |= header.is_color
        if header.depth != "bytes":
            deep.append((path, header.depth))
    return sizes, is_color, find_deep_range(f"{len(names):,} pictures", deep, tell)


def each_picture(
    names: Sequence[AnyPicture], preprocessing: Preprocessing, say: Say | None
) -> Iterator[NDArray[np.uint8] | str]:
    """Yield the image that is made of each picture for a network, or why there is none.

    Raises
    ------
    DataError
        Some hold floats and some whole numbers of more than 8 bits, so no scale serves them all.
    """
    make = partial(_image, preprocessing)
    return _made(list(names), make, preprocessing.deep_range, say)


def _image(preprocessing: Preprocessing, pixels: NDArray[np.uint8], say: Say) -> NDArray[np.uint8]:
    return preprocessing.picture(pixels, say=say)


def _made(
    names: Sequence[AnyPicture],
    make: Callable[[NDArray[np.uint8], Say], T],
    deep_range: tuple[float, float] | None,
    say: Say | None,
) -> Iterator[T | str]:
    """Yield what is made of each picture, or what is wrong with it."""
    tell = warn if say is None else say
    if deep_range is None:
        where = str(names[0]) if len(names) == 1 else f"{len(names):,} pictures"
        deep_range = find_deep_range(where, _deep(names), tell)
    seen = Seen(tell)
    for name in names:
        try:
            yield make(decode(_content(name), deep_range, seen.at(name)), seen.doubt)
        except PictureError as error:
            yield str(error)
    seen.end()


def _each(
    names: Sequence[PicturePath],
    make: Callable[[NDArray[np.uint8], Say], T],
    deep_range: tuple[float, float] | None,
    say: Say | None,
) -> list[T]:
    """Return what is made of each picture, or raise one error for all bad ones."""
    made, bad = [], []
    for name, image in zip(names, _made(names, make, deep_range, say), strict=True):
        if isinstance(image, str):
            bad.append(f"{name}: {image}")
        else:
            made.append(image)
    if len(bad) == 1:
        raise DataError(f"Can't read the picture {bad[0]}.")
    if bad:
        lines = "".join(f"\n  {line}" for line in bad)
        raise DataError(f"Can't read {len(bad)} of {len(bad) + len(made)} pictures:{lines}")
    return made


def _deep(names: Iterable[AnyPicture]) -> DeepPictures:
    for name in names:
        try:
            content = _content(name)
            if not may_be_deep(content):
                continue
            depth = read_header(content).depth
        except PictureError:  # it is told when it is decoded
            continue
        if depth != "bytes":
            yield content, depth


def _content(name: AnyPicture) -> Content:
    return name.content() if isinstance(name, ZippedPicture) else Path(name).expanduser()
