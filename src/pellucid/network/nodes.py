"""A network inside: nodes in order, each of which reads values that came before it.

Value 0 is the image, and value k + 1 is what node k gives. A list of layers is a chain, each node
reading the value before it; containers such as Residual make nodes that read others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pellucid.errors import NetworkError
from pellucid.network.layers.layer import Layer, Shape

__all__ = ["Node", "Nodes", "rectified"]

_MOST_NODES = 10_000
"""More layers are a slip, or a file that is meant to cost time."""


@dataclass(frozen=True)
class Node:
    """A layer, and the values that it reads.

    Attributes
    ----------
    layer : Layer
        Never a container.
    inputs : tuple of int
        The values it reads: 0 is the image, k + 1 what node k gives.
    name : str
        Where it stands, as a person counts: ``"3"``, ``"4.2"`` inside a container,
        ``"4.shortcut 1"`` beside it, ``"4.sum"`` at its end.
    """

    layer: Layer
    inputs: tuple[int, ...]
    name: str


class Nodes:
    """The nodes of a network in the making.

    Parameters
    ----------
    input_shape : tuple of int
        The shape of value 0.

    Attributes
    ----------
    nodes : list of Node
        Those so far.
    shapes : list of tuple of int
        Of every value so far.
    """

    def __init__(self, input_shape: Shape) -> None:
        self.nodes: list[Node] = []
        self.shapes: list[Shape] = [input_shape]
        self._name: list[str] = []

    @property
    def place(self) -> str:
        """Where the layer that is being added stands, as a person counts."""
        return ".".join(self._name)

    def chain(self, layers: Iterable[Layer], value: int, prefix: str = "") -> int:
        """Add layers one after another, the first reading ``value``; return the last value.

        Raises
        ------
        NetworkError
            A layer does not fit its input, or there are too many; the message names it.
        """
        for number, layer in enumerate(layers, start=1):
            self._name.append(f"{prefix}{number}")
            value = layer.expand(self, value)
            self._name.pop()
        return value

    def add(self, layer: Layer, *inputs: int) -> int:
        """Add a node that reads some values; return the value it gives."""
        if len(self.nodes) == _MOST_NODES:
            raise NetworkError(
                f"Layer {self.place}: the network has more than {_MOST_NODES:,} layers, those "
                "inside others counted; leave some out."
            )
        name = ".".join([*self._name, "sum"] if len(inputs) > 1 else self._name)
        try:
            shape = layer.output_shape(*(self.shapes[value] for value in inputs))
        except NetworkError as error:
            raise NetworkError(f"Layer {self.place}: {error}") from None
        self.nodes.append(Node(layer, inputs, name))
        self.shapes.append(shape)
        return len(self.nodes)


def rectified(nodes: Sequence[Node]) -> list[bool]:
    """Return of each value whether an activation such as ReLU reads it.

    Pools, flattening and sums between are passed over.

    Examples
    --------
    >>> from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU
    >>> layers = [Conv2D(2, 3), MaxPool2D(2), ReLU(), Flatten(), Dense(2)]
    >>> rectified(Network(layers, (8, 8)).nodes)
    [False, True, True, False, False, False]
    """
    found = [False] * (len(nodes) + 1)
    for index, node in reversed([*enumerate(nodes, start=1)]):
        is_it = node.layer.is_rectifier or (node.layer.is_passed_over and found[index])
        for value in node.inputs:
            found[value] |= is_it
    return found
