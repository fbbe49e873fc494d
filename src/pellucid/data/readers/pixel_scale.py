"""What numbers in a file are black and white: told by the first images, or by who reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.data.samples import Reading
from pellucid.errors import DataError

__all__ = ["BYTES", "UNIT", "PixelScale", "check_same_scale", "scale_of_array", "scale_of_text"]

LOOKED_AT = 256
"""Images that tell the scale."""

_LEAST_NUMBERS = 32  # with fewer, nothing but 0 and 1 may be dark bytes
_LEAST_IMAGES, _DARK = 32, 64  # so many images without a brighter pixel are said to be dark
_CLEARLY = 0.1  # if such a share of the images can only be bytes, all are
_SLACK = 1e-5  # of the range, for values that were rounded or resampled


@dataclass(frozen=True)
class PixelScale:
    """The numbers that are black and white.

    Attributes
    ----------
    low, high : float
    is_whole : bool
        Whether there are only whole numbers between them.
    """

    low: float
    high: float
    is_whole: bool

    @property
    def dtype(self) -> np.dtype[Any]:
        """What images become: bytes where nothing is lost, else floats in [0, 1]."""
        is_exact = (self.low, self.high) in ((0, 255), (0, 1))
        return np.dtype(np.uint8 if self.is_whole and is_exact else np.float32)

    @property
    def _slack(self) -> float:
        return 0.0 if self.is_whole else _SLACK * (self.high - self.low)

    def __str__(self) -> str:
        return f"{'a whole number ' if self.is_whole else ''}from {self.low:g} to {self.high:g}"

    def problem(self, value: float) -> str:
        """Return why a number is no pixel, or "" where it is one."""
        if not self.low - self._slack <= value <= self.high + self._slack:  # NaN neither
            return f"not from {self.low:g} to {self.high:g}"
        return f"not {self}" if self.is_whole and value != int(value) else ""

    def stored(self, values: NDArray[Any]) -> NDArray[Any] | None:
        """Return numbers as pixels of a data set; None where one of them is none."""
        # NaN fails both comparisons.
        low, high = float(values.min()), float(values.max())
        if not (low >= self.low - self._slack and high <= self.high + self._slack):
            return None
        if self.is_whole and values.dtype.kind == "f" and not (values == np.rint(values)).all():
            return None
        if self.dtype == np.uint8:
            pixels = values.astype(np.uint8)
            return pixels * np.uint8(255) if self.high == 1 else pixels
        with np.errstate(under="ignore"):
            if self.low == 0 and 1e-9 < self.high < 1e9:  # in one rounding, as bytes are divided
                floats = values.astype(np.float32) / np.float32(self.high)
            else:
                wide = (values.astype(np.float64) - self.low) / (self.high - self.low)
                floats = wide.astype(np.float32)
            clipped: NDArray[np.float32] = np.clip(floats, np.float32(0), np.float32(1))
            return clipped


BYTES = PixelScale(0, 255, True)
"""Whole numbers from 0 to 255."""
UNIT = PixelScale(0, 1, False)
"""What floats are in a data set."""


def scale_of_text(rows: NDArray[np.float64], what: object, reading: Reading) -> PixelScale:
    """Return the scale of numbers in a text, of which ``rows`` are the first images.

    What was asked for is taken. Otherwise these are told apart, and all but the first two are said:
    0 to 255 in whole numbers, fractions of 0 to 1, fractions of 0 to 255, -1 to 1, and nothing but
    0 and 1. Rows that are none of these decide nothing.
    """
    if reading.pixel_range is not None:
        return PixelScale(*reading.pixel_range, _are_whole(rows))
    scale = _told_by(rows)
    if scale == BYTES:
        _say_dark(rows, what, reading)
    return _said(scale, what, reading)


def scale_of_array(images: NDArray[Any], what: object, reading: Reading) -> PixelScale:
    """Return the scale of an array, of which ``images`` are the first.

    The same are told apart as in :func:`scale_of_text`, but floats are never taken for whole
    numbers, for one further on may be none.
    """
    kind = images.dtype.kind
    if reading.pixel_range is not None:
        return PixelScale(*reading.pixel_range, kind != "f")
    if kind == "b":
        return PixelScale(0, 1, True)
    low, high = (float(end) for end in (images.min(), images.max()))  # NaN where a value is
    if kind in "iu" and low == 0 and high == 1 and images.size >= _LEAST_NUMBERS:
        return _said(PixelScale(0, 1, True), what, reading)
    if kind != "f":
        _say_dark(images, what, reading)
        return BYTES
    if -1 - _SLACK <= low < 0 and high <= 1 + _SLACK:
        return _said(PixelScale(-1, 1, False), what, reading)
    if low >= 0 and 1 + _SLACK < high <= 255:
        _say_dark(images, what, reading)
        return _said(PixelScale(0, 255, False), what, reading)
    return UNIT


def _say_dark(images: NDArray[Any], what: object, reading: Reading) -> None:
    """Say where bytes go so little up that white may be something else, as in 0 to 16."""
    if len(images) < _LEAST_IMAGES:
        return
    high = images.max()  # NaN is no less
    if 1 < high <= _DARK:
        reading.guess(
            f"{what}: the pixels go up to {high:g}, where 255 is white; if {high:g} is, say so "
            "with pixel_range=(low, high)."
        )


def _said(scale: PixelScale, what: object, reading: Reading) -> PixelScale:
    if scale not in (BYTES, UNIT):
        seem = "nothing but 0 and 1" if scale.is_whole else f"numbers {scale}"
        reading.guess(
            f"{what}: the pixels seem to be {seem}, so {scale.low:g} is taken for black and "
            f"{scale.high:g} for white; say otherwise with pixel_range=(low, high)."
        )
    return scale


def _are_whole(rows: NDArray[np.float64]) -> bool:
    finite = rows[np.isfinite(rows).all(axis=1)]
    return bool(2 * (finite == np.rint(finite)).all(axis=1).sum() > len(finite))


def _told_by(rows: NDArray[np.float64]) -> PixelScale:
    rows = rows[np.isfinite(rows).all(axis=1)]
    if rows.size == 0:
        return BYTES
    low, high = rows.min(axis=1), rows.max(axis=1)
    is_whole = (rows == np.rint(rows)).all(axis=1)
    is_positive = (low >= 0) & (high <= 255)
    if (is_whole & is_positive & (high > 1)).sum() >= _CLEARLY * len(rows):
        return BYTES
    is_unit = (low >= -_SLACK) & (high <= 1 + _SLACK)
    if 2 * is_unit.sum() > len(rows) and (high > 0).any():
        if not is_whole[is_unit].all():
            return UNIT
        is_both = (low[is_unit] == 0).any() and rows.size >= _LEAST_NUMBERS
        return PixelScale(0, 1, True) if is_both else BYTES
    is_signed = (low >= -1 - _SLACK) & (high <= 1 + _SLACK)
    if 2 * is_signed.sum() > len(rows) and (low[is_signed] < 0).mean() >= _CLEARLY:
        return PixelScale(-1, 1, False)
    if 2 * is_positive.sum() > len(rows) and (high > 1).any():
        return PixelScale(0, 255, False)
    return BYTES


def check_same_scale(first: PixelScale, other: PixelScale, names: tuple[object, object]) -> None:
    """Raise DataError where images to train on and images to test on have different scales."""
    if (first.low, first.high) != (other.low, other.high):
        raise DataError(
            f"The pixels of {names[0]} are from {first.low:g} to {first.high:g}, those of "
            f"{names[1]} from {other.low:g} to {other.high:g}; bring them to one scale, or say "
            "what it is with pixel_range=(low, high)."
        )
