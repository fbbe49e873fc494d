"""Residual: layers with a way around them; it ends in :mod:`pellucid.network.layers.add`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pellucid.errors import NetworkError
from pellucid.network.layers.add import Add
from pellucid.network.layers.layer import Graph, Layer, Shape
from pellucid.network.layers.settings import set_field

__all__ = ["Residual"]

_MOST_INSIDE = 32
"""Residuals inside one another: what reads them back from a file calls itself for each."""


@dataclass(frozen=True)
class Residual(Layer):
    """Layers, and a way around them: what goes in is added to what comes out.

    ``z = s(x) + f(x)``, f the layers one after another, s the shortcut: nothing (``s(x) = x``), or
    layers that bring x to the shape of f(x).

    It takes any shape and gives that of f(x), float32. Learned is what f and s learn. In training
    and inference as its layers are; backward, in training, x gets the gradients of both ways,
    added: ``dx = ds^T dz + df^T dz``. Residuals may stand inside one another.

    Parameters
    ----------
    layers : sequence of Layer
        f, one layer at least.
    shortcut : sequence of Layer or None, default None
        s; None takes x as it is.

    Raises
    ------
    NetworkError
        No layers, something that is no layer, more than 32 Residuals inside one another, or two
        ways that end in different shapes.

    Notes
    -----
    Source: K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", 2016;
    "Residual" in docs/equations.md; :mod:`pellucid.equations.add`.

    Examples
    --------
    >>> from pellucid import Conv2D, ReLU
    >>> block = Residual([Conv2D(8, 3, padding="same"), ReLU(), Conv2D(8, 3, padding="same")])
    >>> block.output_shape((8, 16, 16))
    (8, 16, 16)
    >>> halving = Residual([Conv2D(16, 3, 2, "same")], shortcut=[Conv2D(16, 1, stride=2)])
    >>> halving.output_shape((8, 16, 16))
    (16, 8, 8)
    """

    layers: tuple[Layer, ...] | Sequence[Layer]
    shortcut: tuple[Layer, ...] | Sequence[Layer] | None = None
    _depth: ClassVar[int] = 1

    def __post_init__(self) -> None:
        set_field(self, "layers", _stack("layers", self.layers))
        if not self.layers:
            raise NetworkError(
                "Residual layers is empty; give it at least one layer, for example "
                "Residual([Conv2D(8, 3, padding='same')])."
            )
        if self.shortcut is not None:
            set_field(self, "shortcut", _stack("shortcut", self.shortcut) or None)
        inside = [*self.layers, *(self.shortcut or ())]
        depth = 1 + max(layer._depth if isinstance(layer, Residual) else 0 for layer in inside)
        if depth > _MOST_INSIDE:
            raise NetworkError(
                f"{depth} Residuals stand inside one another; at most {_MOST_INSIDE} may, so put "
                "some after one another."
            )
        set_field(self, "_depth", depth)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of f(x), which that of the shortcut must be, too."""
        ways = []
        for layers in (self.shortcut or (), self.layers):
            shape = input_shape
            for layer in layers:
                shape = layer.output_shape(shape)
            ways.append(shape)
        return Add().output_shape(*ways)

    def expand(self, nodes: Graph, value: int) -> int:
        """Add the nodes of both ways and of their sum; return the value of the sum."""
        through = nodes.chain(self.layers, value)
        around = nodes.chain(self.shortcut or (), value, "shortcut ")
        return nodes.add(Add(), around, through)


def _stack(name: str, layers: object) -> tuple[Layer, ...]:
    """Return a setting as a tuple of layers; raise NetworkError."""
    stack = tuple(layers) if isinstance(layers, Sequence) else (layers,)
    for layer in stack:
        if not isinstance(layer, Layer) or type(layer) is Layer:
            raise NetworkError(
                f"Residual {name} has {layer!r} in it, which is no layer; it must be a list of "
                "layers, for example [Conv2D(8, 3, padding='same'), ReLU()]."
            )
    return stack
