"""A plan, and a plan in the making: where the arrays of a network lie, the ops so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.kernels.program.arena import Memory, View
from pellucid.kernels.program.ops import STRIDE, Join, Program, shared_places, table
from pellucid.kernels.program.stages import Stage, Sums, readers_of
from pellucid.network.layers import Shape
from pellucid.network.network import Network

__all__ = ["Draft", "Joins", "Plan", "Staging"]


@dataclass(frozen=True)
class Staging:
    """Where the images of a chunk wait to be interleaved.

    Attributes
    ----------
    start : int
        Where they lie one after another.
    pitch : int
        The floats of a row of one: whole vectors.
    framed : int
        Where one lies in its frame, to be randomized.
    tile : int
        Where a square of LANES by LANES is turned over.
    """

    start: int
    pitch: int
    framed: int
    tile: int


@dataclass(frozen=True, eq=False)
class Joins:
    """Ops of a phase that wait for all chunks of a section.

    Attributes
    ----------
    shared : ndarray of shape (ops, OP_WIDTH), int64
        What fields of the phase's ops are places that all chunks share: 1, else 0.
    places : ndarray of shape (joins,), int64
        How many ops of the phase come before each.
    ops : ndarray of shape (joins, OP_WIDTH), int64
        They run once for all chunks.
    """

    shared: NDArray[np.int64]
    places: NDArray[np.int64]
    ops: NDArray[np.int64]

    @classmethod
    def of(cls, joins: list[Join], phase: list[list[int]], stride: int) -> Joins:
        """Return a phase's joins; arenas lie ``stride`` floats apart, which their ops are told."""
        places = np.array([join.place for join in joins], dtype=np.int64)
        ops = table([join.op for join in joins])
        ops[:, STRIDE] = stride
        return cls(shared_places(phase), places, ops)


@dataclass(frozen=True, eq=False)
class Plan:
    """The program of a network, and where its arrays lie.

    Attributes
    ----------
    network : Network
        What is computed.
    begin, forward, backward, end : ndarray of shape (ops, OP_WIDTH), int64
        The ops to run before a section's first chunk, for each chunk, and after its last.
    size : int
        Floats in an arena.
    sums : (int, int)
        The part of the arena that is set to zero when a section begins.
    totals : int
        As much memory, where the sums of many chunks are added up.
    image : View
        Where a chunk's images go.
    loss : ndarray of int64
        The op between forward and backward; whoever runs the plan needs a copy to write into.
    staging : Staging
        Where the images of a chunk lie one after another before they are interleaved.
    image_gradient : View or None
        Where the gradient of the images appears, in a plan that computes it.
    forward_joins, backward_joins : Joins
        What layers do that look at all images of a section.
    """

    network: Network
    begin: NDArray[np.int64]
    forward: NDArray[np.int64]
    backward: NDArray[np.int64]
    end: NDArray[np.int64]
    size: int
    sums: tuple[int, int]
    totals: int
    image: View
    loss: NDArray[np.int64]
    staging: Staging
    image_gradient: View | None
    forward_joins: Joins
    backward_joins: Joins

    @property
    def has_joins(self) -> bool:
        """Whether a section goes through it in stretches, every chunk in an arena of its own."""
        return bool(len(self.forward_joins.places))


@dataclass
class Draft:
    """A plan in the making.

    Attributes
    ----------
    network : Network
        What is computed.
    stages : list of Stage
        Its layers that compute something, in order.
    in_training : bool
        Whether layers do what they do in training, where that is something else.
    keeps_ties : bool
        Whether equal patches must give equal values, so that a pool's winner is the first of them.
        Else a way of computing may round them apart: parameters' gradients are the same for any.
    memory : Memory
        The arena, as far as it is laid out.
    program : Program
        The ops so far.
    values : list of View
        Where the values lie: the images first, then what each stage gives.
    plain : dict of int to View
        Copies without a border, of values that one reader wants with a border and another flat.
    kept : dict of int to int
        What the forward of a stage keeps for its backward: the place of a pool's winners.
    sums : dict of int to Sums
        Where the gradients of a stage's parameters are summed over the chunks.
    taken_over : set of int
        The stages whose backward begins at the gradient of what their only reader gives.
    """

    network: Network
    stages: list[Stage[Any]]
    in_training: bool = False
    keeps_ties: bool = False
    memory: Memory = field(default_factory=Memory)
    program: Program = field(default_factory=Program)
    values: list[View] = field(default_factory=list)
    plain: dict[int, View] = field(default_factory=dict)
    kept: dict[int, int] = field(default_factory=dict)
    sums: dict[int, Sums] = field(default_factory=dict)
    taken_over: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._readers = readers_of(self.stages)

    def readers(self, value: int) -> list[Stage[Any]]:
        """Return the stages that read a value, in order; one that reads it twice is there twice."""
        return self._readers.get(value, [])

    def only_reader(self, value: int) -> Stage[Any] | None:
        """Return the stage that reads a value, if it is the only one."""
        readers = self.readers(value)
        return readers[0] if len(readers) == 1 else None

    def inputs(self, stage: Stage[Any]) -> tuple[View, ...]:
        """Return what a stage reads, as it reads it: a flat array where a Flatten is between."""
        views = (self.values[value] for value in stage.inputs)
        if len(stage.takes) > 1:
            return tuple(views)
        return tuple(self.plain.get(value, self.values[value]).flat() for value in stage.inputs)

    def output(self, stage: Stage[Any]) -> View:
        """Return where a stage puts what it gives."""
        return self.values[stage.number + 1]

    def shape(self, value: int) -> Shape:
        """Return the shape of a value, as whoever computes it gives it."""
        return self.stages[value - 1].gives if value else self.network.input_shape
