"""How long and how often to measure."""

from __future__ import annotations

import dataclasses
import fnmatch
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.results import Found
from pellucid.arguments import count_workers

__all__ = ["Save", "Say", "Settings"]

Say = Callable[[str], None]
Save = Callable[[Found], None]
"""Called with all that a section has found so far, which is then on disk."""

MOST_ROUNDS_AT_LARGE = 3
"""Rounds at batches above LARGE: a step lasts as long as many small ones, and spreads less."""
LARGE = 1024


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
    cases : tuple of str
        Patterns of the names of cases, for sections that have such.
    """

    quick: bool = False
    rounds: int = 5
    seconds: float = 0.3
    cores: int = count_workers(None)
    cases: tuple[str, ...] = ("*",)

    @classmethod
    def for_quick(cls) -> Settings:
        return cls(quick=True, rounds=2, seconds=0.05)

    def but(self, **values: Any) -> Settings:
        """Return the same settings but for some values."""
        return dataclasses.replace(self, **values)

    def wants(self, case: str) -> bool:
        """Return whether a case was asked for."""
        return any(fnmatch.fnmatchcase(case, pattern) for pattern in self.cases)

    def rounds_at(self, batch_size: int) -> int:
        """Return how often to measure batches of a size."""
        return self.rounds if batch_size <= LARGE else min(self.rounds, MOST_ROUNDS_AT_LARGE)

    @property
    def threads(self) -> list[int]:
        """The numbers of threads to try: 1, 2, 4, ... and all cores."""
        powers = [2**i for i in range(16) if 2**i < self.cores]
        return [*powers, self.cores]
