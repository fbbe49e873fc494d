"""What a schedule is: a factor of the learning rate for every update of a call."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from pellucid.errors import ConfigurationError
from pellucid.training.described import Described

__all__ = ["BaseSchedule", "check_share", "rising"]


@dataclass(frozen=True)
class BaseSchedule(Described, ABC):
    """How the learning rate changes; it depends on the number of the update alone."""

    @abstractmethod
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


def check_share(name: str, value: float) -> None:
    """Refuse what is no share of the updates.

    Examples
    --------
    >>> check_share("warmup", 1.5)
    Traceback (most recent call last):
    pellucid.errors.ConfigurationError: warmup is 1.5; it must be a share of the updates, from 0 to
    1.
    """
    if not 0 <= value <= 1:
        raise ConfigurationError(
            f"{name} is {value!r}; it must be a share of the updates, from 0 to 1.", argument=name
        )


def rising(warmup: float, updates: int) -> int:
    """Return in how many updates the learning rate rises: the share, rounded up.

    Examples
    --------
    >>> rising(0.25, 10)
    3
    """
    return math.ceil(warmup * updates)
