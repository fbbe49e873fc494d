"""The states of a training that it can go back to, as many as there is room for."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.training.state import TrainingState

__all__ = ["ROOM", "Kept", "KeptStates"]

ROOM = 256 * 2**20
"""Bytes that all of them may take."""


@dataclass(frozen=True, eq=False)
class Kept:
    """Where a training stood, and the learning rates that brought it there.

    Attributes
    ----------
    state : TrainingState
        After ``update`` updates.
    rates : tuple of (int, float)
        As :class:`~pellucid.studio.live.branches.Branch` has them.
    """

    state: TrainingState
    rates: tuple[tuple[int, float], ...]

    @property
    def update(self) -> int:
        """After which update it was."""
        return len(self.state.updates)

    @property
    def size(self) -> int:
        """How many bytes it takes, about."""
        state = self.state
        arrays = [state.parameters, *state.vectors.values(), state.average, state.best]
        return sum(a.nbytes for a in arrays if a is not None) + 8 * len(state.updates)


class KeptStates:
    """States by run and update. Where they get too many, every other one is let go.

    Parameters
    ----------
    room : int, default 256 MiB
        Bytes that all of them may take.

    Attributes
    ----------
    every : int
        After every so many updates there is a state.
    """

    def __init__(self, room: int = ROOM) -> None:
        self._room, self._used = room, 0
        self.every = 1
        self._kept: dict[int, dict[int, Kept]] = {}

    def is_due(self, update: int) -> bool:
        """Return whether the state after an update is to be kept."""
        return update % self.every == 0

    def keep(self, branch: int, kept: Kept) -> None:
        """Keep a state of a run; the newest and the first one of all stay in any case."""
        self._kept.setdefault(branch, {})[kept.update] = kept
        self._used += kept.size  # about: what is replaced, or shared, is found out below
        if self._used > self._room:
            self._used = self._bytes()
        while self._used > self._room and self._thin(branch, kept.update):
            self._used = self._bytes()

    def share(self, branch: int, other: int, last: int) -> None:
        """Let a run have the states of the one that it came of, up to an update."""
        old = self._kept.get(other, {})
        self._kept[branch] = {update: kept for update, kept in old.items() if update <= last}

    def drop_but(self, branches: set[int]) -> None:
        """Forget all other runs than these."""
        self._kept = {number: kept for number, kept in self._kept.items() if number in branches}

    def updates(self, branch: int) -> list[int]:
        """Return after which updates of a run there are states."""
        return sorted(self._kept.get(branch, ()))

    def has(self, branch: int, update: int) -> bool:
        """Return whether there is the state of a run after an update."""
        return update in self._kept.get(branch, ())

    def find(self, branch: int, update: int) -> Kept | None:
        """Return the last state of a run that is not behind an update."""
        states = self._kept.get(branch, {})
        return states.get(max((one for one in states if one <= update), default=-1))

    def _bytes(self) -> int:
        each = {id(kept): kept.size for states in self._kept.values() for kept in states.values()}
        return sum(each.values())

    def _thin(self, branch: int, newest: int) -> bool:
        """Let every other state go; return whether that helped, or may help next time."""
        before = sum(map(len, self._kept.values()))
        self.every *= 2
        for number, states in self._kept.items():
            for update in list(states):
                if update % self.every and (number, update) != (branch, newest):
                    del states[update]
        return sum(map(len, self._kept.values())) < before or self.every <= newest
