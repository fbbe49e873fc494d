"""Rates: how many a second, over whole steps, and how many cores that took."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["Rate", "rate_of"]


class Rate(NamedTuple):
    """One measurement.

    Attributes
    ----------
    per_second : float
        Units a second, by the clock.
    cores : float
        Processor time over time: how many cores this process got meanwhile.
    """

    per_second: float
    cores: float

    @property
    def per_core_second(self) -> float:
        """Units a second of processor time: what other programs on the machine change least."""
        return self.per_second / self.cores


def rate_of(step: Callable[[], object], units: int, seconds: float) -> Rate:
    """Call ``step`` until ``seconds`` are over, once at least, and return its rate.

    Parameters
    ----------
    step : callable
        What is measured; it does ``units`` units of work.
    units : int
        Images, say, in one call.
    seconds : float
        The least time to measure.

    Examples
    --------
    >>> rate = rate_of(lambda: sum(range(1000)), units=1000, seconds=0.01)
    >>> rate.per_second > 1000
    True
    """
    calls, used, start = 0, time.process_time(), time.perf_counter()
    while True:
        step()
        calls += 1
        spent = time.perf_counter() - start
        if spent >= seconds:
            break
    # Too short a time to be seen on the processor's clock is taken as one core's.
    used = time.process_time() - used or spent
    return Rate(calls * units / spent, used / spent)
