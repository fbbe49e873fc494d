"""Stages: the layers of a network that compute something.

A stage is a node of the network, with the ReLU that it takes in; a Flatten is none, for the array
is read with other strides. Which they are is found in ``layer_ops``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from pellucid.kernels.program.arena import FLOOR_NONE, FLOOR_ZERO, Border, View
from pellucid.network.layers import Layer, Shape

__all__ = ["NO_BORDER", "Stage", "Sums", "readers_of", "widest"]

L = TypeVar("L", bound=Layer)

NO_BORDER: Border = (0, 0, 0, 0)


class Sums(NamedTuple):
    """Where the gradients of a stage's weights and bias are summed over the chunks."""

    weights: int
    bias: int


@dataclass(frozen=True)
class Stage(Generic[L]):
    """A layer that computes something, with the ReLU it takes in.

    Attributes
    ----------
    number : int
        Its place among the stages; it gives value ``number + 1``.
    layer : Layer
        What it computes.
    has_relu : bool
        Whether the layer's output is that of the ReLU after it.
    inputs : tuple of int
        The values it reads: 0 is the images, k + 1 what stage k gives.
    takes, gives : tuple of int
        Shapes of an input, as it is read, and of the output. Where a Flatten stands before the
        layer, ``takes`` is flat while the stage before gives an image.
    parameters : tuple of int
        Where the layer's parameters begin in the flat vector: weights and bias, weights alone, or
        nothing.
    node : int
        Its layer's place among the network's nodes.
    """

    number: int
    layer: L
    has_relu: bool
    inputs: tuple[int, ...]
    takes: Shape
    gives: Shape
    parameters: tuple[int, ...]
    node: int

    @property
    def bias(self) -> int:
        """Where the bias begins in the flat vector; -1 where there is none."""
        return self.parameters[1] if len(self.parameters) > 1 else -1

    @property
    def floor(self) -> int:
        """Where what its output is held above lies: 0 with a ReLU, minus infinity without one."""
        return FLOOR_ZERO if self.has_relu else FLOOR_NONE

    def as_taken(self, view: View) -> View:
        """Return an array of the shape of what the stage before gives, as this one reads it."""
        return view.flat() if len(self.takes) == 1 else view


def readers_of(stages: Iterable[Stage[Any]]) -> dict[int, list[Stage[Any]]]:
    """Return the stages that read each value, in order; one that reads it twice is there twice."""
    readers: dict[int, list[Stage[Any]]] = {}
    for stage in stages:
        for value in stage.inputs:
            readers.setdefault(value, []).append(stage)
    return readers


def widest(borders: Iterable[Border]) -> Border:
    """Return the border that holds some borders.

    Examples
    --------
    >>> widest([(0, 1, 0, 1), (2, 0, 0, 0)])
    (2, 1, 0, 1)
    """
    top, bottom, left, right = map(max, zip(NO_BORDER, *borders, strict=True))
    return top, bottom, left, right
