"""A picture's pixels as bytes: upright, without palette or transparency, from 8 bits or more.

Strips of rows are converted one behind the other, so that memory stays small.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, TiffImagePlugin

from pellucid.console import Say, some
from pellucid.data.readers.picture_file import Content, PictureError, opened
from pellucid.images.deep import FULL, UNIT, Ends, ends_of, in_bytes

__all__ = ["Depth", "Header", "Seen", "decode", "deep_ends", "read_header"]

# Pixels that are converted at once.
_STRIP = 1 << 20
# What becomes an array of brightness; everything else has colors.
_GRAY_MODES = ("1", "L", "LA", "La", "I", "F")
# EXIF orientations that turn a picture by a quarter.
_QUARTER_TURNS = (5, 6, 7, 8)
_ORIENTATION = 0x0112
# Of a TIFF: the bits of a value, and whether these are whole (1), with a sign (2), or floats (3).
_BITS, _SAMPLES = 258, 339
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
# Of colors of 16 bits Pillow reads the upper 8; the lower come as if the file's order were another.
_NATIVE = ("16L", "16B") if sys.byteorder == "little" else ("16B", "16L")
_LOWER = {
    f"{mode};{order}": f"{mode};{other}"
    for mode in ("RGB", "RGBA")
    for order, other in (("16B", "16L"), ("16L", "16B"), ("16N", _NATIVE[1]))
}
# Ink on a transparent ground that is as near to white as this, of 255, needs a black one.
_LEAST_VISIBLE = 24

Depth = Literal["bytes", "whole", "float"]
"""What a picture's values are: 8 bits or fewer, whole numbers of more, or floats."""


class Header(NamedTuple):
    """What is known of a picture before its pixels are decoded.

    Attributes
    ----------
    height, width : int
        As :func:`decode` returns them.
    is_color : bool
        Whether it has three channels.
    depth : str
        See :data:`Depth`.
    """

    height: int
    width: int
    is_color: bool
    depth: Depth = "bytes"


class Seen:
    """Tells what was done to pictures, once, and which are in doubt."""

    def __init__(self, tell: Say) -> None:
        self._tell, self._where, self._is_told = tell, "", False
        self._count = 0
        self._doubts: list[tuple[str, str]] = []

    def at(self, where: object) -> Seen:
        """Return the same for the picture that comes next."""
        self._where = str(where)
        self._count += 1
        return self

    def doubt(self, line: str) -> None:
        """Note that a picture's ink can't be found with confidence; :meth:`end` tells it."""
        self._doubts.append((self._where, line))

    def end(self) -> None:
        """Tell of all pictures that are in doubt, in one line."""
        if len(self._doubts) == 1:
            where, line = self._doubts[0]
            self._tell(f"{where}: {line}")
        elif self._doubts:
            self._tell(
                f"{len(self._doubts):,} of {self._count:,} pictures: what is ink is in doubt: "
                f"{some([where for where, _ in self._doubts])}. "
                f"Of the first: {self._doubts[0][1]}"
            )
        self._count, self._doubts = 0, []

    def on_black(self) -> None:
        """Note that a transparent picture was put on black."""
        if not self._is_told:
            self._is_told = True
            self._tell(
                f"{self._where} is nearly white on a transparent ground, so it is put on black; "
                "such pictures are, and all other transparent ones are put on white."
            )


def read_header(content: Content) -> Header:
    """Return size and kind of a picture; raise PictureError where it can't be a picture."""
    with opened(content) as picture:
        depth = _depth(picture)  # looking for EXIF data decodes a PNG, and then it is forgotten
        turned = _orientation(picture) in _QUARTER_TURNS
        height, width = picture.size if turned else picture.size[::-1]
        is_gray = picture.mode in _GRAY_MODES or picture.mode.startswith("I;16")
        return Header(height, width, not is_gray, depth)


def deep_ends(content: Content) -> Ends:
    """Return where the values of a picture of more than 8 bits end, its transparency left out."""
    with _deep(content) as (picture, lower):
        picture.load()
        boxes = _boxes(*picture.size)
        low, high, inner_low, inner_high = zip(
            *(ends_of(_colors(_values(picture, lower, box))) for box in boxes), strict=True
        )
        return Ends(min(low), max(high), min(inner_low), max(inner_high))


def decode(
    content: Content, deep_range: tuple[float, float] | None = None, seen: Seen | None = None
) -> NDArray[np.uint8]:
    """Return a picture's pixels as bytes; raise PictureError.

    Parameters
    ----------
    content : Path or bytes
        The file.
    deep_range : (float, float), optional
        The values of more than 8 bits that become 0 and 255; all that the bits can hold by default,
        and of floats 0 to 1.
    seen : Seen, optional
        Is told what was done.

    Returns
    -------
    ndarray of shape (H, W) or (H, W, 3), uint8
    """
    with _deep(content) as (picture, lower):
        return _pixels(picture, lower, deep_range, seen)


@contextlib.contextmanager
def _deep(content: Content) -> Iterator[tuple[Image.Image, Image.Image | None]]:
    """Open a picture, and where its colors have 16 bits, once more for the lower half of them."""
    with opened(content) as picture:
        if _raw_mode(picture) not in _LOWER:
            yield picture, None
            return
        with opened(content) as lower:
            assert isinstance(lower, ImageFile.ImageFile)  # what is opened has tiles
            lower.tile = [tile._replace(args=_other_order(tile.args)) for tile in lower.tile]
            lower.load()
            yield picture, lower


def _other_order(args: Any) -> Any:
    return _LOWER[args] if isinstance(args, str) else (_LOWER[args[0]], *args[1:])


def _raw_mode(picture: Image.Image) -> str:
    """Return how the file's values lie, in Pillow's words."""
    for tile in getattr(picture, "tile", ()):
        mode = tile.args if isinstance(tile.args, str) else tile.args and tile.args[0]
        return str(mode)
    return ""


def _depth(picture: Image.Image) -> Depth:
    if picture.mode == "F":
        return "float"
    is_deep = picture.mode == "I" or picture.mode.startswith("I;16")
    return "whole" if is_deep or _raw_mode(picture) in _LOWER else "bytes"


def _orientation(picture: Image.Image) -> int:
    with contextlib.suppress(Exception):  # damaged EXIF data don't make the pixels unreadable
        return int(picture.getexif().get(_ORIENTATION, 1))
    return 1


def _boxes(width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the strips of a picture."""
    rows = max(1, _STRIP // width)
    for top in range(0, height, rows):
        yield 0, top, width, min(top + rows, height)


def _pixels(
    picture: Image.Image,
    lower: Image.Image | None,
    deep_range: tuple[float, float] | None,
    seen: Seen | None,
) -> NDArray[np.uint8]:
    """Return the pixels, upright; beside the decoded picture and these, only strips are held."""
    depth = _depth(picture)
    deep = deep_range or (UNIT if depth == "float" else FULL)
    picture.load()
    turn = _UPRIGHT.get(_orientation(picture))
    width, height = picture.size

    def strip(box: tuple[int, int, int, int]) -> Image.Image:
        if depth == "bytes":
            return picture.crop(box)
        return Image.fromarray(in_bytes(_values(picture, lower, box), deep))

    ground = 255
    if _is_transparent(picture, lower):
        ground = _ground(strip(box) for box in _boxes(width, height))
        if ground == 0 and seen is not None:
            seen.on_black()
    pixels: NDArray[np.uint8] | None = None
    for box in _boxes(width, height):
        part = _flat(strip(box), ground)
        if pixels is None:
            pixels = np.empty((height, *part.shape[1:]), np.uint8)
        pixels[box[1] : box[3]] = part
    assert pixels is not None  # there is a row at least
    return pixels if turn is None else turn(pixels)


def _is_transparent(picture: Image.Image, lower: Image.Image | None) -> bool:
    if lower is None and _depth(picture) != "bytes":
        return False
    # A color of 16 bits that is to be transparent is lost in bytes.
    return picture.mode == "RGBA" if lower is not None else picture.has_transparency_data


def _values(
    picture: Image.Image, lower: Image.Image | None, box: tuple[int, int, int, int]
) -> NDArray[Any]:
    """Return the values of a strip, of more than 8 bits."""
    values: NDArray[Any] = np.asarray(picture.crop(box))
    if lower is not None:
        both: NDArray[np.uint16] = values.astype(np.uint16) << 8 | np.asarray(lower.crop(box))
        return both
    if _is_unsigned(picture):  # Pillow has whole numbers of 32 bits with a sign alone
        values = values.view(np.uint32)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise PictureError("its pixels hold NaN or infinity; leave it out or repair it")
    return values


def _is_unsigned(picture: Image.Image) -> bool:
    """Tell whether a picture holds whole numbers from 0 to 2^32 - 1, which only TIFF does."""
    if picture.mode != "I" or not isinstance(picture, TiffImagePlugin.TiffImageFile):
        return False
    tags = picture.tag_v2
    return tags.get(_BITS) == (32,) and tags.get(_SAMPLES, (1,))[0] == 1


def _colors(values: NDArray[Any]) -> NDArray[Any]:
    """Return values without their transparency."""
    return values[:, :, :3] if values.ndim == 3 else values


def _ground(strips: Iterator[Image.Image]) -> int:
    """Return the brightness of the ground on which a transparent picture's ink is visible.

    It is white unless that is nearly what the ink itself is.
    """
    opaque, difference = 0.0, 0.0
    for strip in strips:
        layer = np.asarray(strip.convert("RGBA").convert("LA"), np.float64)
        opaque += layer[..., 1].sum()
        difference += ((255 - layer[..., 0]) * layer[..., 1]).sum()
    return 0 if opaque > 0 and difference < _LEAST_VISIBLE * opaque else 255


def _flat(strip: Image.Image, ground: int) -> NDArray[np.uint8]:
    """Return a strip without transparency, in brightness or colors."""
    is_gray = strip.mode in ("L", "LA", "La", "1")
    if strip.has_transparency_data:
        layer = strip.convert("RGBA")
        below = Image.new("RGBA", layer.size, (ground, ground, ground, 255))
        strip = Image.alpha_composite(below, layer)
    return np.array(strip.convert("L" if is_gray else "RGB"))
