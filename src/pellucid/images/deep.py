"""Pictures of more than 8 bits: which of their values become 0 and 255.

A file of 16 bits may hold 12 or 8 of them, or numbers around 32,768; one of floats anything. So the
range is looked at over all pictures of a set, and kept in the model's preprocessing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.images.axes import from_all_over
from pellucid.images.pixel_range import OUTLIERS, THEIR_IMAGES

__all__ = ["FULL", "UNIT", "Ends", "deep_range_of", "ends_of", "in_bytes"]

FULL = (0.0, 65535.0)
"""The range of what uses all 16 bits."""

UNIT = (0.0, 1.0)
"""The range that floats have if nobody says otherwise."""

_WHOLE = tuple((0.0, float(2**bits - 1)) for bits in (*range(8, 17), 24, 32))
_REAL = (UNIT, (-1.0, 1.0), *_WHOLE)
# Values that the ends are told by, of one picture.
_LOOKED_AT = 1 << 18


class Ends(NamedTuple):
    """Where the values of a picture end, and where all but 0.1% of them do."""

    low: float
    high: float
    inner_low: float
    inner_high: float


def ends_of(values: NDArray[Any]) -> Ends:
    """Return where the values of a picture end; of a large one the inner ends are estimates.

    Examples
    --------
    >>> ends_of(np.array([0] * 999 + [7] * 1000 + [65535]))
    Ends(low=0.0, high=65535.0, inner_low=0.0, inner_high=7.0)
    """
    flat = values.reshape(-1)
    some = from_all_over(flat, _LOOKED_AT)
    cut = min(math.ceil(OUTLIERS * some.size), (some.size - 1) // 2)
    parted = np.partition(some, (cut, some.size - 1 - cut))
    return Ends(float(flat.min()), float(flat.max()), float(parted[cut]), float(parted[-1 - cut]))


def deep_range_of(ends: Sequence[Ends], *, are_floats: bool) -> tuple[float, float]:
    """Return the values that become 0 and 255, for the pictures of a set.

    It is the smallest usual range that holds them, 0 to 2^bits - 1 from 8 bits on, and of floats
    0 to 1 or -1 to 1 too; if they fill less than half of it, it is from the lowest value to the
    highest. A few pixels of few pictures that lie far from all others don't count.

    Examples
    --------
    >>> deep_range_of([Ends(0, 4000, 0, 3000)], are_floats=False)
    (0.0, 4095.0)
    >>> deep_range_of([Ends(32000, 35000, 32000, 35000)], are_floats=False)
    (32000.0, 35000.0)
    """
    table = np.array(ends, np.float64)
    near_low = float(np.quantile(table[:, 0], THEIR_IMAGES))
    near_high = float(np.quantile(table[:, 1], 1 - THEIR_IMAGES))
    spread = near_high - near_low
    low = float(np.where(table[:, 0] < near_low - spread, table[:, 2], table[:, 0]).min())
    high = float(np.where(table[:, 1] > near_high + spread, table[:, 3], table[:, 1]).max())
    for usual in _REAL if are_floats else _WHOLE:
        if usual[0] <= low and high <= usual[1]:
            # Of one value alone nothing is known.
            if 2 * (high - low) >= usual[1] - usual[0] or high == low:
                return usual
            break
    return (low, high) if high > low else (low, low + 1)


def in_bytes(values: NDArray[Any], deep_range: tuple[float, float]) -> NDArray[np.uint8]:
    """Return values as bytes: ``255 * (value - low) / (high - low)``, rounded; 0 or 255 outside.

    Examples
    --------
    >>> in_bytes(np.array([0, 2048, 4095, 65535], np.uint16), (0, 4095)).tolist()
    [0, 128, 255, 255]
    """
    low, high = deep_range
    shares = (values.astype(np.float64) - low) * (255 / (high - low))
    whole: NDArray[np.uint8] = np.rint(np.clip(shares, 0, 255)).astype(np.uint8)
    return whole
