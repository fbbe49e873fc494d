"""How training is shown while it goes on: a bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from pellucid.console import is_terminal
from pellucid.training.history import Update

__all__ = ["show_progress"]

LINES = 10
"""How many plain lines a training prints, at most."""


@contextmanager
def show_progress(
    updates: int, images: int, stream: TextIO | None = None, *, resumed: bool = False
) -> Iterator[Callable[[Update], None]]:
    """Yield a function for :meth:`pellucid.Trainer.fit` to call after every update.

    In a terminal it moves a bar with loss, images per second and time left; elsewhere it prints
    about ten lines.

    Parameters
    ----------
    updates, images : int
        How many there will be.
    stream : text stream, optional
        Where to; the default is standard error.
    resumed : bool, default False
        Whether the first update told may be a later one of this training, so its number counts.

    Examples
    --------
    >>> import sys
    >>> with show_progress(2, 64, sys.stdout) as on_update:
    ...     on_update(Update(1, 32, 2.5, 0.125, 4.0))
    ...     on_update(Update(2, 32, 1.25, 0.5, 8.0))
    update 1/2  loss 2.5000  8 images/s  4 s left
    update 2/2  loss 1.2500  8 images/s  0 s left
    """
    stream = sys.stderr if stream is None else stream
    if is_terminal(stream):
        with _bar(_Count(updates, images, resumed), stream) as on_update:
            yield on_update
    else:
        yield _lines(_Count(updates, images, resumed), stream)


class _Count:
    """How far a training is."""

    def __init__(self, updates: int, images: int, resumed: bool) -> None:
        self.updates, self.images = updates, images
        self.done = self.seen = 0
        self._resumed = resumed

    def add(self, update: Update) -> None:
        if self._resumed:
            # All batches but the last have the same size.
            self.done = update.update - 1
            is_last = update.update == self.updates
            before = self.images - update.images if is_last else self.done * update.images
            self.seen, self._resumed = before, False
        self.done += 1
        self.seen += update.images
        self.rate = self.seen / max(update.seconds, 1e-9)

    @property
    def left(self) -> str:
        return _time((self.images - self.seen) / self.rate)


def _lines(count: _Count, stream: TextIO) -> Callable[[Update], None]:
    def on_update(update: Update) -> None:
        count.add(update)
        done, updates = count.done, count.updates
        if done * LINES // updates == (done - 1) * LINES // updates:
            return  # no further tenth
        print(
            f"update {done}/{updates}  loss {update.loss:.4f}  {count.rate:,.0f} images/s  "
            f"{count.left} left",
            file=stream,
            flush=True,
        )

    return on_update


@contextmanager
def _bar(count: _Count, stream: TextIO) -> Iterator[Callable[[Update], None]]:
    # Rich is for a terminal; without one, nothing waits for it.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.table import Column

    parts = (
        "update {task.fields[done]}/{task.fields[updates]}",
        "loss {task.fields[loss]}",
        "{task.fields[rate]} images/s",
        "{task.fields[left]} left",
    )
    columns = [TextColumn(part, table_column=Column(no_wrap=True)) for part in parts]
    bar = BarColumn(bar_width=None, table_column=Column(ratio=1, max_width=40))
    console = Console(file=stream)
    with Progress("training", bar, *columns, console=console, expand=True) as progress:
        task = progress.add_task(
            "training", total=count.images, done=0, updates=count.updates, loss="-", rate="-",
            left="-",
        )  # fmt: skip

        def on_update(update: Update) -> None:
            count.add(update)
            progress.update(
                task, completed=count.seen, done=count.done, loss=f"{update.loss:.4f}",
                rate=f"{count.rate:,.0f}", left=count.left,
            )  # fmt: skip

        yield on_update


def _time(seconds: float) -> str:
    if seconds < 600:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
