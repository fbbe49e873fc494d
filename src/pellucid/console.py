"""What is told to a person: lines, names of things, and whether a bar may move."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TextIO

__all__ = ["Say", "is_terminal", "printable", "some"]

Say = Callable[[str], None]
"""Is told, a line at a time, what is going on."""


def printable(text: str) -> str:
    r"""Return text in which nothing is a command to a terminal: what can't be printed is a "?".

    Examples
    --------
    >>> printable("\x1b[31mred.png")
    '?[31mred.png'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def some(names: Sequence[str], most: int = 5) -> str:
    """Return the first names of a list, and how many more there are.

    Examples
    --------
    >>> some(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def is_terminal(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that can move a bar, which a dumb one can't."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"
