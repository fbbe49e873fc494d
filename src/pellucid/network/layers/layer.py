"""What every layer offers; the checks of its settings are in ``settings``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Protocol

__all__ = ["Graph", "Layer", "Pair", "Shape"]

Shape = tuple[int, ...]

Pair = tuple[int, int]


class Graph(Protocol):
    """The nodes of a network in the making, as a layer sees them."""

    @property
    def place(self) -> str:
        """Where the layer that is being added stands."""

    def add(self, layer: Layer, *inputs: int) -> int:
        """Add a node that reads some values; return the value it gives."""

    def chain(self, layers: Iterable[Layer], value: int, prefix: str = "") -> int:
        """Add layers one after another, the first reading ``value``; return the last value."""


@dataclass(frozen=True)
class Layer:
    """What every layer description offers; not a layer itself."""

    is_rectifier: ClassVar[bool] = False
    """Whether it is an activation that lets about half of its input pass, as ReLU does."""
    is_passed_over: ClassVar[bool] = False
    """Whether what comes after it, not it, decides how the weights before it start: pools, say."""

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape that one image has after the layer.

        Parameters
        ----------
        input_shape : tuple of int
            ``(channels, height, width)``, or ``(features,)`` after Flatten.

        Returns
        -------
        tuple of int

        Raises
        ------
        NetworkError
            The input does not suit the layer; the message says what to change.
        """
        kind = type(self).__name__
        raise NotImplementedError(f"{kind} must say its output's shape: {kind}.output_shape.")

    def expand(self, nodes: Graph, value: int) -> int:
        """Add the layer to a network's nodes, reading a value; return the value it gives.

        A layer is one node that reads one value; only a container is more.

        Parameters
        ----------
        nodes : Graph
            Those before it.
        value : int
            What it reads.

        Returns
        -------
        int
        """
        return nodes.add(self, value)

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shape of each parameter, by its letter, in the order they are stored.

        Parameters
        ----------
        input_shape : tuple of int
            As in :meth:`output_shape`.

        Returns
        -------
        dict of str to tuple of int
            Empty where there is nothing to learn.
        """
        return {}

    def state_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shape of each array that training brings up to date without learning it.

        Parameters
        ----------
        input_shape : tuple of int
            As in :meth:`output_shape`.

        Returns
        -------
        dict of str to tuple of int
            By its letter, as parameters are; empty for all but statistics.
        """
        return {}

    def initial_std(self, name: str, shape: Shape, is_rectified: bool = False) -> float:
        """Return the standard deviation that a parameter is drawn with at the start.

        Parameters
        ----------
        name : str
            Its letter.
        shape : tuple of int
            Its shape, from :meth:`parameter_shapes`.
        is_rectified : bool, default False
            Whether an activation such as ReLU follows the layer.

        Returns
        -------
        float
            0.0 where it is not drawn at random.
        """
        return 0.0

    def initial_mean(self, name: str) -> float:
        """Return what a parameter is drawn around at the start.

        Parameters
        ----------
        name : str
            Its letter.

        Returns
        -------
        float
        """
        return 0.0
