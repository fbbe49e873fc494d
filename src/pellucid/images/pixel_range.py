"""The values of pixels that become 0 and 1: found in data, used, and compared with later data."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ConfigurationError, DataError
from pellucid.images.axes import from_all_over
from pellucid.images.canonical import canonical

__all__ = [
    "BYTES",
    "another_scale",
    "check_pixel_range",
    "is_auto",
    "pixel_range_of",
    "range_in_bytes",
    "rescaling",
    "scaled",
]

BYTES = (0.0, 255.0)
"""The pixel range that uint8 is left as it is for."""

OUTLIERS = 0.001
"""The share of the pixels, at either end, that may lie far from all others."""

THEIR_IMAGES = 0.1
"""The share of the images that may have them; what more images have is no accident."""

LOOKED_AT = 256
"""Images that are compared with the scale of the training."""

LEAST_PIXELS = 32
"""With fewer values nothing is said about their scale."""


def check_pixel_range(
    wanted: Any, name: str = "pixel_range", also: str = "'auto' or "
) -> tuple[float, float]:
    """Return a pixel range as two numbers; ``name`` and ``also`` are for the message.

    Raises
    ------
    ConfigurationError
        It is none.
    """
    try:
        low, high = (float(value) for value in wanted)
    except (TypeError, ValueError, OverflowError):
        low, high = math.nan, math.nan
    if not (math.isfinite(high - low) and low < high):
        raise ConfigurationError(
            f"{name} is {wanted!r}; it must be {also}two finite numbers, the lower first, for "
            "example (0, 255).",
            argument=name,
        )
    return low, high


def is_auto(wanted: Any) -> bool:
    """Return whether a setting is the word "auto"; arrays don't compare with words."""
    return isinstance(wanted, str) and wanted == "auto"


def pixel_range_of(
    samples: NDArray[Any], wanted: Any, *, is_first_part: bool = False
) -> tuple[float, float]:
    """Return the values that become 0 and 1.

    Parameters
    ----------
    samples : ndarray of shape (n, features)
        Rows of pixels.
    wanted : "auto" or (float, float)
        The user's ``pixel_range``. "auto" is 0 to 255 for uint8 with a value above 127, and from
        the smallest to the largest value for all others. If these lie far outside what 99.8% of
        the pixels of different images have, and only few images have them, they are taken for
        errors, and the range is that of the 99.8%.
    is_first_part : bool, default False
        Whether more data will come, so that uint8 is 0 to 255 whatever these samples are.

    Raises
    ------
    ConfigurationError
        ``wanted`` is something else, or the data lie outside.
    DataError
        The smallest and the largest value are too far apart.
    """
    bounds = BYTES if is_auto(wanted) else check_pixel_range(wanted)
    is_given = is_first_part or not is_auto(wanted)
    if samples.dtype == np.uint8 and bounds == BYTES and (is_given or samples.max() > 127):
        return BYTES
    low, high = float(samples.min()), float(samples.max())
    if not is_auto(wanted):
        if low < bounds[0] or high > bounds[1]:
            raise ConfigurationError(
                f"pixel_range is {wanted!r}, but X goes from {low:g} to {high:g}; give the range "
                "that pixels can have, or 'auto'."
            )
        return bounds
    if samples.dtype.kind not in "bu" or samples.dtype.itemsize > 1:
        low, high = _without_outliers(samples, low, high)
    if not high - low < math.inf:
        raise DataError(
            f"X goes from {low:g} to {high:g}, which is too far for one range of pixels; leave "
            "out what is no pixel, or scale it."
        )
    return (low, high) if high > low else (low, low + max(1.0, abs(low)))


def _without_outliers(samples: NDArray[Any], low: float, high: float) -> tuple[float, float]:
    """Return the ends of the range, without those that few pixels of few images lie far off at."""
    if _is_common(samples, samples.min(axis=1) == low) and _is_common(
        samples, samples.max(axis=1) == high
    ):
        return low, high  # as in nearly all images, and what follows takes a while
    different = samples[_different(samples)]
    some = math.ceil(OUTLIERS * different.size)
    if 2 * some >= different.size:
        return low, high
    ordered = np.partition(different, (some, different.size - 1 - some), axis=None)
    inner_low, inner_high = float(ordered[some]), float(ordered[-1 - some])
    spread = inner_high - inner_low
    if spread > 0:
        few = THEIR_IMAGES * len(different)
        if low < (end := inner_low - spread) and (different.min(axis=1) < end).sum() <= few:
            low = inner_low
        if high > (end := inner_high + spread) and (different.max(axis=1) > end).sum() <= few:
            high = inner_high
    return low, high


def _is_common(samples: NDArray[Any], chosen: NDArray[np.bool_]) -> bool:
    """Return whether so many different images are chosen that they are surely not few."""
    few = THEIR_IMAGES * len(samples)
    places = np.flatnonzero(chosen)[: 2 * math.ceil(few)]
    return len(places) > few and len(_different(samples[places])) > few


def _different(samples: NDArray[Any]) -> NDArray[np.int64]:
    """Return places of the different images: copies and weights don't change the range."""
    count = len(samples)
    return canonical(samples, np.zeros(count, np.int64), np.ones(count))[0]


def range_in_bytes(samples: NDArray[Any], pixel_range: tuple[float, float]) -> tuple[float, float]:
    """Return a pixel range of training data in the units of pictures, which go from 0 to 255.

    uint8, and what has values above 127 but none outside of 0 to 255, are bytes already; what lies
    in [0, 1] are bytes divided by 255. Of anything else only the whole range is known, and a
    picture's is 0 to 255.

    Examples
    --------
    >>> range_in_bytes(np.array([[0, 80]], np.uint8), (0, 80))
    (0, 80)
    >>> range_in_bytes(np.array([[0.0, 0.2]]), (0, 0.2))
    (0.0, 51.0)
    >>> range_in_bytes(np.array([[-3.0, 3.0]]), (-3, 3))
    (0.0, 255.0)
    """
    low, high = float(samples.min()), float(samples.max())
    if samples.dtype == np.uint8 or (low >= 0 and 127 < high <= 255):
        return pixel_range
    if low >= 0 and high <= 1:
        return 255.0 * pixel_range[0], 255.0 * pixel_range[1]
    return BYTES


def scaled(samples: NDArray[Any], pixel_range: tuple[float, float]) -> NDArray[Any]:
    """Return samples as the kernels take them: uint8 of 0 to 255 as it is, else float32 in [0, 1].

    ``x = (pixel - low) / (high - low)``, computed in float64; what lies outside becomes 0 or 1.

    Examples
    --------
    >>> scaled(np.array([-1.0, 0.0, 4.0, 99.0]), (0.0, 16.0))
    array([0.  , 0.  , 0.25, 1.  ], dtype=float32)
    """
    if samples.dtype == np.uint8 and pixel_range == BYTES:
        return samples
    low, high = pixel_range
    with np.errstate(over="ignore", under="ignore"):
        values = (samples.astype(np.float64) - low) / (high - low)
        # Adding 0 turns -0 into 0, which has other bytes.
        return np.clip(values, 0.0, 1.0).astype(np.float32) + np.float32(0)


def another_scale(samples: NDArray[Any], pixel_range: tuple[float, float]) -> str | None:
    """Return in a sentence why data don't look as if they were on the scale of the training.

    Either most pixels between their ends lie outside of the range, or they go from 0 to 1 and the
    range is fifty times as wide; or all are equal, and far outside. Some images from all over the
    data are looked at.
    """
    some = from_all_over(samples, LOOKED_AT)
    if some.size < LEAST_PIXELS:
        return None
    low, high = pixel_range
    is_bytes = samples.dtype == np.uint8 and pixel_range == BYTES
    if (is_bytes or not _is_outside(some, low, high)) and not _is_tiny(some, low, high):
        return None
    first, last = float(some.min()), float(some.max())
    has = f"goes from {first:g} to {last:g}" if first < last else f"is {first:g} all over"
    return (
        f"X {has}, but the classifier was trained with pixels from "
        f"{low:g} to {high:g}. It looks like another scale: bring X to that of the training"
        f"{rescaling((first, last), pixel_range)}."
    )


def rescaling(ends: tuple[float, float], wanted: tuple[float, float], name: str = "X") -> str:
    """Return how to bring one usual scale to another, as ``": give 255 * X"``; "" for others.

    Examples
    --------
    >>> rescaling((0, 1), (-1, 1)), rescaling((-0.99, 1), (0, 255)), rescaling((3, 4), (0, 1))
    (': give 2 * X - 1', ': give 127.5 * (X + 1)', '')
    """
    formula = _RESCALINGS.get((_usual(ends), _usual(wanted)), "")
    return f": give {formula.replace('X', name)}" if formula else ""


_UNIT, _SIGNED = (0.0, 1.0), (-1.0, 1.0)
_RESCALINGS: dict[tuple[tuple[float, float] | None, tuple[float, float] | None], str] = {
    (_UNIT, _SIGNED): "2 * X - 1",
    (_UNIT, BYTES): "255 * X",
    (_SIGNED, _UNIT): "(X + 1) / 2",
    (_SIGNED, BYTES): "127.5 * (X + 1)",
    (BYTES, _UNIT): "X / 255",
    (BYTES, _SIGNED): "X / 127.5 - 1",
}
"""How one usual scale becomes another."""


def _usual(ends: tuple[float, float]) -> tuple[float, float] | None:
    """Return the usual scale that data come from which nearly reach both of its ends."""
    for low, high in (_UNIT, _SIGNED, BYTES):
        near = 0.15 * (high - low)
        if abs(ends[0] - low) <= near / 3 and abs(ends[1] - high) <= near:
            return low, high
    return None


def _is_outside(samples: NDArray[Any], low: float, high: float) -> bool:
    """Return whether most values lie outside, those at their own ends left out.

    Black and white may lie outside and still become 0 and 1 as they should.
    """
    first, last = float(samples.min()), float(samples.max())
    if first >= low and last <= high:
        return False
    if first == last:  # the one end of something: white may lie a little outside
        return max(first - high, low - first) > high - low
    between = samples[(samples > first) & (samples < last)]
    return bool(2 * ((between < low) | (between > high)).sum() > between.size)


def _is_tiny(samples: NDArray[Any], low: float, high: float) -> bool:
    """Return whether data go from 0 or -1 to 1, but those of the training fifty times as far."""
    first, last = float(samples.min()), float(samples.max())
    return -1 <= first < last <= 1 and last - first <= (high - low) / 50
