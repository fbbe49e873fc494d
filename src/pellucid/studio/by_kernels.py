"""What the kernels say of every value: networks that end at it, and networks that begin at it.

A plan keeps no value longer than it needs it, so each is asked for by a network of its own: of what
a value follows from, and of what follows from a value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.execution.inference import run_network
from pellucid.execution.sections import Outputs, Procedure, section_step, whole_section
from pellucid.execution.targets import Targets
from pellucid.images.floats import in_float32
from pellucid.network.layers import (
    Add,
    BatchNorm1D,
    BatchNorm2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Residual,
)
from pellucid.network.network import Network
from pellucid.studio.names import value_names

__all__ = ["gradients_by_kernels", "values_by_kernels"]

Arrays = dict[str, NDArray[Any]]
Vector = NDArray[np.float32]


def values_by_kernels(
    network: Network, parameters: Vector, image: NDArray[Any], targets: Targets
) -> tuple[Arrays, Vector, float]:
    """Return every value of an image, what the network answers, and the loss.

    Parameters
    ----------
    network : Network
        What to compute.
    parameters : ndarray of shape (network.size,), float32
        What it has learned.
    image : ndarray of shape (1, C, H, W)
        uint8, or float32 in [0, 1].
    targets : ndarray
        What it is held to.
    """
    found = run_network(network, parameters, image, targets, None)
    names = value_names(network)
    values: Arrays = {"image": in_float32(image)[0]}
    for k, layers in enumerate(_ways(network.layers)):
        part = network.rebuilt(tuple(layers))
        if len(part.shapes[-1]) > 1:
            part = network.rebuilt((*layers, Flatten()))
        own = _parameters_of(network, part, parameters, _behind(network, k))
        value = run_network(part, own, image, None, None, logits=True).probabilities
        values[names[k + 1]] = value.reshape(network.shapes[k + 1])
    return values, found.probabilities[0], found.loss


def gradients_by_kernels(
    network: Network, parameters: Vector, image: NDArray[Any], targets: Targets, values: Arrays
) -> Arrays:
    """Return the gradients that kernels have: of parameters, the image and what whole layers give.

    Parameters
    ----------
    network, parameters, image, targets
        As :func:`values_by_kernels` has them.
    values : dict of str to ndarray
        What that returned.
    """
    gradients: Arrays = {}
    kinds = {type(node.layer) for node in network.nodes}
    if not kinds & {BatchNorm1D, BatchNorm2D, Dropout}:
        section = whole_section(targets)
        vector = section_step(Procedure(network), parameters, image, section).gradient
        gradients |= network.views(vector)
    names, last = value_names(network), 0
    for number, layer in enumerate((None, *network.layers)):
        last += 0 if layer is None else _count(layer)
        rest = network.layers[number:]
        gradients[names[last]] = _from(
            network, rest, parameters, last, values[names[last]], targets
        )
    return gradients


def _from(
    network: Network,
    rest: tuple[Layer, ...],
    parameters: Vector,
    nodes: int,
    value: NDArray[Any],
    targets: Targets,
) -> NDArray[Any]:
    """Return the gradient of a value, as the image of a network of the layers behind it."""
    shape = value.shape
    as_image = value.reshape(shape if len(shape) == 3 else (*shape, 1, 1))
    if all(isinstance(layer, Flatten | Dropout) for layer in rest):
        # A plan needs something to compute: w = 1 hands dout on as it is.
        part = network.rebuilt((Flatten(), Dense(value.size, bias=False)), as_image.shape)
        own = np.eye(value.size, dtype=np.float32).ravel()
    else:
        flat = (Flatten(),) if len(shape) == 1 else ()
        part = network.rebuilt((*flat, *rest), as_image.shape)
        behind = range(nodes, len(network.nodes))
        own = _parameters_of(network, part, parameters, behind, len(flat))
    out = np.zeros((1, *as_image.shape), np.float32)
    images = np.ascontiguousarray(as_image[np.newaxis], np.float32)
    section = whole_section(targets)
    section_step(Procedure(part), own, images, section, Outputs(image_gradients=out))
    return np.asarray(out[0].reshape(shape))


def _ways(layers: tuple[Layer, ...] | Any) -> list[list[Layer]]:
    """Return for each node, in order, the layers whose chain ends in it."""
    ways: list[list[Layer]] = []
    before: list[Layer] = []
    for layer in layers:
        if isinstance(layer, Residual):
            for inside in (layer.layers, layer.shortcut or ()):
                ways += [[*before, *way] for way in _ways(inside)]
        before.append(layer)
        ways.append([*before])
    return ways


def _behind(network: Network, k: int) -> list[int]:
    """Return the nodes that node k follows from, and itself, in order."""
    found, open_nodes = {k}, [k]
    while open_nodes:
        for value in network.nodes[open_nodes.pop()].inputs:
            if value and value - 1 not in found:
                found.add(value - 1)
                open_nodes.append(value - 1)
    return sorted(found)


def _parameters_of(
    network: Network, part: Network, parameters: Vector, nodes: Any, first: int = 0
) -> Vector:
    """Return the parameters of a part whose nodes, from ``first`` on, are some of the network's."""
    views, own = network.views(parameters), np.zeros(part.size, np.float32)
    place = {node: first + number for number, node in enumerate(nodes)}
    into = {(p.node, p.name[0]): view for p, view in zip(
        part.parameters, part.views(own).values(), strict=True
    )}  # fmt: skip
    for p in network.parameters:
        if p.node in place:
            into[place[p.node], p.name[0]][...] = views[p.name]
    return own


def _count(layer: Layer) -> int:
    """Return how many nodes a layer makes."""
    if not isinstance(layer, Residual):
        return 1
    return sum(map(_count, (*layer.layers, *(layer.shortcut or ()), Add())))
