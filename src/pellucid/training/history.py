"""What happened during training, one entry an update."""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import dataclass, field

from pellucid.errors import DataError

__all__ = ["DIGITS", "History", "Update", "goodness"]

DIGITS = 16
"""How many digits of the parameters' fingerprint are kept of every update."""

_COLUMNS = ("update", "images", "loss", "accuracy", "seconds", "fingerprint")
_VALIDATION = ("validation_loss", "validation_accuracy")
"""Columns that are there where anything was measured."""


def goodness(accuracy: float, loss: float) -> tuple[float, float]:
    """Return what is higher of the better of two: the accuracy, then how low the loss is."""
    return accuracy, -loss


@dataclass(frozen=True)
class Update:
    """One update.

    Attributes
    ----------
    update : int
        Its number, from 1.
    images : int
        How many images the batch had.
    loss : float
        Mean loss of the batch before the update; cross-entropy is in nats an image.
    accuracy : float
        The share of the batch, as randomized, that the network had right before the update; of
        several labels, with all of them. By a loss of numbers it is R^2 of the batch: 1 at best.
    seconds : float
        Time since training began; that before a resume counts, that between does not.
    fingerprint : str
        The first 16 digits of :func:`pellucid.fingerprint` of the parameters after the update:
        with the loss, what pins the update's bits.
    validation_loss, validation_accuracy : float or None
        Those of ``validation_data`` after the update, where they were measured: after updates that
        end a pass, and the last.

    Examples
    --------
    >>> Update(1, 1024, 2.5, 0.125, 0.5).fingerprint
    ''
    """

    update: int
    images: int
    loss: float
    accuracy: float
    seconds: float
    fingerprint: str = ""
    validation_loss: float | None = None
    validation_accuracy: float | None = None


@dataclass
class History:
    """Every update of a training, and whether it was stopped early.

    Attributes
    ----------
    updates : list of Update
        In order.
    stopped_by : str or None
        The signal that ended training early, such as ``"SIGINT"`` for Ctrl-C.

    Examples
    --------
    >>> history = History()
    >>> history.append(Update(1, 1024, 2.5, 0.125, 0.5, "15ec7bf0b50732b4"))
    >>> print(history.to_csv())
    update,images,loss,accuracy,seconds,fingerprint
    1,1024,2.5,0.125,0.5,15ec7bf0b50732b4
    >>> history.losses
    [2.5]
    """

    updates: list[Update] = field(default_factory=list)
    stopped_by: str | None = None

    def __repr__(self) -> str:
        if not self.updates:
            return "<History: no update>"
        last, stopped = (
            self.updates[-1],
            f", stopped by {self.stopped_by}" if self.stopped_by else "",
        )
        return (
            f"<History: {len(self):,} updates, {self.images:,} images, {self.seconds:.1f} s, the "
            f"last with loss {last.loss:.4f} and accuracy {last.accuracy:.2%}{stopped}>"
        )

    def append(self, update: Update) -> None:
        """Add an update.

        Parameters
        ----------
        update : Update
            The one after the last.
        """
        self.updates.append(update)

    def __len__(self) -> int:
        return len(self.updates)

    @property
    def losses(self) -> list[float]:
        """The loss of every update."""
        return [update.loss for update in self.updates]

    @property
    def validated(self) -> list[Update]:
        """The updates after which ``validation_data`` was measured."""
        return [update for update in self.updates if update.validation_loss is not None]

    @property
    def best(self) -> Update | None:
        """The update after which the validation's accuracy was highest, the loss lowest of equals.

        None where nothing was measured.

        Examples
        --------
        >>> scores = [(0.9, 0.5), (0.4, 0.8), (0.3, 0.8)]
        >>> rows = [Update(i, 8, 1.0, 0.5, 0.1, "", *s) for i, s in enumerate(scores, start=1)]
        >>> History(rows).best.update
        3
        """

        def measured(update: Update) -> tuple[float, float]:
            return goodness(update.validation_accuracy or 0.0, update.validation_loss or 0.0)

        return max(self.validated, key=measured, default=None)

    @property
    def validation_losses(self) -> list[tuple[int, float]]:
        """The updates after which ``validation_data`` was measured, and its loss."""
        pairs = ((update.update, update.validation_loss) for update in self.updates)
        return [(number, loss) for number, loss in pairs if loss is not None]

    @property
    def mean_loss(self) -> float:
        """The mean loss of all images."""
        return sum(u.loss * u.images for u in self.updates) / max(1, self.images)

    def pass_losses(self, images: int) -> list[float]:
        """Return the mean loss of every pass over the data; the last may be a part of one.

        Parameters
        ----------
        images : int
            How many images a pass has.

        Returns
        -------
        list of float
            In nats an image.

        Examples
        --------
        >>> History([Update(1, 20, 3.0, 0, 0), Update(2, 20, 1.0, 0, 0)]).pass_losses(30)
        [2.0]
        >>> History([Update(1, 20, 3.0, 0, 0), Update(2, 20, 1.0, 0, 0)]).pass_losses(20)
        [3.0, 1.0]
        """
        losses: list[float] = []
        total, counted, seen = 0.0, 0, 0
        for update in self.updates:
            total += update.loss * update.images
            counted += update.images
            seen += update.images
            if seen >= images * (len(losses) + 1):
                # A large batch may end several passes at once; all have its loss.
                losses += [total / counted] * (seen // images - len(losses))
                total, counted = 0.0, 0
        return losses + ([total / counted] if counted else [])

    @property
    def images(self) -> int:
        """How many images were seen."""
        return sum(update.images for update in self.updates)

    @property
    def seconds(self) -> float:
        """How long training took."""
        return self.updates[-1].seconds if self.updates else 0.0

    @property
    def interrupted(self) -> bool:
        """Whether a signal ended training early."""
        return self.stopped_by is not None

    def to_csv(self) -> str:
        """Return the history as CSV with a header; numbers keep all their digits.

        The columns of validation are there where anything was measured, and empty where not.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        columns = _VALIDATION if self.validated else ()
        writer.writerow([*_COLUMNS, *columns])
        for u in self.updates:
            numbers = repr(u.loss), repr(u.accuracy), repr(u.seconds)
            measured = (getattr(u, name) for name in columns)
            writer.writerow(
                [u.update, u.images, *numbers, u.fingerprint]
                + ["" if value is None else repr(value) for value in measured]
            )
        return text.getvalue()

    @classmethod
    def from_csv(cls, text: str) -> History:
        """Return the history that :meth:`to_csv` wrote.

        Parameters
        ----------
        text : str
            What a ``history.csv`` holds.

        Returns
        -------
        History

        Raises
        ------
        DataError
            The text is no such thing; the message names the line.

        Examples
        --------
        >>> History.from_csv(History([Update(1, 8, 0.5, 1.0, 2.0)]).to_csv()).losses
        [0.5]
        """
        rows = list(csv.reader(io.StringIO(text)))
        if not rows or tuple(rows[0]) not in (_COLUMNS, (*_COLUMNS, *_VALIDATION)):
            raise DataError(f"It is no history: its first line is not {','.join(_COLUMNS)}.")
        columns = len(rows[0])
        return cls([_update(row, line, columns) for line, row in enumerate(rows[1:], start=2)])


def _update(row: list[str], line: int, columns: int) -> Update:
    try:
        number, images, loss, accuracy, seconds, fingerprint, *others = row
        found = Update(
            int(number), int(images), float(loss), float(accuracy), float(seconds), fingerprint,
            *(None if value == "" else float(value) for value in others),
        )  # fmt: skip
    except (ValueError, TypeError):
        found = Update(0, 0, math.nan, math.nan, math.nan)
    measured = (found.validation_loss, found.validation_accuracy)
    numbers = [found.loss, found.accuracy, found.seconds]
    numbers += [number for number in measured if number is not None]
    if (
        len(row) != columns
        or found.update != line - 1
        or found.images < 1
        or (measured[0] is None) != (measured[1] is None)
        or not all(map(math.isfinite, numbers))
        or not re.fullmatch(rf"([0-9a-f]{{{DIGITS}}})?", found.fingerprint)
    ):
        raise DataError(f"Line {line} of the history is not an update: {','.join(row)[:80]!r}.")
    return found
