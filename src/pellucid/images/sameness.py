"""Images that hold nothing, or all hold the same: what training and prediction can't use."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAST_CONTRAST", "blank", "nothing_in_rows", "sameness"]

LEAST_CONTRAST = 8
"""A picture whose brightest and darkest pixels differ by less, of 255, is blank."""

# Images from all over the data that are looked at before all are.
_LOOKED_AT = 64
# If fewer of them than this share have a trait, most of all images don't.
_SUSPICIOUS = 0.25
_AT_ONCE = 1024
_VALUES = 1 << 24
# Of rows of fewer numbers some are equal by chance; so are fewer images.
_LEAST_NUMBERS = 25
_LEAST_IMAGES = 8


def blank(images: NDArray[Any], contrast: float = 0) -> NDArray[np.bool_]:
    """Tell of each image whether every channel has one value all over.

    Parameters
    ----------
    images : ndarray of shape (n, H, W) or (n, C, H, W)
    contrast : float, default 0
        If more than 0, values that differ by less count as one: :data:`LEAST_CONTRAST` for bytes
        that were made of pictures.

    Examples
    --------
    >>> blank(np.array([[[0, 9]], [[7, 7]]], np.uint8)).tolist()
    [False, True]
    """
    if images.shape[-2:] == (1, 1):
        return np.zeros(len(images), np.bool_)  # a pixel alone is one color, whatever it shows
    low = images.min(axis=(-2, -1)).astype(np.float64)
    spread = images.max(axis=(-2, -1)) - low
    flat = spread < contrast if contrast > 0 else spread == 0
    all_flat: NDArray[np.bool_] = flat.reshape(len(images), -1).all(axis=1)
    return all_flat


def sameness(images: NDArray[Any], what: str = "images", contrast: float = 0) -> str:
    """Return a sentence if most images are blank, or equal to one another, and else ``""``.

    Some images from all over the data are looked at first, so that ordinary data cost nothing.

    Parameters
    ----------
    images : ndarray of shape (n, H, W) or (n, C, H, W)
        Two at least, or nothing is said.
    what : str
        What they are called.
    contrast : float
        As for :func:`blank`.

    Examples
    --------
    >>> sameness(np.zeros((3, 2, 2), np.uint8))
    '3 of 3 images are blank: each has one color all over.'
    >>> sameness(np.array([[[0, 1]], [[0, 1]], [[0, 1]], [[2, 3]]]))
    '3 of 4 images are equal.'
    """
    total = len(images)
    if total < 2 or images.shape[-2:] == (1, 1):
        return ""
    some = images[np.linspace(0, total - 1, min(total, _LOOKED_AT)).astype(np.int64)]
    if blank(some, contrast).mean() >= _SUSPICIOUS:
        parts = range(0, total, _AT_ONCE)
        count = sum(int(blank(images[k : k + _AT_ONCE], contrast).sum()) for k in parts)
        if 2 * count > total:
            return f"{count:,} of {total:,} {what} are blank: each has one color all over."
    keys = Counter(image.tobytes() for image in some)
    key, often = keys.most_common(1)[0]
    if often < 2 or often < _SUSPICIOUS * len(some):
        return ""
    one = next(image for image in some if image.tobytes() == key)
    count = 0
    for start in range(0, total, _AT_ONCE):
        part = images[start : start + _AT_ONCE]
        count += int((part == one).reshape(len(part), -1).all(axis=1).sum())
    return f"{count:,} of {total:,} {what} are equal." if 2 * count > total else ""


def nothing_in_rows(rows: NDArray[Any], *, is_any_told: bool) -> str | None:
    """Return in words how many rows of pixels show nothing, or that all are equal; None if neither.

    Parameters
    ----------
    rows : ndarray of shape (n, features)
        Images, a row each.
    is_any_told : bool
        Whether a single blank one is told; else half of them must be.

    Examples
    --------
    >>> nothing_in_rows(np.repeat([[5], [7]], 30, axis=1), is_any_told=True)
    '2 of 2 images are blank (all pixels equal)'
    """
    count, size = rows.shape
    if size < _LEAST_NUMBERS:
        return None
    some = max(1, _VALUES // size)
    parts = [rows[start : start + some] for start in range(0, count, some)]
    flat = sum(int(np.count_nonzero((part == part[:, :1]).all(axis=1))) for part in parts)
    if flat and (is_any_told or 2 * flat > count):
        are = "is" if flat == 1 else "are"
        return f"{flat:,} of {count:,} images {are} blank (all pixels equal)"
    if count >= _LEAST_IMAGES and all((part == rows[:1]).all() for part in parts):
        return f"{count:,} of {count:,} images are equal"
    return None
