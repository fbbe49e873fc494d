"""The runs of a live training: the one that goes on, and those that it left by going back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pellucid.training.history import Update

__all__ = ["MOST_POINTS", "Branch", "block_of", "points"]

MOST_POINTS = 2000
"""Points of a curve, at the most; where there are more updates, a point is a mean over several."""

Point = tuple[int, float, float, float | None, float | None]
"""The last update of a point; loss and accuracy of its batches; those of the validation, if any."""


def block_of(total: int) -> int:
    """Return over how many updates each point of a curve is a mean.

    Examples
    --------
    >>> block_of(79), block_of(15_000)
    (1, 8)
    """
    return -(-total // MOST_POINTS)


def points(updates: Sequence[Update], block: int, since: int = 0) -> list[Point]:
    """Return the points of a curve; the last few updates that make no whole block have none.

    Parameters
    ----------
    updates : sequence of Update
        From the first one on.
    block : int
        Updates a point.
    since : int, default 0
        How many points are known already.

    Examples
    --------
    >>> updates = [Update(k, 8, float(k), 0.5, 0.1) for k in (1, 2, 3, 4, 5)]
    >>> points(updates, 2)
    [(2, 1.5, 0.5, None, None), (4, 3.5, 0.5, None, None)]
    >>> points(updates, 2, since=1)
    [(4, 3.5, 0.5, None, None)]
    """
    return [
        _point(updates[first : first + block])
        for first in range(since * block, len(updates) - block + 1, block)
    ]


def _point(updates: Sequence[Update]) -> Point:
    count, last = len(updates), updates[-1]
    measured = [u for u in updates if u.validation_loss is not None]
    return (
        last.update,
        sum(u.loss for u in updates) / count,
        sum(u.accuracy for u in updates) / count,
        measured[-1].validation_loss if measured else None,
        measured[-1].validation_accuracy if measured else None,
    )


@dataclass(eq=False)
class Branch:
    """A run from its first update to where it was left, or is now.

    Attributes
    ----------
    number : int
        From 1.
    start : int
        After which update it left the run that it came of; 0 for the first.
    came_of : int or None
        The number of that run.
    updates : list of Update
        All, those before ``start`` too.
    rates : list of (int, float)
        The learning rates that somebody set, each with the first update that was done with it. The
        first entry is what the training began with.
    """

    number: int
    start: int = 0
    came_of: int | None = None
    updates: list[Update] = field(default_factory=list)
    rates: list[tuple[int, float]] = field(default_factory=list)
    _compared_with: int | None = field(default=None, init=False, repr=False)
    _same: int = field(default=0, init=False, repr=False)
    _differs: bool = field(default=False, init=False, repr=False)

    def set_rate(self, first: int, rate: float) -> None:
        """Note with which update a learning rate begins; of several only the last counts.

        Examples
        --------
        >>> branch = Branch(1, rates=[(1, 0.05)])
        >>> branch.set_rate(9, 0.01)
        >>> branch.set_rate(9, 0.02)
        >>> branch.rates
        [(1, 0.05), (9, 0.02)]
        """
        self.rates = [(update, old) for update, old in self.rates if update < first]
        if not self.rates or self.rates[-1][1] != rate:
            self.rates.append((first, rate))

    def same_as(self, other: Branch) -> int | None:
        """Return for how many updates behind ``start`` this has the bits of another run.

        None where they part; 0 where there is nothing to compare.

        Examples
        --------
        >>> first = Branch(1, updates=[Update(k, 8, 1.0, 0.5, 0.1, f"{k}") for k in (1, 2, 3)])
        >>> Branch(2, 1, 1, first.updates[:2]).same_as(first)
        1
        >>> Branch(2, 1, 1, [first.updates[0], Update(2, 8, 1.0, 0.5, 0.1, "7")]).same_as(first)
        """
        if self._compared_with != other.number:
            self._compared_with, self._same, self._differs = other.number, 0, False
        # What was compared before need not be compared again.
        end = min(len(self.updates), len(other.updates))
        for n in range(self.start + self._same, end):
            own, others = self.updates[n], other.updates[n]
            if (own.loss, own.fingerprint) != (others.loss, others.fingerprint):
                self._differs = True
                break
            self._same += 1
        return None if self._differs else self._same
