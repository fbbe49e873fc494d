"""A learning rate that falls in steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pellucid.elementary import power
from pellucid.errors import ConfigurationError
from pellucid.training.schedules.base import BaseSchedule, check_share, rising

__all__ = ["StepSchedule"]


@dataclass(frozen=True)
class StepSchedule(BaseSchedule):
    """A learning rate that stays for a while, falls by a factor, and so on.

    With S the updates of a step, at least 1, and W those of the warm-up, update t of T is done with
    ``learning_rate * min(1, t / W) * gamma**floor((t - 1) / S)``.

    Parameters
    ----------
    step_size : float, default 0.3
        The share of the updates that a step has: with 0.3 the rate falls three times.
    gamma : float, default 0.1
        What the rate is multiplied by from one step to the next.
    warmup : float, default 0
        The share of the updates during which the rate rises in a line.

    Raises
    ------
    ConfigurationError
        A share or a factor out of bounds.

    Notes
    -----
    Without warm-up it is PyTorch's ``StepLR(optimizer, S, gamma)`` with a step after every update.
    Source: "Schedules" in docs/equations.md.

    Examples
    --------
    >>> schedule = StepSchedule(step_size=0.4, gamma=0.5)
    >>> [schedule.factor(t, 5) for t in range(1, 6)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    name: ClassVar[str] = "StepSchedule"

    step_size: float = 0.3
    gamma: float = 0.1
    warmup: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, example in (("step_size", "0.3"), ("gamma", "0.1")):
            value = getattr(self, name)
            if not 0 < value <= 1:
                raise ConfigurationError(
                    f"{name} is {value!r}; it must be above 0 and at most 1, for example "
                    f"{example}.",
                    argument=name,
                )
        check_share("warmup", self.warmup)

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
            At least 0, at most 1.
        """
        size = max(1, round(self.step_size * updates))
        first = rising(self.warmup, updates)
        up = min(1.0, update / first) if first else 1.0
        return up * power(self.gamma, (update - 1) // size)
