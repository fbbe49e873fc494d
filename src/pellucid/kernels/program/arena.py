"""The memory of one worker, and views into it.

An arena is one float32 array. Every array inside it has the images of a chunk, LANES of them, as
its innermost axis; a :class:`View` says where one begins and how far apart its elements are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.program import blocks
from pellucid.network.layers import Shape

__all__ = [
    "CHUNKS",
    "CONSTANTS",
    "COUNT",
    "FLOOR_NONE",
    "FLOOR_ZERO",
    "IN_USE",
    "IS_FIRST",
    "ONES",
    "WASTE",
    "ZEROS",
    "Memory",
    "Shared",
    "View",
    "new_arena",
    "stride_of",
]

ONES = 0
"""Where a vector of ones lies in every arena: the gate of an op that has none."""
FLOOR_ZERO = LANES
"""Where 0 lies: the floor of a layer with a ReLU."""
FLOOR_NONE = LANES + 1
"""Where minus infinity lies: the floor of a layer without one."""
IS_FIRST = LANES + 2
"""Where the driver says whether a chunk is the first of its section: 1, else 0."""
COUNT = LANES + 3
"""Where the driver of stretches says how many images a chunk has."""
CHUNKS = LANES + 4
"""Where it says how many chunks there are, each in an arena of its own."""
ZEROS = 2 * LANES
"""Where a vector of zeros lies: what a kernel reads in place of something that is not there."""
WASTE = 3 * LANES
"""Room for a vector that a kernel has nowhere to put; nobody reads it."""
IN_USE = 4 * LANES
"""Where it puts a vector of 1 for each lane that has an image, and 0 for the others."""
CONSTANTS = 5 * LANES
"""Floats before the first array."""

_LINE = 16
"""Floats in a cache line; every array begins on one."""
_SLACK = 64 * LANES
"""Floats after the last array: the last tile of a row may read past its end."""

Border = tuple[int, int, int, int]


@dataclass(frozen=True)
class View:
    """An array ``(channels, rows, columns)`` in the arena: its first element and its strides.

    Attributes
    ----------
    start, channel, row, column : int
        The place of the first element and the strides of the axes, in floats.
    shape : (int, int, int)
        Channels, rows, columns. A flat array has one row and one column.
    """

    start: int
    channel: int
    row: int
    column: int
    shape: Shape

    def flat(self) -> View:
        """Return the same memory as ``(features, 1, 1)``."""
        return View(self.start, LANES, LANES, LANES, (math.prod(self.shape), 1, 1))

    def shaped(self, shape: Shape) -> View:
        """Return the same memory, which is contiguous or has that shape already, in a shape."""
        channels, rows, columns = shape if len(shape) == 3 else (shape[0], 1, 1)
        if self.shape == (channels, rows, columns):
            return self
        plane = rows * columns * LANES
        return View(self.start, plane, columns * LANES, LANES, (channels, rows, columns))

    @property
    def is_contiguous(self) -> bool:
        """Whether :meth:`flat` holds the same elements in the same order."""
        _, rows, columns = self.shape
        plane = rows * columns * LANES
        return (self.column, self.row, self.channel) == (LANES, columns * LANES, plane)

    def phase(self, row: int, column: int, step_row: int, step_column: int) -> View:
        """Return every ``step_row``-th row from ``row`` on, and columns likewise."""
        channels, rows, columns = self.shape
        shape = (channels, -(-(rows - row) // step_row), -(-(columns - column) // step_column))
        start = self.start + row * self.row + column * self.column
        return View(start, self.channel, step_row * self.row, step_column * self.column, shape)

    def planes(self, first: int, count: int) -> View:
        """Return ``count`` channels from ``first`` on."""
        start = self.start + first * self.channel
        return View(start, self.channel, self.row, self.column, (count, *self.shape[1:]))

    def fields(self, name: str) -> dict[str, int]:
        """Return the fields of an op that reads or writes this array under a name.

        Examples
        --------
        >>> View(64, 320, 80, 16, (3, 4, 5)).fields("z")
        {'z': 64, 'z_channel': 320, 'z_row': 80, 'z_column': 16}
        """
        return {
            name: self.start,
            f"{name}_channel": self.channel,
            f"{name}_row": self.row,
            f"{name}_column": self.column,
        }


def everywhere(shape: Shape) -> View:
    """Return a view that is 1 at every element: the gate that is always open."""
    return View(ONES, 0, 0, 0, shape)


class Shared(int):
    """A place that all chunks of a section share, where each has an arena of its own.

    It is in the first arena; in an op it must be given as it is, as no sum of it is a Shared.
    """


class Memory:
    """Hands out places in an arena that is being laid out."""

    def __init__(self) -> None:
        self.used = CONSTANTS

    @property
    def size(self) -> int:
        """How many floats the arena needs."""
        return self.used + _SLACK

    def take(self, floats: int) -> int:
        """Return the place of ``floats`` new floats."""
        start = self.used
        self.used += -(-floats // _LINE) * _LINE
        return start

    def array(self, shape: Shape, border: Border = (0, 0, 0, 0)) -> View:
        """Return a new array with a border of zeros (top, bottom, left, right).

        Channels are filled up to whole filter blocks, a flat array to whole vectors.
        """
        top, bottom, left, right = border
        channels, rows, columns = shape if len(shape) == 3 else (shape[0], 1, 1)
        row = (left + columns + right) * LANES
        plane = (top + rows + bottom) * row
        count = blocks.planes(channels) if len(shape) == 3 else -(-channels // LANES) * LANES
        start = self.take(count * plane) + top * row + left * LANES
        return View(start, plane, row, LANES, (channels, rows, columns))


def stride_of(size: int) -> int:
    """Return how far apart arenas of a size lie that are one after another: whole cache lines."""
    return -(-size // _LINE) * _LINE


def new_arena(size: int, count: int = 1) -> NDArray[np.float32]:
    """Return the memory for one worker: zeros on whole cache lines, the constants filled in.

    With ``count`` there are several arenas one after another, :func:`stride_of` apart.
    """
    stride = stride_of(size)
    raw = np.zeros(count * stride + _LINE, dtype=np.float32)
    skip = (-raw.ctypes.data // 4) % _LINE
    arenas = raw[skip : skip + count * stride]
    for start in range(0, len(arenas), stride):
        arenas[start + ONES : start + ONES + LANES] = 1.0
        arenas[start + FLOOR_NONE] = -np.inf
    return arenas
