"""What every reader hands on: images in blocks with their labels, and what was wrong on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import warn
from pellucid.console import Say
from pellucid.errors import DataError
from pellucid.images.preprocessing import Preprocessing

__all__ = [
    "BLOCK_BYTES",
    "MOST_LABEL",
    "Block",
    "Codes",
    "Problems",
    "Progress",
    "Reading",
    "Samples",
    "Source",
    "Steps",
    "file_state",
    "together",
]

Progress = Callable[[int, int], None]
"""Is called with what is done and what is to do, in the source's own unit."""

BLOCK_BYTES = 8 << 20
"""A block of images has about this many bytes, or one image."""

MOST_LABEL = 200
"""Characters that the name of a class may have."""


class Block(NamedTuple):
    """Some images, one behind the other, with their labels.

    Attributes
    ----------
    images : ndarray of shape (k, H, W) or (k, C, H, W)
    labels : ndarray of shape (k,), integers or text
    places : ndarray of shape (k,), int64, or None
        Which of all that is listed they are; None where nothing is ever left out.
    """

    images: NDArray[Any]
    labels: NDArray[Any]
    places: NDArray[np.int64] | None = None


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
    listed : callable or None
        Returns the label of everything that is listed, also of what turns out to be bad, before an
        image is read; None where only reading tells the labels.
    """

    count: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    blocks: Callable[[], Iterator[Block]]
    listed: Callable[[], NDArray[Any]] | None = None

    @property
    def size(self) -> int:
        """How many bytes all images have, at most."""
        return self.count * int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize


@dataclass(frozen=True)
class Source:
    """What :func:`pellucid.data.load` was given, opened: not a data set yet, but all it needs.

    Attributes
    ----------
    train : Samples
        To train on; or all, where ``test`` is None and a split makes the two.
    test : Samples or None
    validation : Samples or None
        To measure on while training; only beside those to test on.
    where : str
        Where its images come from, in words.
    classes : tuple of str or None
        What the labels are indices of; None if the labels are the classes themselves, or codes.
    preprocessing : Preprocessing or None
        What made the images out of pictures.
    keep_unused : bool
        Whether a class without an image stays one.
    codes : Codes or None
        What the labels are codes of.
    is_test : bool
        Whether ``train`` holds images to test on, and there are none to train on.
    """

    train: Samples
    test: Samples | None
    where: str
    classes: tuple[str, ...] | None = None
    preprocessing: Preprocessing | None = None
    keep_unused: bool = True
    codes: Codes | None = None
    is_test: bool = False
    validation: Samples | None = None

    @property
    def samples(self) -> list[Samples]:
        """The training samples, and those to test on and to validate where there are any."""
        return [self.train, *(part for part in (self.test, self.validation) if part is not None)]

    @property
    def size(self) -> int:
        """How many bytes all images have, at most."""
        return sum(samples.size for samples in self.samples)


class Codes:
    """Labels that are text as whole numbers, so that a long one does not lengthen all others.

    Examples
    --------
    >>> codes = Codes()
    >>> codes.of(["b", "a", "b"]).tolist(), codes.names
    ([0, 1, 0], ['b', 'a'])
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def of(self, labels: Iterable[str]) -> NDArray[np.int64]:
        """Return the code of each label, in the order in which they first come."""
        numbers = self._numbers
        return np.array([numbers.setdefault(name, len(numbers)) for name in labels], np.int64)

    @property
    def names(self) -> list[str]:
        """The labels by their codes."""
        return list(self._numbers)


class Steps:
    """Counts the steps of reading, ``total`` in all, and tells who wants to know."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._call, self._total, self._done = progress, total, 0

    def step(self, count: int = 1) -> None:
        """Note that so many more are done."""
        self._done += count
        if self._call is not None:
            self._call(self._done, self._total)


class Problems:
    """Everything that is wrong with the source of a name, each with its place and its reason."""

    MOST = 10_000
    """How many are kept; more are counted."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: list[str] = []
        self.count = 0
        self.what = "file"

    def add(self, where: object, reason: object) -> None:
        """Note that something is wrong; a name with line breaks stays in its line."""
        self.add_line(f"{where}: {reason}")

    def add_line(self, line: str) -> None:
        """Note that something is wrong, in words that say where."""
        self.count += 1
        if len(self.lines) < self.MOST:
            self.lines.append(" ".join(line.splitlines()))

    def text(self) -> str:
        """Return the list, a line for each."""
        more = self.count - len(self.lines)
        rest = [f"and {more:,} more"] if more else []
        return "".join(f"\n  {line}" for line in [*self.lines, *rest])

    def settle(self, skip_bad: bool, say: Say | None) -> str:
        """Raise DataError if something is wrong; with ``skip_bad``, say so and return the note."""
        if self.count == 0:
            return ""
        what = self.what if self.count == 1 else self.what.replace(" or ", "s and ") + "s"
        bad = f"{self.count:,} bad {what}"
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
    """How a source is to be read: what :func:`pellucid.data.load` was told, and what came up.

    ``problems`` is where readers note what is wrong, ``guesses`` what :meth:`guess` was told;
    ``beside`` has the state of each file that a reader takes though the source does not name it, by
    its path.
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
    label: str | int | None = None
    pixel_range: tuple[float, float] | None = None
    channels: str | None = None
    follow_links: bool = False
    transpose: bool | None = None
    problems: Problems = field(init=False)
    guesses: list[str] = field(init=False, default_factory=list)
    beside: dict[str, list[int] | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "problems", Problems(self.name))

    def note_beside(self, path: Path) -> None:
        """Note, before it is read, the state of a file that the source does not name."""
        if str(path) not in self.beside:
            self.beside[str(path)] = file_state(path)

    def tell(self, line: str) -> None:
        """Say a line, if somebody listens."""
        if self.say is not None:
            self.say(line)

    def guess(self, line: str) -> None:
        """Say what was guessed, once: to who listens, else as a warning."""
        if line in self.guesses:
            return
        self.guesses.append(line)
        if self.say is not None:
            self.say(line)
        else:
            warn(line)

    def options(self) -> dict[str, Any]:
        """Return what changes the result, JSON-ready."""
        more = {
            "label": self.label,
            "pixel_range": self.pixel_range and list(self.pixel_range),
            "channels": self.channels,
            "follow_links": self.follow_links or None,
            "transpose": self.transpose,
        }
        return {
            "skip_bad": self.skip_bad,
            "size": self.size and list(self.size),
            "preprocessing": self.preprocessing and self.preprocessing.to_dict(),
            "test_share": self.test_share,
            "seed": self.seed,
        } | {name: value for name, value in more.items() if value is not None}


def file_state(path: Path) -> list[int] | None:
    """Return what tells a changed file from the same: size and time; None where there is none."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return [status.st_size, status.st_mtime_ns]


def together(name: str, errors: Sequence[DataError], what: str) -> DataError:
    """Return errors about ``what``, in the plural, as one; a single one stays as it is.

    Examples
    --------
    >>> print(together("a+b", [DataError("a is empty."), DataError("b is cut off.")], "sources"))
    a+b has 2 bad sources:
      a is empty.
      b is cut off.
    """
    if len(errors) == 1:
        return errors[0]
    lines = "".join(f"\n  {line}" for error in errors for line in str(error).splitlines())
    return DataError(f"{name} has {len(errors)} bad {what}:{lines}")
