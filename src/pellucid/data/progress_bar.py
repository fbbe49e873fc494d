"""How reading is shown while it goes on: a bar in a terminal, nothing elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from pellucid.data.samples import Progress

__all__ = ["show_reading"]


@contextmanager
def show_reading(text: str, stream: TextIO | None = None) -> Iterator[Progress | None]:
    """Yield what :func:`pellucid.data.load` takes as ``progress``, or None without a terminal.

    The bar appears with the first call, so what is read at once shows none.

    Parameters
    ----------
    text : str
        What stands before the bar.
    stream : text stream, optional
        Where to; the default is standard error.

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
    stream = sys.stderr if stream is None else stream
    if not stream.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
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
