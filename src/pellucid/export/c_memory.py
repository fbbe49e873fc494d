"""Where the values of an exported C program lie: one piece of memory, as small as two neighbors.

A value lives from the step that gives it to the last that reads it. Neighbors in a chain lie at
both ends of the memory in turn, so that it has room for the largest two. What goes element by
element is written over what it reads, unless that is read again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pellucid.export.description import Step
from pellucid.network.layers import Shape

__all__ = ["Memory", "laid_out"]


@dataclass(frozen=True)
class Memory:
    """Where values lie.

    Attributes
    ----------
    offsets : dict of int to int
        The first float of each value.
    floats : int
        Of all of it.
    """

    offsets: dict[int, int]
    floats: int


@dataclass
class Room:
    """A place that one value after another may take: its size, and the steps it is needed for."""

    size: int
    first: int
    last: int
    offset: int = 0


def laid_out(steps: Sequence[Step], image: Shape, over: Sequence[type], same: type) -> Memory:
    """Return where the values of some steps lie.

    Parameters
    ----------
    steps : sequence of Step
        In order.
    image : tuple of int
        The shape of value 0.
    over : sequence of type
        The layers that may write over what they read.
    same : type
        The layer that gives what it reads.

    Examples
    --------
    >>> from pellucid import Conv2D, Dense, Flatten, Model, Network, Preprocessing, ReLU
    >>> from pellucid.export.description import description_of
    >>> network = Network([Conv2D(2, 3), ReLU(), Flatten(), Dense(3)], (6, 6))
    >>> model = Model(network, network.initial_parameters(), Preprocessing((6, 6)), tuple("abc"))
    >>> laid_out(description_of(model).steps, (1, 6, 6), (ReLU,), Flatten)
    Memory(offsets={0: 0, 1: 36, 2: 36, 3: 36, 4: 0}, floats=68)
    """
    last = {0: 0}
    for number, step in enumerate(steps):
        last[step.output] = number
        last.update(dict.fromkeys(step.inputs, number))
    last[steps[-1].output] = len(steps)
    rooms = [Room(math.prod(image), -1, last[0])]
    home = {0: rooms[0]}
    for number, step in enumerate(steps):
        found = None
        if isinstance(step.layer, same):
            found = home[step.inputs[0]]
        elif isinstance(step.layer, tuple(over)):
            free = [home[value] for value in step.inputs if home[value].last <= number]
            found = free[0] if free else None
        if found is None:
            found = Room(math.prod(step.gives), number, number)
            rooms.append(found)
        found.last = max(found.last, last[step.output])
        home[step.output] = found
    floats = _place(rooms, len(steps))
    return Memory({value: room.offset for value, room in home.items()}, floats)


def _place(rooms: list[Room], steps: int) -> int:
    """Give each room its offset; return how much all of them need."""
    least = max(
        sum(room.size for room in rooms if room.first <= step <= room.last)
        for step in range(-1, steps + 1)
    )
    placed: list[Room] = []
    for number, room in enumerate(rooms):
        room.offset = _spot(room, placed, least, from_top=number % 2 == 1)
        placed.append(room)
        if room.offset + room.size > least:
            return _place_by_size(rooms)
    return least


def _place_by_size(rooms: list[Room]) -> int:
    """Place the largest first, each as low as it can be: where ways cross, this wastes little."""
    placed: list[Room] = []
    for room in sorted(rooms, key=lambda room: (-room.size, room.first)):
        room.offset = _spot(room, placed, 0, from_top=False)
        placed.append(room)
    return max(room.offset + room.size for room in rooms)


def _spot(room: Room, placed: list[Room], limit: int, *, from_top: bool) -> int:
    """Return where a room fits beside those that are needed at the same time."""
    others = [o for o in placed if o.first <= room.last and room.first <= o.last]
    starts = {0, *(o.offset + o.size for o in others)}
    if from_top:
        starts |= {limit - room.size, *(o.offset - room.size for o in others)}
    fitting = [
        start
        for start in sorted(starts, reverse=from_top)
        if start >= 0
        and not (from_top and start + room.size > limit)
        and all(start + room.size <= o.offset or o.offset + o.size <= start for o in others)
    ]
    if fitting:
        return fitting[0]
    return max((o.offset + o.size for o in others), default=0)
