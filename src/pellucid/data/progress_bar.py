"""How reading is shown while it goes on: a bar in a terminal or notebook, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from pellucid.console import is_terminal
from pellucid.data.samples import Progress
from pellucid.notebook import Line, in_notebook, text_bar

__all__ = ["show_reading"]


@contextmanager
def show_reading(text: str = "reading", stream: TextIO | None = None) -> Iterator[Progress | None]:
    """Yield what :func:`pellucid.data.load` takes as ``progress``, or None with nowhere to show it.

    The bar appears with the first call, so what is read at once shows none, and goes away at the
    end.

    Parameters
    ----------
    text : str, default "reading"
        What stands before the bar.
    stream : text stream, optional
        Where to; the default is standard error, or the cell in a notebook.

    Yields
    ------
    callable or None
        Takes ``(done, total)``.

    Examples
    --------
    >>> import io
    >>> with show_reading("Reading", io.StringIO()) as progress:
    ...     print(progress)
    None
    """
    if stream is None and in_notebook():
        with _line(text) as progress:
            yield progress
        return
    stream = sys.stderr if stream is None else stream
    if not is_terminal(stream):
        yield None
        return
    with _bar(text, stream) as progress:
        yield progress


@contextmanager
def _line(text: str) -> Iterator[Progress]:
    line = Line()

    def progress(done: int, total: int) -> None:
        share = done / max(1, total)
        line.move(f"{text} {text_bar(share)} {share:.0%}", is_last=done >= total)

    try:
        yield progress
    finally:
        line.clear()


@contextmanager
def _bar(text: str, stream: TextIO) -> Iterator[Progress]:
    # Imported here: some 45 ms, of which who reads without a terminal need not wait.
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    )  # fmt: skip
    bar = Bar(*columns, console=Console(file=stream), transient=True)
    task = bar.add_task(text, total=None)

    def progress(done: int, total: int) -> None:
        if not bar.live.is_started:
            bar.start()
        bar.update(task, completed=done, total=total)

    try:
        yield progress
    finally:
        bar.stop()
