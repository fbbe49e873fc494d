"""Systems in processes, each with every number of threads, measured in turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from benchmarks.processes import Remote, RemoteError
from benchmarks.results import Spread, pairs, spread

__all__ = ["OURS", "Crew", "Entry", "best", "in_turn", "ratio", "ratio_cells"]

OURS = "Pellucid"

SLOW = 1.5
"""A single measurement that takes longer than this many seconds is made in two rounds only."""

WORTH = 0.75
"""A number of threads that reaches less than this share of the system's best is given up."""


class Entry(NamedTuple):
    """One system with one number of threads."""

    name: str
    threads: int


class Crew:
    """The processes of several systems.

    Parameters
    ----------
    families : dict
        The system's name: the name of its process. What shares a process shares its memory.
    threads : sequence of int
        The numbers of threads; each has processes of its own.
    """

    def __init__(self, families: dict[str, str], threads: Sequence[int]) -> None:
        self._families = families
        self._remotes: dict[tuple[str, int], Remote] = {}
        self.threads = list(threads)

    def remote(self, entry: Entry) -> Remote:
        """Return the entry's process; started when it is needed first, and again after its end."""
        key = self._families[entry.name], entry.threads
        if key not in self._remotes or self._remotes[key].closed:
            self._remotes[key] = Remote(entry.threads)
        return self._remotes[key]

    def everywhere(self, function: str) -> None:
        """Call a function without arguments in every process that is alive."""
        for remote in self._remotes.values():
            if not remote.closed:
                remote.call(function)

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        for remote in self._remotes.values():
            remote.close()


def in_turn(
    entries: Iterable[Entry],
    measure: Callable[[Entry], Any],
    rate: Callable[[Any], float],
    rounds: int,
    all_cores: int,
) -> tuple[dict[Entry, list[Any]], list[str]]:
    """Measure entries in turn, round by round; return what was found, and what failed.

    After the first round only these go on: every system with all cores, and the numbers of threads
    that may be its best. What is very slow is measured twice.

    Parameters
    ----------
    entries : iterable of Entry
        What to measure.
    measure : callable
        Takes an entry, returns a measurement; may raise RemoteError.
    rate : callable
        Takes a measurement, returns the figure of which more is better.
    rounds : int
        How often.
    all_cores : int
        The number of threads that is always kept.
    """
    found: dict[Entry, list[Any]] = {entry: [] for entry in entries}
    live, slow, failed = list(found), set(), []
    for number in range(rounds):
        for entry in list(live):
            if entry in slow and number >= 2:
                continue
            start = time.perf_counter()
            try:
                found[entry].append(measure(entry))
            except RemoteError as error:
                failed.append(f"{entry.name}, {entry.threads} threads: {error}")
                live.remove(entry)
            took = time.perf_counter() - start
            if number and took > SLOW:  # the first may still warm up
                slow.add(entry)
        if number == 0:
            live = _worth(live, found, rate, all_cores)
    return {entry: values for entry, values in found.items() if values}, failed


def _worth(
    live: list[Entry],
    found: dict[Entry, list[Any]],
    rate: Callable[[Any], float],
    all_cores: int,
) -> list[Entry]:
    most: dict[str, float] = {}
    for entry in live:
        most[entry.name] = max(most.get(entry.name, 0.0), rate(found[entry][0]))
    return [
        entry
        for entry in live
        if entry.threads == all_cores or rate(found[entry][0]) >= WORTH * most[entry.name]
    ]


def best(rates: dict[Entry, list[float]], name: str) -> Entry | None:
    """Return a system's entry with the best median, if it was measured at all."""
    own = [entry for entry in rates if entry.name == name]
    return max(own, key=lambda entry: spread(rates[entry]).median, default=None)


def ratio(rates: dict[Entry, list[float]], name: str, threads: int | None = None) -> Spread | None:
    """Return our rate over a system's, pair by pair.

    Each with its own best number of threads, or both with ``threads``.
    """
    ours, theirs = (
        best(rates, system) if threads is None else Entry(system, threads)
        for system in (OURS, name)
    )
    if ours is None or theirs is None or ours not in rates or theirs not in rates:
        return None
    return spread(pairs(rates[ours], rates[theirs]))


def ratio_cells(entry: Entry, rates: dict[Entry, list[float]], all_cores: int) -> list[str]:
    """Return a row's two ratios as text: each at its best, both at all cores.

    The first is in the row of the system's best number of threads, the second in that of all cores.
    """
    if entry.name == OURS:
        return ["", ""]
    at_best, at_all = entry == best(rates, entry.name), entry.threads == all_cores
    return [
        _text(ratio(rates, entry.name)) if at_best else "",
        _text(ratio(rates, entry.name, all_cores)) if at_all else "",
    ]


def _text(found: Spread | None) -> str:
    if found is None:
        return "-"
    return found.text(" x", 2 if found.median < 100 else 0)
