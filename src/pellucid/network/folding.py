"""Folding: batch normalizations taken into the convolutions and dense layers right before them.

In inference ``g (w x + b - m) / sqrt(v + eps) + shift`` is a layer of its own kind, with filters or
weights ``s w`` and the bias ``s (b - m) + shift``, where ``s = g / sqrt(v + eps)``.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.network.layers import BatchNorm1D, BatchNorm2D, Conv2D, Dense, Layer, Residual
from pellucid.network.network import Network

__all__ = ["Folding", "folding_of"]


@dataclass(frozen=True, eq=False)
class Folding:
    """A network without the norms that could be taken in, and how its parameters are found.

    Attributes
    ----------
    network : Network
        What computes the same in inference.
    original : Network
        What was folded.
    kept : tuple of (int, int or None)
        For each node of ``network`` the node of the original it is, and the norm it takes in.
    """

    network: Network
    original: Network
    kept: tuple[tuple[int, int | None], ...]

    def fold(self, parameters: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the parameters of the folded network; float64 inside, rounded once."""
        arrays = _by_node(self.original, self.original.views(parameters))
        folded = np.empty(self.network.size, dtype=np.float32)
        views = _by_node(self.network, self.network.views(folded))
        for node, (own, norm) in enumerate(self.kept):
            found = {letter: a.astype(np.float64) for letter, a in arrays[own].items()}
            if norm is not None:
                found = _taken_in(found, arrays[norm], self.original.nodes[norm].layer)
            for letter, view in views[node].items():
                view[...] = found[letter]
        return folded


@functools.lru_cache(maxsize=32)
def folding_of(network: Network) -> Folding:
    """Return a network folded as far as it can be.

    Examples
    --------
    >>> from pellucid import ReLU
    >>> from pellucid import Flatten
    >>> network = Network([Conv2D(4, 3), BatchNorm2D(), ReLU(), Flatten(), Dense(2)], (8, 8))
    >>> [type(layer).__name__ for layer in folding_of(network).network.layers]
    ['Conv2D', 'ReLU', 'Flatten', 'Dense']
    """
    is_folded: list[bool] = []
    layers = _folded(network.layers, is_folded)
    kept: list[tuple[int, int | None]] = []
    for node, folds in enumerate(is_folded):
        if folds:
            kept[-1] = (kept[-1][0], node)
        else:
            kept.append((node, None))
    return Folding(network.rebuilt(layers), network, tuple(kept))


def _folded(layers: Sequence[Layer], is_folded: list[bool]) -> tuple[Layer, ...]:
    """Return the layers that are left; tell of every node, in order, whether it is taken in."""
    left: list[Layer] = []
    before: Layer | None = None
    for layer in layers:
        if isinstance(layer, Residual):
            inner = _folded(layer.layers, is_folded)
            around = _folded(layer.shortcut or (), is_folded)
            left.append(Residual(inner, around or None))
            is_folded.append(False)  # the sum that it ends in
        else:
            is_norm = isinstance(layer, BatchNorm2D | BatchNorm1D)
            folds = is_norm and isinstance(before, Conv2D | Dense)
            is_folded.append(folds)
            if not folds:
                left.append(layer)
            elif isinstance(before, Conv2D | Dense) and before.bias is None:
                left[-1] = dataclasses.replace(before, bias=0.0)
        before = layer
    return tuple(left)


def _by_node(network: Network, views: dict[str, NDArray[Any]]) -> list[dict[str, NDArray[Any]]]:
    """Return each node's arrays by their letters."""
    arrays: list[dict[str, NDArray[Any]]] = [{} for _ in network.nodes]
    for parameter in network.parameters:
        arrays[parameter.node][parameter.name[0]] = views[parameter.name]
    return arrays


def _taken_in(
    own: dict[str, NDArray[np.float64]], norm: dict[str, NDArray[np.float32]], layer: Any
) -> dict[str, NDArray[np.float64]]:
    """Return the parameters of a layer that takes in the norm after it."""
    g, b, m, v = (norm[letter].astype(np.float64) for letter in "gbmv")
    scale = g / np.sqrt(v + layer.eps)
    weights = "f" if "f" in own else "w"
    shape = (-1, *[1] * (own[weights].ndim - 1))
    bias = own.get("b", np.zeros_like(m))
    return {weights: own[weights] * scale.reshape(shape), "b": scale * (bias - m) + b}
