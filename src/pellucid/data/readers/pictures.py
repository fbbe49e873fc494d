"""Pictures from files, as arrays of bytes: every way a file can be bad is told by its reason."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin, UnidentifiedImageError

from pellucid.errors import DataError
from pellucid.images.preprocessing import Preprocessing

__all__ = [
    "Header",
    "PictureError",
    "decode",
    "read_header",
    "read_images",
    "read_picture",
    "read_pictures",
]

_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "GIF")
_MOST_PIXELS = 64_000_000
_MOST_SIDE = 65_535
# A tile is unpacked as a whole, however small the picture is.
_MOST_TILE = 16_777_216
_TILE_SIDES = (322, 323)
# Pixels that are converted at once.
_STRIP = 1 << 20

# What becomes an array of brightness; everything else has colors.
_GRAY_MODES = ("1", "L", "LA", "La", "I", "F")
# EXIF orientations that turn a picture by a quarter.
_QUARTER_TURNS = (5, 6, 7, 8)
_ORIENTATION = 0x0112
# What makes a picture upright, by its EXIF orientation: views, not copies.
_UPRIGHT: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels, 2).swapaxes(0, 1),
    8: np.rot90,
}

T = TypeVar("T")
PicturePath = str | os.PathLike[str]
Content = Path | bytes
"""A file, or what a file holds."""


class Header(NamedTuple):
    """What is known of a picture before its pixels are decoded.

    Attributes
    ----------
    height, width : int
        As :func:`read_picture` returns them.
    is_color : bool
        Whether it has three channels.
    """

    height: int
    width: int
    is_color: bool


class PictureError(Exception):
    """The reason why a file is no picture, to be put behind its name."""


def read_picture(path: PicturePath) -> NDArray[np.uint8]:
    """Read a PNG, JPEG, BMP, TIFF or GIF picture of at most 64 million pixels.

    The picture is turned upright as its EXIF data say. Palettes are resolved, transparent parts
    are put on white, 16-bit values are scaled to 8 bits. Of several frames the first is taken.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    ndarray of shape (H, W) or (H, W, 3), uint8
        Brightness, or red, green and blue.

    Raises
    ------
    DataError
        The file is missing, empty, too large, or no picture that can be read; size and kind are
        looked at before the pixels are decoded.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "line.png")
    ...     Image.fromarray(np.array([[0, 128, 255]], np.uint8)).save(path)
    ...     picture = read_picture(path)
    >>> picture.tolist()
    [[0, 128, 255]]
    """
    try:
        return decode(Path(path))
    except PictureError as error:
        raise DataError(f"Can't read the picture {path}: {error}.") from error.__cause__


def read_pictures(paths: Iterable[PicturePath]) -> list[NDArray[np.uint8]]:
    """Read several pictures, or say of every bad one why it can't be read.

    Parameters
    ----------
    paths : iterable of path-like
        The files.

    Returns
    -------
    list of ndarray
        As :func:`read_picture`, in the order of the paths.

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
    return _each(paths, lambda pixels: pixels)


def read_images(
    paths: Iterable[PicturePath], preprocessing: Preprocessing
) -> NDArray[np.uint8]:  # fmt: skip
    """Read several pictures as the input of a network; only one of them is held at a time.

    Parameters
    ----------
    paths : iterable of path-like
        The files, at least one.
    preprocessing : Preprocessing
        What makes images of them.

    Returns
    -------
    ndarray of shape (n, C, height, width), uint8

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
    return np.stack(_each(paths, preprocessing.picture))


def _each(paths: Iterable[PicturePath], make: Callable[[NDArray[np.uint8]], T]) -> list[T]:
    """Return what is made of each picture, or raise one error for all bad ones."""
    made, bad = [], []
    for path in paths:
        try:
            made.append(make(decode(Path(path))))
        except PictureError as error:
            bad.append(f"{path}: {error}")
    if len(bad) == 1:
        raise DataError(f"Can't read the picture {bad[0]}.")
    if bad:
        lines = "".join(f"\n  {line}" for line in bad)
        raise DataError(f"Can't read {len(bad)} of {len(bad) + len(made)} pictures:{lines}")
    return made


def read_header(content: Content) -> Header:
    """Return size and kind of a picture; raise PictureError where it can't be a picture."""
    with _opened(content) as picture:
        turned = _orientation(picture) in _QUARTER_TURNS
        height, width = picture.size if turned else picture.size[::-1]
        is_gray = picture.mode in _GRAY_MODES or picture.mode.startswith("I;16")
        return Header(height, width, not is_gray)


def decode(content: Content) -> NDArray[np.uint8]:
    """Return a picture's pixels as :func:`read_picture` does; raise PictureError."""
    with _opened(content) as picture:
        return _pixels(picture)


@contextlib.contextmanager
def _opened(content: Content) -> Iterator[Image.Image]:
    """Open a picture whose size is allowed; whatever fails inside becomes a PictureError."""
    if isinstance(content, bytes):
        if not content:
            raise PictureError("it is empty (0 bytes)")
    else:
        _check_file(content)
    with warnings.catch_warnings():
        # Pillow warns about odd metadata and large pictures; the limits here are our own.
        warnings.simplefilter("ignore")
        try:
            file = io.BytesIO(content) if isinstance(content, bytes) else content
            with Image.open(file, formats=_FORMATS) as picture:
                _check_size(picture)
                yield picture
        except PictureError:
            raise
        except UnidentifiedImageError as error:
            raise PictureError(
                "it is no picture, or of a kind other than PNG, JPEG, BMP, TIFF and GIF"
            ) from error
        except Image.DecompressionBombError as error:
            raise PictureError(
                f"it has more than {_MOST_PIXELS // 10**6} million pixels"
            ) from error
        except MemoryError as error:
            raise PictureError("there is not enough memory for it") from error
        except Exception as error:
            # On damaged files Pillow's decoders raise OSError, SyntaxError, ValueError, zlib's
            # and struct's errors, and more.
            raise PictureError(f"it is damaged ({error or type(error).__name__})") from error


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise PictureError("there is no such file") from None
    except (OSError, ValueError) as error:
        raise PictureError(getattr(error, "strerror", None) or str(error)) from error
    if stat.S_ISDIR(status.st_mode):
        raise PictureError("it is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise PictureError("it is not a regular file")
    if status.st_size == 0:
        raise PictureError("it is empty (0 bytes)")
    if not os.access(path, os.R_OK):
        raise PictureError("there is no permission to read it")


def _check_size(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > _MOST_PIXELS:
        raise PictureError(
            f"it has {width} x {height} pixels, more than {_MOST_PIXELS // 10**6} million; make it "
            "smaller"
        )
    if width * height == 0:
        raise PictureError("it has no pixels")
    if max(width, height) > _MOST_SIDE:
        raise PictureError(
            f"it has {width} x {height} pixels, more than {_MOST_SIDE:,} on a side; cut it"
        )
    if isinstance(picture, TiffImagePlugin.TiffImageFile):
        tile = [int(picture.tag_v2.get(side, 0)) for side in _TILE_SIDES]
        if tile[0] * tile[1] > _MOST_TILE:
            raise PictureError(
                f"it has tiles of {tile[0]} x {tile[1]} pixels; save it with smaller ones"
            )


def _orientation(picture: Image.Image) -> int:
    with contextlib.suppress(Exception):  # damaged EXIF data don't make the pixels unreadable
        return int(picture.getexif().get(_ORIENTATION, 1))
    return 1


def _pixels(picture: Image.Image) -> NDArray[np.uint8]:
    """Return the pixels, upright; beside the decoded picture and these, only strips are held."""
    picture.load()
    turn = _UPRIGHT.get(_orientation(picture))
    width, height = picture.size
    rows = max(1, _STRIP // width)
    pixels: NDArray[np.uint8] | None = None
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        strip = _strip(picture.crop((0, top, width, bottom)))
        if pixels is None:
            pixels = np.empty((height, *strip.shape[1:]), np.uint8)
        pixels[top:bottom] = strip
    assert pixels is not None  # there is a row at least
    return pixels if turn is None else turn(pixels)


def _strip(strip: Image.Image) -> NDArray[np.uint8]:
    if strip.mode == "I" or strip.mode.startswith("I;16"):
        return _from_16_bits(strip)
    if strip.mode == "F":
        raise PictureError("its pixels are floating-point numbers; save it with 8 or 16 bits")
    if strip.has_transparency_data:
        layer = strip.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        flat = Image.alpha_composite(white, layer)
        return np.array(flat.convert("L" if strip.mode in ("L", "LA", "La", "1") else "RGB"))
    return np.array(strip.convert("L" if strip.mode in ("L", "1") else "RGB"))


def _from_16_bits(picture: Image.Image) -> NDArray[np.uint8]:
    values = np.asarray(picture).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise PictureError("its pixels have 32 bits; save it with 8 or 16 bits")
    # 65535 / 255 = 257; half of it rounds.
    return ((values + 128) // 257).astype(np.uint8)
