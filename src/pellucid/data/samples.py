"""What every reader hands on: images in blocks with their labels, and what was wrong on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import DataError
from pellucid.preprocessing import Preprocessing

__all__ = ["BLOCK_BYTES", "Block", "Parts", "Problems", "Progress", "Reading", "Samples", "Say"]

Say = Callable[[str], None]
Progress = Callable[[int, int], None]
"""Is called with what is done and what is to do, in the source's own unit."""

BLOCK_BYTES = 8 << 20
"""A block of images has about this many bytes, or one image."""


class Block(NamedTuple):
    """Some images, one behind the other, with their labels.

    Attributes
    ----------
    images : ndarray of shape (k, H, W) or (k, C, H, W)
    labels : ndarray of shape (k,), integers or text
    """

    images: NDArray[Any]
    labels: NDArray[Any]


@dataclass(frozen=True)
class Samples:
    """Labeled images that can be read once or again.

    Attributes
    ----------
    count : int
        How many there are, at most: bad ones are left out on the way.
    shape : tuple of int
        Of one image.
    dtype : dtype
        Of the images.
    blocks : callable
        Starts reading; yields a :class:`Block` at a time.
    """

    count: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    blocks: Callable[[], Iterator[Block]]

    @property
    def size(self) -> int:
        """How many bytes all images have, at most."""
        return self.count * int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize


@dataclass(frozen=True)
class Parts:
    """A source before it is a data set.

    Attributes
    ----------
    train : Samples
        To train on; or all, where ``test`` is None and a split makes the two.
    test : Samples or None
    source : str
        Where they came from, in words.
    classes : tuple of str or None
        What the labels are indices of; None if the labels are the classes themselves.
    preprocessing : Preprocessing or None
        What made the images out of pictures.
    keep_unused : bool
        Whether a class without an image stays one.
    """

    train: Samples
    test: Samples | None
    source: str
    classes: tuple[str, ...] | None = None
    preprocessing: Preprocessing | None = None
    keep_unused: bool = True


class Problems:
    """Everything that is wrong with a source, each with its place and its reason.

    Parameters
    ----------
    name : str
        The source.
    """

    MOST = 10_000
    """How many are kept; more are counted."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: list[str] = []
        self.count = 0
        self.what = "file"

    def add(self, where: object, reason: object) -> None:
        """Note that something is wrong; a name with line breaks stays in its line."""
        self.count += 1
        if len(self.lines) < self.MOST:
            self.lines.append(" ".join(f"{where}: {reason}".splitlines()))

    def text(self) -> str:
        """Return the list, a line for each."""
        more = self.count - len(self.lines)
        rest = [f"and {more:,} more"] if more else []
        return "".join(f"\n  {line}" for line in [*self.lines, *rest])

    def settle(self, skip_bad: bool, say: Say | None) -> str:
        """Raise DataError if something is wrong; with ``skip_bad``, say so and return the note."""
        if self.count == 0:
            return ""
        bad = f"{self.count:,} bad {self.what}{'' if self.count == 1 else 's'}"
        if not skip_bad:
            raise DataError(
                f"{self.name} has {bad}; repair or remove them, or go on without them "
                f"(skip_bad):{self.text()}"
            )
        note = f"Going on without {bad} of {self.name}, the first {self.lines[0]}."
        if say is not None:
            say(note)
        return note


@dataclass(frozen=True)
class Reading:
    """How a source is to be read: what :func:`pellucid.data.load` was told.

    Attributes
    ----------
    name : str
        The source.
    say, progress : callable or None
    skip_bad : bool
    size : (int, int) or None
    preprocessing : Preprocessing or None
    memory_map : bool or None
    test_share : float
    seed : int
        See :func:`pellucid.data.load`.
    problems : Problems
        Where readers note what is wrong.
    """

    name: str
    say: Say | None = None
    progress: Progress | None = None
    skip_bad: bool = False
    size: tuple[int, int] | None = None
    preprocessing: Preprocessing | None = None
    memory_map: bool | None = None
    test_share: float = 0.2
    seed: int = 0
    problems: Problems = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "problems", Problems(self.name))

    def tell(self, line: str) -> None:
        """Say a line, if somebody listens."""
        if self.say is not None:
            self.say(line)

    def options(self) -> dict[str, Any]:
        """Return what changes the result, JSON-ready."""
        return {
            "skip_bad": self.skip_bad,
            "size": self.size and list(self.size),
            "preprocessing": self.preprocessing and self.preprocessing.to_dict(),
            "test_share": self.test_share,
            "seed": self.seed,
        }
