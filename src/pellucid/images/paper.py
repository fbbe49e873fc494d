"""What is on a picture's paper besides the character: shadows, ruled lines, neighbors, specks.

Where the border is free and all ink hangs together nothing is done, so that a clean picture keeps
its pixels. Otherwise the paper's brightness is estimated around every pixel, by a morphological
closing, and of the ink only the character stays. Source: J. Serra, "Image Analysis and Mathematical
Morphology", 1982.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.images.ink import Bytes, Ink, Plane, border, find_ink, gray, ink, noise_of, strips

__all__ = ["Cleaned", "clean"]

# A picture is searched at about this many pixels a side.
_SEARCHED = 200
# The window of the closing, in sides of the picture: wider than a stroke, narrower than a shadow.
_WINDOW = 0.35
# A shadow, taken away, leaves at most this part of the ink on the border; strokes leave more.
_SHADOW = 0.25
# Ink on the border is weaker than the character's if it has at most this part of its strength ...
_WEAKER = 0.7
# ... and what is this many times as strong as it is the character's.
_ABOVE = 1.25
# A part is a character's own if it is as near to it, in its longer sides; one that is smaller than
# a part of its area must be nearer.
_NEAR, _NEAR_SPECK, _SPECK = 0.25, 0.12, 0.05
# How wide a stroke's soft edge is, in longer sides.
_SOFT = 0.04
# Ink apart from it that is as large, in parts of its area, may be another character, or half of it.
_ANOTHER = 0.3
# A part inside may be this much smaller than one on the border, which is then a neighbor or line.
_LEAST_INSIDE = 0.15
# So many strokes that leave the picture are a pattern, not a character cut too tightly.
_MOST_EXITS = 8
# MNIST's strokes are about this wide, of the 20 pixels that its longer side takes; a thinner pen
# than the second is a thin one.
_PEN, _THIN = 2.2 / 20, 1.35 / 20

Mask = NDArray[np.bool_]


class Cleaned(NamedTuple):
    """A picture without what is not the character's.

    Attributes
    ----------
    planes : ndarray of shape (C, H, W), uint8
        The picture given, if it was clean.
    doubt : str or None
        Why the character may not be what was found.
    """

    planes: Bytes
    doubt: str | None


def clean(planes: Bytes, found: Ink) -> Cleaned:
    """Return a picture with nothing but its character on even paper.

    Parameters
    ----------
    planes : ndarray of shape (C, H, W), uint8
        The picture.
    found : Ink
        All of its ink, by the median of each channel's border.
    """
    levels, dark = found.levels, found.dark
    factor = max(1, math.isqrt(planes[0].size) // _SEARCHED)
    strength = _strongest(planes, levels, dark, factor)
    on_edge = np.count_nonzero(_edge(strength) >= found.threshold)
    even = _flattened(planes, levels, dark, factor, found.threshold) if on_edge else None
    if even is not None:
        again = find_ink(even, levels, dark, noise_of(gray(border(even))))
        if again is None:
            return Cleaned(planes, "no ink stands out from its paper")
        flat = _strongest(even, levels, dark, factor)
        if np.count_nonzero(_edge(flat) >= again.threshold) <= _SHADOW * on_edge:
            planes, found, strength = even, again, flat
    strong = strength >= found.threshold
    kept, doubt = _character(_without_lines(strength, found.threshold))
    keep = strong & _widened(kept)
    if (keep != strong).any():
        planes = _only(planes, levels, keep, factor)
    return Cleaned(_with_pen(planes, levels, dark, kept, factor), doubt)


def _strongest(planes: Bytes, levels: Plane, dark: bool, factor: int) -> Plane:
    """Return the strongest ink in squares of the picture, so that a thin stroke is not lost."""
    found = []
    for strip in strips(planes, factor):
        strength = gray(ink(strip, levels, dark))
        rows = np.maximum.reduceat(strength, np.arange(0, strength.shape[0], factor), axis=0)
        found.append(np.maximum.reduceat(rows, np.arange(0, rows.shape[1], factor), axis=1))
    return np.concatenate(found)


def _edge(mask: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([mask[0], mask[:, -1], mask[-1, ::-1], mask[::-1, 0]])


def _flattened(planes: Bytes, levels: Plane, dark: bool, factor: int, least: float) -> Bytes | None:
    """Return the picture as if all of its paper were as bright as the border's median.

    None where it nearly is so all along the border.
    """
    from scipy import ndimage  # who trains on arrays need not wait for it

    papers = [_paper(plane, dark, factor) for plane in planes]
    if all(
        (np.abs(_edge(paper) - level) < least).all()
        for paper, level in zip(papers, levels.ravel(), strict=True)
    ):
        return None
    flat = np.empty_like(planes)
    columns = np.arange(planes.shape[2]) / factor
    for plane, paper, level, even in zip(planes, papers, levels.ravel(), flat, strict=True):
        start = 0
        for (strip,) in strips(plane[np.newaxis], factor):
            rows = np.arange(start, start + len(strip)) / factor
            around = ndimage.map_coordinates(
                paper, np.meshgrid(rows, columns, indexing="ij"), order=1, mode="nearest"
            )
            # Light falls on ink and paper alike; a dark ground is added to.
            moved = strip * (level / np.maximum(around, 1)) if dark else strip + (level - around)
            even[start : start + len(strip)] = np.rint(np.clip(moved, 0, 255))
            start += len(strip)
    return flat


def _paper(plane: Bytes, dark: bool, factor: int) -> Plane:
    """Return the paper's brightness at each square of a channel."""
    from scipy import ndimage

    small = np.concatenate(
        [_means(strip, factor) for (strip,) in strips(plane[np.newaxis], factor)]
    )
    small = ndimage.uniform_filter(small, 3)
    window = 2 * max(1, int(_WINDOW * max(small.shape) / 2)) + 1  # odd, so that nothing moves
    filters = ndimage.maximum_filter, ndimage.minimum_filter
    paper = small
    for extreme in filters if dark else filters[::-1]:
        paper = extreme(paper, size=window, mode="nearest")
    # Noise moves an extreme; the median of what is left moves it back.
    smooth: Plane = ndimage.uniform_filter(paper + np.median(small - paper), 5, mode="nearest")
    return smooth


def _means(strip: Bytes, factor: int) -> Plane:
    """Return the means of squares, smaller ones at the ends."""
    values, counts = strip.astype(np.float64), []
    for axis in (0, 1):
        starts = np.arange(0, strip.shape[axis], factor)
        values = np.add.reduceat(values, starts, axis=axis)
        counts.append(np.diff(np.append(starts, strip.shape[axis])))
    return values / np.multiply.outer(*counts)


def _without_lines(strength: Plane, threshold: float) -> Mask:
    """Return where ink is, without that of the border's strength where the character's is more."""
    edge = _edge(strength)
    edge = edge[edge >= threshold]
    if len(edge):
        line = float(np.quantile(edge, 0.9))
        if line <= _WEAKER * float(strength.max()):
            threshold = max(threshold, _ABOVE * line)
    return strength >= threshold


def _character(strong: Mask) -> tuple[Mask, str | None]:
    """Return where the character is, and what makes it doubtful."""
    from scipy import ndimage

    labels, count = ndimage.label(strong, np.ones((3, 3)))
    if count == 0:
        return strong, None
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    outside = np.zeros(count + 1, bool)
    outside[_edge(labels)] = True
    outside[0] = False
    inside = np.where(outside, 0, areas)
    is_inside = inside.max() >= _LEAST_INSIDE * areas.max()
    main = int(np.argmax(inside if is_inside else areas))
    doubt = None
    ring = _edge(strong)
    if not is_inside and np.count_nonzero(ring & ~np.roll(ring, 1)) > _MOST_EXITS:
        doubt = "its ink runs out of the picture at many places"
    if count == 1:
        return strong, doubt
    near = np.where(areas >= _SPECK * areas[main], _NEAR, _NEAR_SPECK)
    reach = near * _longer(ndimage.find_objects((labels == main).astype(np.int8))[0])
    gaps = ndimage.minimum(
        ndimage.distance_transform_edt(labels != main), labels, np.arange(count + 1)
    )
    own = gaps <= np.maximum(reach, 2)
    if is_inside:
        own &= ~outside
    own[main], own[0] = True, False
    others = ~own & ~outside & (areas >= _ANOTHER * areas[main])
    if others.any():
        doubt = "it holds parts of like size that lie apart; they are taken for one character"
    return (own | others)[labels], doubt


def _widened(kept: Mask) -> Mask:
    """Return the character with its soft edges, which are weaker than it is."""
    from scipy import ndimage

    if not kept.any():
        return kept
    soft = max(1, round(_SOFT * _longer(ndimage.find_objects(kept.astype(np.int8))[0])))
    wide: Mask = ndimage.distance_transform_edt(~kept) <= soft
    return wide


def _longer(part: tuple[slice, slice]) -> int:
    return max(int(side.stop - side.start) for side in part)


def _only(planes: Bytes, levels: Plane, keep: Mask, factor: int) -> Bytes:
    """Return the picture with paper where other ink was."""
    paper = np.rint(levels).astype(np.uint8)
    cleaned, rows = planes.copy(), 0
    for strip in strips(cleaned, factor):
        squares = -(-strip.shape[1] // factor)
        part = keep[rows : rows + squares].repeat(factor, axis=0).repeat(factor, axis=1)
        np.copyto(strip, paper, where=~part[: strip.shape[1], : strip.shape[2]])
        rows += squares
    return cleaned


def _with_pen(planes: Bytes, levels: Plane, dark: bool, character: Mask, factor: int) -> Bytes:
    """Return the picture with strokes of MNIST's width, if a thin pen wrote it."""
    from scipy import ndimage

    if not character.any():
        return planes
    rows, columns = ndimage.find_objects(character.astype(np.int8))[0]
    longer = _longer((rows, columns))
    # Across a stroke of width w the distance to its edge is w / 4 + 1 / 2 on the average.
    deep = ndimage.distance_transform_edt(np.pad(character[rows, columns], 1))
    width = 4 * float(deep[deep > 0].mean()) - 2
    if width >= _THIN * longer:
        return planes
    size = 1 + round((_PEN * longer - width) * factor)
    spread = ndimage.minimum_filter if dark else ndimage.maximum_filter
    return np.stack([spread(plane, size=(size, size), mode="nearest") for plane in planes])
