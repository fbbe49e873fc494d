"""Add: where two ways through a network meet; :mod:`pellucid.equations.add` has its equation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pellucid.errors import NetworkError
from pellucid.network.layers.layer import Graph, Layer, Shape

__all__ = ["Add"]


@dataclass(frozen=True)
class Add(Layer):
    """The sum of two values of one shape, element by element: what :class:`Residual` ends in.

    ``z = a + x``. It takes two values of any one shape and gives the same, float32. Nothing is
    learned. The same in training and inference; backward, in training, ``da = dx = dz``.

    Raises
    ------
    NetworkError
        The two shapes differ.

    Notes
    -----
    Nobody writes it: it stands inside a Residual. Source: "Residual" in docs/equations.md;
    :mod:`pellucid.equations.add`.

    Examples
    --------
    >>> Add().output_shape((5, 24, 24), (5, 24, 24))
    (5, 24, 24)
    """

    is_passed_over: ClassVar[bool] = True

    def expand(self, nodes: Graph, value: int) -> int:
        """Refuse to be written in a list, where there is one value to read."""
        raise NetworkError(
            f"Layer {nodes.place} is Add(), which joins two ways; write Residual([...]), which "
            "ends in it."
        )

    def output_shape(self, input_shape: Shape, *others: Shape) -> Shape:
        """Return the shape of both."""
        for other in others:
            if other != input_shape:
                raise NetworkError(
                    f"Residual adds what its layers give, {other}, to {input_shape}, but the two "
                    "must have one shape; use padding='same' in its layers, or give it a shortcut "
                    f"that brings {input_shape} to {other}, such as "
                    "shortcut=[Conv2D(filters, 1, stride=...)]."
                )
        return input_shape
