"""How the learning rate changes over a training: up, level, and down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pellucid.training.schedules.base import BaseSchedule, check_share, rising

__all__ = ["Schedule"]


@dataclass(frozen=True)
class Schedule(BaseSchedule):
    """A learning rate that rises in a line, stays, and falls in a line.

    Update t of T is done with ``learning_rate * min(1, t / W, (T - t + 1) / C)``, where W and C
    are the warm-up's and cool-down's updates. The default, neither, is a constant rate.

    A warm-up keeps the first large steps from switching ReLUs off for good; a cool-down ends
    training with small steps.

    Parameters
    ----------
    warmup, cooldown : float, default 0
        The share of the updates during which the rate rises and falls.

    Raises
    ------
    ConfigurationError
        A share below 0 or above 1.

    Examples
    --------
    >>> schedule = Schedule(warmup=0.2, cooldown=0.2)
    >>> [schedule.factor(t, 10) for t in range(1, 11)]
    [0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5]
    """

    name: ClassVar[str] = "Schedule"

    warmup: float = 0.0
    cooldown: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share("warmup", self.warmup)
        check_share("cooldown", self.cooldown)

    def factor(self, update: int, updates: int) -> float:
        """Return what the learning rate of one update is multiplied by.

        Parameters
        ----------
        update : int
            Its number, from 1.
        updates : int
            How many there are.

        Returns
        -------
        float
            Above 0, at most 1.
        """
        first, last = rising(self.warmup, updates), rising(self.cooldown, updates)
        up = update / first if first else 1.0
        down = (updates - update + 1) / last if last else 1.0
        return min(1.0, up, down)
