"""What an average is: from which update on, and how much each counts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from pellucid.errors import ConfigurationError
from pellucid.training.described import Described

__all__ = ["BaseAverage"]


@dataclass(frozen=True)
class BaseAverage(Described, ABC):
    """How the parameters are averaged over the updates.

    Parameters
    ----------
    start : float, default 0
        The share of a call's updates after which the average begins; until then it is the
        parameters themselves.
    """

    start: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.start < 1:
            raise ConfigurationError(
                f"start is {self.start!r}; it must be a share of the updates, at least 0 and below "
                "1.",
                argument="start",
            )

    @abstractmethod
    def weight(self, number: int) -> float:
        """Return how far the average moves toward the parameters after one more update.

        Parameters
        ----------
        number : int
            Which one in the average it is, from 1.

        Returns
        -------
        float
            Above 0; 1 for the first.
        """
