"""A graph of another library as a network: chains of layers, and sums that join two ways.

Two ways that part at a value and meet in a sum are a Residual; the value where they part is the
nearest that every way to the sum goes through (its dominator).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ExportError, NetworkError
from pellucid.network.layers import Layer, Residual
from pellucid.network.loss import Loss
from pellucid.network.network import Network

__all__ = ["IMAGE", "Piece", "network_of"]

IMAGE = ""
"""The name of the value that the first piece reads."""

_DEEPEST = 32


@dataclass(frozen=True, eq=False)
class Piece:
    """A node of the other library's graph.

    Attributes
    ----------
    name : str
        Where it stands there; the value it gives has this name.
    inputs : tuple of str
        The values it reads: one, or two of a sum.
    layer : Layer or None
        What it is; None for a sum.
    arrays : dict of str to ndarray
        What the layer has learned, by the letters of its parameters.
    """

    name: str
    inputs: tuple[str, ...]
    layer: Layer | None
    arrays: dict[str, NDArray[np.float32]] = field(default_factory=dict)


Arrays = list[dict[str, NDArray[np.float32]]]


class _Chains:
    """Chains of layers between values, found backwards."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = {piece.name: piece for piece in pieces}
        self._order = {IMAGE: 0} | {piece.name: k for k, piece in enumerate(pieces, start=1)}
        self._used: set[str] = set()
        self._above = {IMAGE: IMAGE}
        for piece in pieces:
            first, *others = piece.inputs
            for other in others:
                first = self._meeting(first, other)
            self._above[piece.name] = first

    def _meeting(self, first: str, second: str) -> str:
        """Return the nearest value that all ways to both go through."""
        while first != second:
            if self._order[first] > self._order[second]:
                first = self._above[first]
            else:
                second = self._above[second]
        return first

    def between(self, start: str, end: str, depth: int = 0) -> tuple[list[Layer], Arrays]:
        """Return the layers that lead from one value to another, and each node's arrays."""
        layers: list[Layer] = []
        arrays: Arrays = []
        while end != start:
            if end == IMAGE or end in self._used:
                raise ExportError(
                    f"What {end or 'the image'} gives is read in a way that no Residual has; ways "
                    "may part and meet again in a sum, but not cross."
                )
            self._used.add(end)
            piece = self._pieces[end]
            if piece.layer is not None:
                layers.insert(0, piece.layer)
                arrays.insert(0, piece.arrays)
                end = piece.inputs[0]
                continue
            end = self._above[end]
            layer, own = self._joined(piece, end, depth)
            layers.insert(0, layer)
            arrays = [*own, *arrays]
        return layers, arrays

    def _joined(self, piece: Piece, start: str, depth: int) -> tuple[Layer, Arrays]:
        """Return the Residual that ends in a sum."""
        if depth == _DEEPEST:
            raise ExportError(f"{piece.name}: more than {_DEEPEST} sums stand inside one another.")
        ways = [self.between(start, value, depth + 1) for value in piece.inputs]
        around, through = sorted(ways, key=lambda way: len(way[1]))
        if not through[0]:
            raise ExportError(f"{piece.name} adds a value to itself, which no layer here does.")
        residual = Residual(through[0], around[0] or None)
        return residual, [*through[1], *around[1], {}]


def network_of(
    pieces: Sequence[Piece], output: str, input_shape: Sequence[int], loss: Loss | None
) -> tuple[Network, NDArray[np.float32]]:
    """Return a graph as a network and its parameters.

    Parameters
    ----------
    pieces : sequence of Piece
        In an order in which each reads what came before it.
    output : str
        The value that holds the logits.
    input_shape : (int, int) or (int, int, int)
    loss : Loss or None
        What its outputs are.

    Raises
    ------
    ExportError
        Ways cross, arrays are not of the size that the layers need, or the layers don't fit.

    Examples
    --------
    >>> from pellucid import Dense, Flatten
    >>> w, b = np.ones((2, 4), np.float32), np.zeros(2, np.float32)
    >>> pieces = [Piece("flat", ("",), Flatten()),
    ...           Piece("fc", ("flat",), Dense(2), {"w": w, "b": b})]
    >>> network, parameters = network_of(pieces, "fc", (2, 2), None)
    >>> [type(layer).__name__ for layer in network.layers], parameters.tolist()
    (['Flatten', 'Dense'], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0])
    """
    layers, arrays = _Chains(pieces).between(IMAGE, output)
    try:
        network = Network(layers, input_shape, loss)
    except NetworkError as error:
        raise ExportError(f"The layers were found, but don't make a network: {error}") from error
    vector = np.empty(network.size, np.float32)
    views = network.views(vector)
    for p in network.parameters:
        found = arrays[p.node][p.name[0]]
        if found.shape != p.shape:
            raise ExportError(
                f"Layer {network.nodes[p.node].name} has an array of shape {found.shape}, but "
                f"needs {p.shape}; is {tuple(network.input_shape)} the shape of its images?"
            )
        views[p.name][...] = found
    if not np.isfinite(vector).all():
        raise ExportError("What the layers have learned holds NaN or infinity.")
    return network, vector
