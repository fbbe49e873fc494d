"""Where a picture's ink is, and how strong: strips of rows at a time, so that memory stays small.

Ink is what differs from the background in one direction: ``ink = max(level - pixel, 0)`` on light
paper, ``max(pixel - level, 0)`` on dark, where a channel's level is the median of its border.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Bytes",
    "Ink",
    "Plane",
    "averaged",
    "border",
    "find_ink",
    "gray",
    "gray_range",
    "ink",
    "noise_of",
    "strips",
]

# Ink fainter than this part of the strongest is background: soft edges, JPEG ripples ...
_THRESHOLD = 0.15
# ... and so is what is within this many standard deviations of the border's noise,
_NOISE_DEVIATIONS = 7.0
# as long as that leaves the stronger half of the ink.
_MOST_THRESHOLD = 0.5
# Red, green and blue as the eye weighs them (ITU-R BT.601), as Pillow's "L" does.
_LUMA = (0.299, 0.587, 0.114)
# Values of one channel that are worked on at once.
_STRIP = 1 << 19

S = TypeVar("S", bound=np.generic)
Plane = NDArray[np.float64]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Ink:
    """The ink that was found in a picture, in its box.

    Attributes
    ----------
    planes : ndarray of shape (C, rows, columns), uint8
        The picture inside the box.
    levels : ndarray of shape (C, 1, 1), float64
        The background of each channel.
    dark : bool
        Whether ink is darker than the background.
    threshold : float
        Fainter ink is dropped.
    """

    planes: Bytes
    levels: Plane
    dark: bool
    threshold: float

    @property
    def rows(self) -> int:
        """How high the box is, in pixels."""
        return int(self.planes.shape[1])

    @property
    def columns(self) -> int:
        """How wide the box is, in pixels."""
        return int(self.planes.shape[2])

    def cut(self, factor: int) -> tuple[Plane, Plane]:
        """Return the ink and its strength, ``factor`` x ``factor`` pixels averaged to one.

        Returns
        -------
        ink : ndarray of shape (C, ceil(rows / factor), ceil(columns / factor)), float64
        strength : ndarray of the last two axes, float64
            The channels as one, as the eye weighs them.
        """
        cuts, strengths = [], []
        for strip in strips(self.planes, factor):
            values = ink(strip, self.levels, self.dark)
            strength = gray(values)
            strong = strength >= self.threshold
            cuts.append(averaged(np.where(strong, values, 0), factor))
            strengths.append(averaged(np.where(strong, strength, 0)[np.newaxis], factor)[0])
        return np.concatenate(cuts, axis=1), np.concatenate(strengths)


def find_ink(planes: Bytes, levels: Plane, dark: bool, noise: float) -> Ink | None:
    """Return the ink of a picture, or None where there is none.

    Parameters
    ----------
    planes : ndarray of shape (C, H, W), uint8
        The picture.
    levels : ndarray of shape (C, 1, 1), float64
        The background of each channel.
    dark : bool
        Whether ink is darker than the background.
    noise : float
        The standard deviation of the background, as :func:`noise_of` tells it.
    """
    strongest = max(float(gray(ink(strip, levels, dark)).max()) for strip in strips(planes))
    if not strongest > 0:
        return None
    threshold = max(_THRESHOLD * strongest, _NOISE_DEVIATIONS * noise)
    threshold = min(threshold, _MOST_THRESHOLD * strongest)
    in_row, in_column = [], np.zeros(planes.shape[2], bool)
    for strip in strips(planes):
        strong = gray(ink(strip, levels, dark)) >= threshold
        in_row.append(strong.any(axis=1))
        in_column |= strong.any(axis=0)
    top, bottom = _extent(np.concatenate(in_row))
    left, right = _extent(in_column)
    return Ink(planes[:, top:bottom, left:right], levels, dark, threshold)


def ink(planes: Bytes, levels: Plane, dark: bool) -> Plane:
    """Return how much each pixel differs from the background, in the direction of ink.

    Examples
    --------
    >>> ink(np.array([[[255, 40]]], np.uint8), np.array([[[250.0]]]), dark=True)
    array([[[  0., 210.]]])
    """
    difference: Plane = levels - planes if dark else planes - levels
    return np.clip(difference, 0, None)


def gray(planes: NDArray[Any]) -> Plane:
    """Return channels (C, ...) as one: three as the eye weighs them, others as their mean."""
    if len(planes) == 3:
        red, green, blue = _LUMA
        weighted: Plane = red * planes[0] + green * planes[1] + blue * planes[2]
        return weighted
    mean: Plane = planes.mean(axis=0)
    return mean


def gray_range(planes: Bytes) -> tuple[float, float]:
    """Return the darkest and the brightest gray of a picture."""
    ends = [(float(g.min()), float(g.max())) for g in map(gray, strips(planes))]
    return min(low for low, _ in ends), max(high for _, high in ends)


def border(planes: NDArray[S]) -> NDArray[S]:
    """Return the pixels of a picture's border, (C, n); of several pictures, (..., n)."""
    edges = planes[..., 0, :], planes[..., -1, :], planes[..., 1:-1, 0], planes[..., 1:-1, -1]
    return np.concatenate(edges, axis=-1)


def noise_of(border: Plane) -> float:
    """Return the standard deviation of the border's noise, at least, from a quartile.

    A quarter of the border may be ink without any effect. On a black background noise only shows
    where it is positive, in half of the pixels: so the upper quartile of the deviations, which is
    0.6745 standard deviations there and more where both halves show.
    """
    return float(np.quantile(np.abs(border - np.median(border)), 0.75)) / 0.6745


def strips(planes: Bytes, factor: int = 1) -> Iterator[Bytes]:
    """Yield a picture in strips of rows, each but the last a multiple of ``factor`` high."""
    rows = max(1, _STRIP // max(1, planes.shape[2] * factor)) * factor
    for start in range(0, planes.shape[1], rows):
        yield planes[:, start : start + rows]


def averaged(values: Plane, factor: int) -> Plane:
    """Return means over squares of pixels; what is missing at the end counts as no ink."""
    if factor == 1:
        return values
    _, rows, columns = values.shape
    sums = np.add.reduceat(values, np.arange(0, rows, factor), axis=1)
    sums = np.add.reduceat(sums, np.arange(0, columns, factor), axis=2)
    mean: Plane = sums / factor**2
    return mean


def _extent(used: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the first index that is used, and the one behind the last."""
    indices = np.flatnonzero(used)
    return int(indices[0]), int(indices[-1]) + 1
