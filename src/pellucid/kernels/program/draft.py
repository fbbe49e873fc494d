"""A plan in the making: the stages of a network, where their arrays lie, the ops so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import NetworkError
from pellucid.kernels.program.arena import Border, Memory, View
from pellucid.kernels.program.ops import Program
from pellucid.network.layers import Conv2D, Dense, Flatten, Layer, MaxPool2D, ReLU, Shape
from pellucid.network.network import Network

__all__ = ["Draft", "Plan", "Stage", "Staging", "border_of", "no_kernel", "stages_of"]


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
    image, logits, delta : View
        Where a chunk's images go, where its logits appear, and where their gradient is put.
    staging : Staging
        Where the images of a chunk lie one after another before they are interleaved.
    image_gradient : View or None
        Where the gradient of the images appears, in a plan that computes it.
    """

    network: Network
    begin: NDArray[np.int64]
    forward: NDArray[np.int64]
    backward: NDArray[np.int64]
    end: NDArray[np.int64]
    size: int
    sums: tuple[int, int]
    image: View
    logits: View
    delta: View
    staging: Staging
    image_gradient: View | None


@dataclass(frozen=True)
class Stage:
    """A layer that computes something, with the ReLU it takes in.

    Attributes
    ----------
    layer : Layer
        Never a Flatten.
    has_relu : bool
        Whether the layer's output is that of the ReLU after it.
    takes, gives : tuple of int
        Shapes of one input and one output. Where a Flatten stands before the layer, ``takes``
        is flat while the stage before gives an image.
    parameters : tuple of int
        Where the layer's parameters begin in the flat vector: weights and bias, or nothing.
    """

    layer: Layer
    has_relu: bool
    takes: Shape
    gives: Shape
    parameters: tuple[int, ...]

    def as_taken(self, view: View) -> View:
        """Return the array of the stage before as this one reads it."""
        return view.flat() if len(self.takes) == 1 else view


@dataclass
class Draft:
    """A plan in the making.

    ``values[k]`` is where stage k finds its input: ``values[0]`` the images, and ``values[k + 1]``
    what stage k gives. ``places[k]`` is where stage k, a pool, keeps its winners. ``survivors``
    are the convolutions whose backward goes through the survivors of the pool after them.
    """

    network: Network
    stages: list[Stage]
    memory: Memory
    program: Program
    values: list[View] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    survivors: set[int] = field(default_factory=set)

    def taken(self, k: int) -> View:
        """Return the input of stage k as it reads it."""
        return self.stages[k].as_taken(self.values[k])


def stages_of(network: Network) -> list[Stage]:
    """Return the layers that compute something, each with the ReLU that it takes in."""
    layers = network.layers
    stages = []
    for index, layer in enumerate(layers):
        if isinstance(layer, Flatten) or (isinstance(layer, ReLU) and _is_taken_in(layers, index)):
            continue
        starts = tuple(p.offset for p in network.parameters if p.layer == index)
        has_relu = index + 1 < len(layers) and _is_taken_in(layers, index + 1)
        takes, gives = network.shapes[index], network.shapes[index + 1]
        stages.append(Stage(layer, has_relu, takes, gives, starts))
    return stages


def _is_taken_in(layers: tuple[Layer, ...], index: int) -> bool:
    """Whether the layer at ``index`` is a ReLU that its neighbors compute on the way."""
    if not isinstance(layers[index], ReLU) or index == 0:
        return False
    after = [layer for layer in layers[index + 1 :] if not isinstance(layer, Flatten)]
    gates = isinstance(after[0], Conv2D | Dense | MaxPool2D) if after else False
    return isinstance(layers[index - 1], Conv2D | Dense) and gates


def border_of(stage: Stage) -> Border:
    """Return the zeros around what a stage reads: top, bottom, left, right."""
    if not isinstance(stage.layer, Conv2D):
        return 0, 0, 0, 0
    (top, bottom), (left, right) = stage.layer.pads(stage.takes)
    return top, bottom, left, right


def no_kernel(layer: Layer) -> NetworkError:
    """Return the error of a layer that only its owner knows how to compute."""
    kind = type(layer).__name__
    return NetworkError(
        f"There is no kernel for {layer}; use Pellucid's own layers, or write one for {kind} as "
        "CONTRIBUTING.md says."
    )
