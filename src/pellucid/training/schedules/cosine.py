"""A learning rate that falls along half a wave of the cosine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pellucid.elementary import cosine_and_sine
from pellucid.training.schedules.base import BaseSchedule, check_share, rising

__all__ = ["CosineSchedule"]


@dataclass(frozen=True)
class CosineSchedule(BaseSchedule):
    """A learning rate that falls along a cosine, after a warm-up if it is asked for.

    With W the warm-up's updates, at least 1, update t of T is done with the learning rate times

    - ``t / W``, while t is at most W, then
    - ``final + (1 - final) * (1 + cos(pi * (t - W) / (T - W + 1))) / 2``

    Parameters
    ----------
    warmup : float, default 0
        The share of the updates during which the rate rises in a line.
    final : float, default 0
        The part of the rate to which it falls; it would be reached one update after the last.

    Raises
    ------
    ConfigurationError
        A share below 0 or above 1.

    Notes
    -----
    Without warm-up it is PyTorch's ``CosineAnnealingLR(optimizer, T)`` with a step after every
    update. Source: "Schedules" in docs/equations.md; I. Loshchilov, F. Hutter, "SGDR: Stochastic
    Gradient Descent with Warm Restarts", ICLR 2017, without restarts.

    Examples
    --------
    >>> schedule = CosineSchedule(warmup=0.25)
    >>> [round(schedule.factor(t, 8), 3) for t in range(1, 9)]
    [0.5, 1.0, 0.95, 0.812, 0.611, 0.389, 0.188, 0.05]
    """

    name: ClassVar[str] = "CosineSchedule"

    warmup: float = 0.0
    final: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share("warmup", self.warmup)
        check_share("final", self.final)

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
        first = max(1, rising(self.warmup, updates))
        if update <= first:
            return update / first
        cosine, _ = cosine_and_sine((update - first) / (updates - first + 1) / 2)
        wave = (1.0 + cosine) / 2.0
        return self.final + (1.0 - self.final) * wave
