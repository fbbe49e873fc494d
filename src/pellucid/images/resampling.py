"""Pictures brought to another size by Pillow: as a whole, or their ink placed as MNIST's is."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.images.ink import Ink, Plane, strips

__all__ = ["Box", "centered", "resampled"]

# Of MNIST's 28 pixels, a digit's longer side takes 20.
_LONGER_SIDE = 20 / 28
# A picture's ink may have this many pixels, or more, to one of the input before it is averaged.
_FINEST = 4


class Box(NamedTuple):
    """A part of a plane, in pixels."""

    left: float
    top: float
    right: float
    bottom: float


def centered(ink: Ink, size: tuple[int, int]) -> Plane:
    """Return ink in a size (height, width), scaled and placed as MNIST's digits are.

    Its box is scaled, proportions kept, so that the longer side is 20/28 of the size's, and its
    center of mass comes to the middle, as far as the box stays inside.
    """
    height, width = size
    # Pixels of the picture to a pixel of the result.
    step = max(ink.rows / (_LONGER_SIDE * height), ink.columns / (_LONGER_SIDE * width))
    # What is much finer than the result is averaged first: the arrays below stay small.
    factor = max(1, int(step / _FINEST))
    cut, weight = ink.cut(factor)
    field_y, field_x = step * height / factor, step * width / factor
    y = _field_start(weight.sum(axis=1), field_y)
    x = _field_start(weight.sum(axis=0), field_x)
    # Zeros around the ink, so that the field to sample lies inside the array.
    support = 2 * math.ceil(step / factor) + 1  # how far the bicubic filter looks
    pad_y, pad_x = (
        max(0, math.ceil(field - length)) + support
        for field, length in zip((field_y, field_x), weight.shape, strict=True)
    )
    padded = np.pad(cut, ((0, 0), (pad_y, pad_y), (pad_x, pad_x)))
    box = Box(pad_x + x, pad_y + y, pad_x + x + field_x, pad_y + y + field_y)
    return np.stack([resampled(plane, size, box) for plane in padded])


def resampled(
    plane: NDArray[Any], size: tuple[int, int], box: Box, *, inverted: bool = False
) -> Plane:
    """Return the part of a plane inside the box in a size (height, width), antialiased.

    A large plane is narrowed in strips of its rows first, so that only one is held as floats.
    """
    height, width = size
    parts = [part for (part,) in strips(plane[np.newaxis])]
    if len(parts) == 1:
        return _at_once(plane, size, box, inverted)
    narrow = [
        _at_once(part, (len(part), width), Box(box.left, 0, box.right, len(part)), inverted)
        for part in parts
    ]
    return _at_once(
        np.concatenate(narrow), (height, width), Box(0, box.top, width, box.bottom), False
    )


def _at_once(plane: NDArray[Any], size: tuple[int, int], box: Box, inverted: bool) -> Plane:
    from PIL import Image  # who trains on arrays need not wait for it

    values = plane.astype(np.float32)
    if inverted:
        np.subtract(np.float32(255), values, out=values)
    resized = Image.fromarray(values).resize(size[::-1], Image.Resampling.BICUBIC, box=box)
    return np.asarray(resized, np.float64)


def _field_start(mass: Plane, field: float) -> float:
    """Return where a field begins that has the center of mass in its middle, or holds all of it."""
    center = float((mass * (np.arange(len(mass)) + 0.5)).sum() / mass.sum())
    return min(max(center - field / 2, len(mass) - field), 0.0)
