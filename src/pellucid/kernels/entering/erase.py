"""Erasing a rectangle; its equation is in :mod:`pellucid.equations.erase`."""

from __future__ import annotations

import math

import numpy as np

from pellucid.kernels.compiling.compile import compile_part
from pellucid.kernels.entering.colors import mean_of_plane

__all__ = ["erase"]


@compile_part
def erase(arena, to, shape, box):
    """Put each channel's mean into a rectangle of ``image[c, y, x]``, ``pitch`` floats a row."""
    start, pitch = to
    channels, rows, columns = shape
    left, width = _from_to(box[0], box[2], columns)
    top, height = _from_to(box[1], box[3], rows)
    for c in range(channels):
        plane = start + c * rows * pitch
        mean = np.float32(mean_of_plane(arena, plane, pitch, rows, columns))
        for y in range(top, top + height):
            for x in range(left, left + width):
                arena[plane + y * pitch + x] = mean


@compile_part
def _from_to(place, share, size):
    """Return the first whole pixel of a part of an axis, and how many it has."""
    length = min(size, max(1, np.int64(math.floor(share * size + 0.5))))
    return np.int64(math.floor(place * (size - length + 1))), length
