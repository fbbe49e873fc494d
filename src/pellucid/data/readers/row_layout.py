"""What images rows of pixels are: their sides, and for colors the order of the channels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.data.samples import Reading
from pellucid.errors import DataError

__all__ = ["RowLayout", "could_be_images", "layout_of_rows", "sides_of"]

_SAMPLE = 64  # images that tell the order of the channels
_FAR = 1e9  # no pixel is farther from 0
_CLEARLY = 0.8  # of the other order's differences


@dataclass(frozen=True)
class RowLayout:
    """How a row of pixels is an image.

    Attributes
    ----------
    height, width, channels : int
    is_channels_last : bool
        Whether the channels of a pixel stand together, rather than each channel for itself.
    """

    height: int
    width: int
    channels: int = 1
    is_channels_last: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one image of a data set."""
        flat = (self.height, self.width)
        return flat if self.channels == 1 else (self.channels, *flat)

    def images(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Return rows of pixels as images."""
        if not self.is_channels_last:
            return rows.reshape(-1, *self.shape)
        return rows.reshape(-1, self.height, self.width, self.channels).transpose(0, 3, 1, 2)


def sides_of(pixels: int, size: tuple[int, int] | None) -> tuple[int, int, int] | None:
    """Return channels, height and width of images with so many numbers, gray or in three colors.

    Examples
    --------
    >>> sides_of(784, None), sides_of(3072, None), sides_of(785, None), sides_of(6, (2, 3))
    ((1, 28, 28), (3, 32, 32), None, (1, 2, 3))
    """
    for channels in (1, 3):
        side = math.isqrt(pixels // channels)
        height, width = (side, side) if size is None else size
        is_one = size is None and channels == 3 and side == 1  # three numbers are no color image
        if channels * height * width == pixels and not is_one:
            return channels, height, width
    return None


def could_be_images(pixels: int, reading: Reading) -> bool:
    """Tell whether rows of so many numbers are images of the size that is asked for, or square."""
    return pixels > 0 and sides_of(pixels, reading.size) is not None


def layout_of_rows(
    rows: NDArray[Any], pixels: int, what: object, reading: Reading
) -> RowLayout:  # fmt: skip
    """Return what images rows of so many numbers are, of which ``rows`` are the first.

    Raises
    ------
    DataError
        They make no images, or can't be told apart: the message says what to give.
    """
    found = sides_of(pixels, reading.size)
    if found is None:
        raise DataError(
            f"{what} has {pixels} columns of pixels, which make {_reason(pixels, reading)}"
        )
    channels, height, width = found
    if channels == 1:
        return RowLayout(height, width)
    if reading.channels is not None:
        return RowLayout(height, width, channels, reading.channels == "last")
    sample = np.nan_to_num(rows[:_SAMPLE].astype(np.float64))
    is_last = _is_channels_last(np.clip(sample, -_FAR, _FAR), height, width)
    if is_last is None:
        raise DataError(
            f"{what} has {pixels} columns of pixels, which are {height} x {width} images in 3 "
            'colors; say whether they are all reds, all greens, all blues (channels="first") or '
            'red, green, blue of each pixel in turn (channels="last").'
        )
    order = "red, green and blue of each pixel in turn" if is_last else "all reds, greens, blues"
    other = "first" if is_last else "last"
    reading.guess(
        f"{what}: {pixels} columns of pixels are taken for {height} x {width} images in 3 colors, "
        f'{order}; say otherwise with size=(height, width) or channels="{other}".'
    )
    return RowLayout(height, width, channels, is_last)


def _reason(pixels: int, reading: Reading) -> str:
    if reading.size is not None:
        height, width = reading.size
        gray = height * width
        return (
            f"no {height} x {width} images: these have {gray:,} in gray, {3 * gray:,} in 3 colors."
        )
    near = next((n for n in (1, 2) if sides_of(pixels - n, None)), None)
    more = ""
    if near is not None and pixels > near:
        _, height, width = sides_of(pixels - near, None) or (0, 0, 0)
        columns = "one column is" if near == 1 else f"{near} columns are"
        more = f" Or, if {columns} no pixel of {height} x {width}, remove it."
    return f"no square images; give size=(height, width).{more}"


def _is_channels_last(rows: NDArray[np.float64], height: int, width: int) -> bool | None:
    """Tell the order of the channels by the pixels below each other, which are alike in images.

    None where both orders are as smooth, as in noise.
    """
    if height < 2 or not len(rows):
        return None
    by_channel = rows.reshape(-1, 3, height, width)
    by_pixel = rows.reshape(-1, height, width, 3)
    first = np.abs(np.diff(by_channel, axis=2)).mean()
    last = np.abs(np.diff(by_pixel, axis=1)).mean()
    if last < _CLEARLY * first:
        return True
    if first < _CLEARLY * last:
        return False
    return None
