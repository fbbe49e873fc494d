"""What an estimator tells a person while it learns: lines, a bar, and Python's logging."""

from __future__ import annotations

import contextlib
import logging
import math
import sys
from collections.abc import Callable, Iterator

from pellucid.console import duration, is_terminal, moving_bar
from pellucid.estimators.passes import Epoch, Standing
from pellucid.notebook import Line, in_notebook, text_bar

__all__ = ["Teller", "line_of", "telling"]

_LOGGER = logging.getLogger("pellucid")


class Teller:
    """Tells of passes and updates; this one tells nobody but the log.

    Parameters
    ----------
    write : callable, optional
        Takes a line after every pass.
    """

    def __init__(self, write: Callable[[str], None] | None = None) -> None:
        self._write = write

    @property
    def watch(self) -> Callable[[Standing], None] | None:
        """What wants to know of every update, if anything."""
        return None

    def tell(self, epoch: Epoch) -> None:
        """Tell of a pass."""
        line = line_of(epoch)
        _LOGGER.info(line)
        if self._write is not None:
            self._write(line)


class _Bar(Teller):
    """Moves a bar with every update."""

    def __init__(self, move: Callable[[float, str], None]) -> None:
        super().__init__()
        self._move = move
        self._score: float | None = None

    @property
    def watch(self) -> Callable[[Standing], None]:
        return self._watch

    def tell(self, epoch: Epoch) -> None:
        super().tell(epoch)
        self._score = epoch.validation_score
        if epoch.epochs is None:  # the one pass of partial_fit, of which no update is told
            self._move(1.0, line_of(epoch))

    def _watch(self, standing: Standing) -> None:
        epoch = standing.epoch
        if epoch.validation_score is None:
            epoch = epoch._replace(validation_score=self._score)
        self._move(standing.share, line_of(epoch))


@contextlib.contextmanager
def telling(verbose: bool | str) -> Iterator[Teller]:
    """Yield what tells, as ``verbose`` wants it, where this process has somewhere to show it."""
    if not verbose:
        yield Teller()
    elif verbose != "bar":
        yield Teller(Line().write if in_notebook() else _print)
    elif in_notebook():
        yield _Bar(_cell_bar())
    elif is_terminal(sys.stderr):
        with moving_bar("", sys.stderr) as move:
            yield _Bar(move)
    else:
        yield Teller(_print)


def line_of(epoch: Epoch) -> str:
    """Return what is told of a pass.

    Examples
    --------
    >>> line_of(Epoch(3, 0.25, None, 0.931, 12, 61234.5, 5.0))
    'pass 3 of 12  loss 0.2500  accuracy 93.10%  61,234 images/s  5 s left'
    """
    last = "" if epoch.epochs is None else f" of {epoch.epochs}"
    parts = [f"pass {epoch.epoch}{last}", f"loss {epoch.loss:.4f}"]
    name, form = ("R2", ".4f") if epoch.kind == "numbers" else ("accuracy", ".2%")
    parts.append(f"{name} {epoch.accuracy:{form}}")
    if epoch.validation_score is not None:
        parts.append(f"validation {epoch.validation_score:{form}}")
    if math.isfinite(epoch.images_per_second):
        parts.append(f"{epoch.images_per_second:,.0f} images/s")
    if math.isfinite(epoch.seconds_left):
        parts.append(f"{duration(epoch.seconds_left)} left")
    return "  ".join(parts)


def _print(line: str) -> None:
    print(line, flush=True)


def _cell_bar() -> Callable[[float, str], None]:
    line = Line()

    def move(share: float, text: str) -> None:
        line.move(f"{text_bar(share)} {text}", is_last=share >= 1)

    return move
