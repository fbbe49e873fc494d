"""A learning rate that rises once and falls far: the one-cycle policy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from pellucid.elementary import cosine_and_sine
from pellucid.errors import ConfigurationError
from pellucid.training.schedules.base import BaseSchedule, check_share

__all__ = ["OneCycleSchedule"]


@dataclass(frozen=True)
class OneCycleSchedule(BaseSchedule):
    """A learning rate that rises to its full value along a cosine, and falls to almost nothing.

    With ``low = 1 / div_factor``, ``end = low / final_div_factor``, and the peak after ``R =
    max(1, warmup * T) - 1`` updates, update t of T is done with the learning rate times

    - ``1 + (low - 1) * (1 + cos(pi * (t - 1) / R)) / 2``, while t - 1 is at most R, then
    - ``end + (1 - end) * (1 + cos(pi * (t - 1 - R) / (T - 1 - R))) / 2``

    The optimizer's learning rate is the largest: it may be higher than a constant one, for it lasts
    only a moment.

    Parameters
    ----------
    warmup : float, default 0.3
        The share of the updates during which the rate rises.
    div_factor : float, default 25
        The largest rate over the first.
    final_div_factor : float, default 1e4
        The first rate over the last.

    Raises
    ------
    ConfigurationError
        A share below 0 or above 1, or a factor below 1.

    Notes
    -----
    PyTorch's ``OneCycleLR(optimizer, learning_rate, T, pct_start=warmup, cycle_momentum=False)``:
    momentum stays what it is. Source: "Schedules" in docs/equations.md; L. Smith, N. Topin,
    "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates", 2018.

    Examples
    --------
    >>> schedule = OneCycleSchedule(warmup=0.5)
    >>> [round(schedule.factor(t, 8), 3) for t in range(1, 9)]
    [0.04, 0.28, 0.76, 1.0, 0.854, 0.5, 0.146, 0.0]
    """

    name: ClassVar[str] = "OneCycleSchedule"

    warmup: float = 0.3
    div_factor: float = 25.0
    final_div_factor: float = 1e4

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share("warmup", self.warmup)
        for name in ("div_factor", "final_div_factor"):
            value = getattr(self, name)
            if not 1 <= value < math.inf:
                raise ConfigurationError(
                    f"{name} is {value!r}; it must be a finite number of at least 1, for example "
                    "25.",
                    argument=name,
                )

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
        low = 1.0 / self.div_factor
        done, peak = update - 1, max(1.0, self.warmup * updates) - 1.0
        if done <= peak:
            return _between(low, 1.0, done / peak if peak else 1.0)
        return _between(1.0, low / self.final_div_factor, (done - peak) / (updates - 1 - peak))


def _between(start: float, end: float, share: float) -> float:
    """Return how far one is from start to end, along half a wave of the cosine."""
    return end + (start - end) * (1.0 + cosine_and_sine(share / 2)[0]) / 2.0
