"""How training is shown while it goes on: a bar in a terminal, plain lines elsewhere.

In a notebook it is one line that is written anew.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from pellucid.console import duration, is_terminal, moving_bar
from pellucid.notebook import Line, in_notebook
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
    about ten lines, in a notebook each in place of the one before.

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
    if stream is None and in_notebook():
        yield _lines(_Count(updates, images, resumed), Line().write)
        return
    stream = sys.stderr if stream is None else stream
    if is_terminal(stream):
        with moving_bar("training", stream) as move:
            yield _bar(_Count(updates, images, resumed), move)
    else:

        def write(text: str) -> None:
            print(text, file=stream, flush=True)

        yield _lines(_Count(updates, images, resumed), write)


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

    def line(self, loss: float) -> str:
        left = duration((self.images - self.seen) / self.rate)
        return (
            f"update {self.done}/{self.updates}  loss {loss:.4f}  {self.rate:,.0f} images/s  "
            f"{left} left"
        )


def _bar(count: _Count, move: Callable[[float, str], None]) -> Callable[[Update], None]:
    move(0.0, f"update 0/{count.updates}")

    def on_update(update: Update) -> None:
        count.add(update)
        move(count.seen / count.images, count.line(update.loss))

    return on_update


def _lines(count: _Count, write: Callable[[str], None]) -> Callable[[Update], None]:
    def on_update(update: Update) -> None:
        count.add(update)
        done, updates = count.done, count.updates
        if done * LINES // updates == (done - 1) * LINES // updates:
            return  # no further tenth
        write(count.line(update.loss))

    return on_update
