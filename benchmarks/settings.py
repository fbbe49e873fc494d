"""How long and how often to measure."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pellucid.measuring.rates import available_cores

__all__ = ["Say", "Settings"]

Say = Callable[[str], None]


@dataclass(frozen=True)
class Settings:
    """What a run of the benchmarks is asked for.

    Attributes
    ----------
    quick : bool
        A smoke run: every part of the code runs, the figures mean little.
    rounds : int
        How often each measurement is made, in turn with the others.
    seconds : float
        How long each lasts, at least.
    cores : int
        How many cores there are: the most threads.
    """

    quick: bool = False
    rounds: int = 5
    seconds: float = 0.3
    cores: int = available_cores()

    @classmethod
    def for_quick(cls) -> Settings:
        return cls(quick=True, rounds=2, seconds=0.05)

    def but(self, **values: Any) -> Settings:
        """Return the same settings but for some values."""
        return dataclasses.replace(self, **values)

    @property
    def threads(self) -> list[int]:
        """The numbers of threads to try: 1, 2, 4, ... and all cores."""
        powers = [2**i for i in range(16) if 2**i < self.cores]
        return [*powers, self.cores]
