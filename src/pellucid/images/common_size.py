"""One size for pictures of many: chosen where nobody chose, and said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["SIDE", "chosen_size", "size_told"]

Size = tuple[int, int]

SIDE = 64
"""Pixels of the shorter side, at most: enough for what can be told from afar."""

SQUARE, LONGEST = 1.25, 2.0
"""Ratios of the sides below which pictures are made squares, and above which none are made."""


def chosen_size(sizes: Sequence[tuple[Size, int]]) -> Size:
    """Return the size to which pictures of different sizes are brought.

    The shorter side is the median of theirs, but 64 pixels at most; the ratio of the sides is the
    median of theirs, or 1 where it is nearly that.

    Parameters
    ----------
    sizes : sequence of ((height, width), count)
        Each size, and how many pictures have it.

    Returns
    -------
    (height, width)

    Examples
    --------
    >>> chosen_size([((480, 640), 90), ((640, 480), 10)])
    (64, 85)
    >>> chosen_size([((20, 22), 5), ((24, 20), 6)])
    (20, 20)
    """
    pairs = np.array([size for size, _ in sizes], np.float64)
    counts = [count for _, count in sizes]
    shorter = _median(pairs.min(axis=1), counts)
    ratio = _median(pairs[:, 1] / pairs[:, 0], counts)  # width over height
    side = max(1, min(SIDE, round(shorter)))
    longer = min(max(ratio, 1 / ratio), LONGEST)
    if longer < SQUARE:
        return side, side
    other = round(side * longer)
    return (side, other) if ratio > 1 else (other, side)


def size_told(sizes: Sequence[tuple[Size, int]], chosen: Size, how: str) -> str:
    """Return in a sentence what size was chosen, and how to choose another.

    Examples
    --------
    >>> size_told([((48, 64), 9), ((64, 48), 1)], (48, 64), "size=(28, 28)")
    'The pictures have 2 sizes, from 48 x 64 to 64 x 48; all are resized to 48 x 64. Choose another
    with size=(28, 28).'
    """
    ordered = sorted((size for size, _ in sizes), key=lambda size: (size[0] * size[1], size))
    first, last = (" x ".join(map(str, size)) for size in (ordered[0], ordered[-1]))
    height, width = chosen
    return (
        f"The pictures have {len(sizes):,} sizes, from {first} to {last}; all are resized to "
        f"{height} x {width}. Choose another with {how}."
    )


def _median(values: Sequence[float] | np.ndarray, counts: Sequence[int]) -> float:
    """Return the value that half of the pictures are at or below."""
    order = np.argsort(values, kind="stable")
    passed = np.cumsum(np.asarray(counts)[order])
    return float(np.asarray(values)[order][np.searchsorted(passed, passed[-1] / 2)])
