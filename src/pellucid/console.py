"""What is told to a person: lines, names of things, times, and a bar that moves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

__all__ = ["Say", "duration", "is_terminal", "moving_bar", "printable", "some"]

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


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it.

    Examples
    --------
    >>> duration(48), duration(900), duration(9000)
    ('48 s', '15 min', '2.5 h')
    """
    if seconds < 600:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


@contextmanager
def moving_bar(title: str, stream: TextIO) -> Iterator[Callable[[float, str], None]]:
    """Yield what moves a bar in a terminal: it takes the share that is done and a text."""
    # Rich is for a terminal; without one, nothing waits for it.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.table import Column

    bar = BarColumn(bar_width=None, table_column=Column(ratio=1, max_width=40))
    text = TextColumn("{task.fields[text]}", table_column=Column(no_wrap=True), markup=False)
    columns = (title, bar, text) if title else (bar, text)
    with Progress(*columns, console=Console(file=stream), expand=True) as progress:
        task = progress.add_task(title, total=1.0, text="")

        def move(share: float, text: str) -> None:
            progress.update(task, completed=share, text=text)

        yield move
