"""The plan for a single image in the making: pixels with their channels last, the ops so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from pellucid.kernels.program.arena import Border, Memory
from pellucid.kernels.program.stages import NO_BORDER
from pellucid.network.layers import Shape

__all__ = ["OneImageDraft", "Pixels"]


@dataclass(frozen=True)
class Pixels:
    """An image ``[y, x, c]`` in the arena, or a flat array.

    Attributes
    ----------
    start, row, pixel : int
        The place of the first number, and the floats of a row and of a pixel.
    shape : tuple of int
        Channels, rows and columns, or features.
    """

    start: int
    row: int
    pixel: int
    shape: Shape

    def fields(self, name: str) -> dict[str, int]:
        """Return the fields of an op that reads or writes this image under a name."""
        return {name: self.start, f"{name}_row": self.row, f"{name}_column": self.pixel}

    @property
    def lines(self) -> tuple[int, int]:
        """How many lines of floats it is, and how many floats are in one."""
        if len(self.shape) == 1:
            return 1, self.shape[0]
        return self.shape[1], self.shape[2] * self.pixel


@dataclass
class OneImageDraft:
    """A plan for a single image in the making: its memory, and its ops so far."""

    memory: Memory = field(default_factory=Memory)
    begin: list[list[int]] = field(default_factory=list)
    forward: list[list[int]] = field(default_factory=list)

    def image(self, shape: Shape, pixel: int, border: Border = NO_BORDER) -> Pixels:
        """Return new memory for an image in a border of zeros, ``pixel`` floats a pixel."""
        top, bottom, left, right = border
        _, rows, columns = shape
        row = (left + columns + right) * pixel
        start = self.memory.take((top + rows + bottom) * row)
        return Pixels(start + top * row + left * pixel, row, pixel, shape)

    def flat(self, size: int) -> Pixels:
        """Return new memory for a flat array."""
        return Pixels(self.memory.take(size), size, 1, (size,))
