"""Every layer's examples, and its twin in PyTorch: both from the file that tests its description.

``tests/network/layers/test_NAME.py`` has ``EXAMPLES``, layers with a shape they take;
``torch_twin(torch, layer, shape)``; and ``undecided(layer, x)`` where a layer has a kink or a tie
at which float32 and float64 may rightly pick different sides.
"""

from __future__ import annotations

import importlib
from types import ModuleType

import numpy as np

from pellucid import Dense, Flatten, Network
from pellucid.network.layers import (
    LAYERS,
    Add,
    AveragePool2D,
    Dropout,
    GlobalMaxPool2D,
    GroupNorm,
    Layer,
    MaxPool2D,
    Shape,
)
from pellucid.network.layers.batchnorm import BatchNorm

# All at once: hypothesis refuses modules of its tests that are imported within one.
_MODULES = {
    kind: importlib.import_module(f"tests.network.layers.test_{kind.__name__.lower()}")
    for kind in LAYERS
}


def module_of(kind: type[Layer]) -> ModuleType:
    """Return the module that tests a kind of layer."""
    return _MODULES[kind]


def examples() -> list[tuple[Layer, Shape]]:
    """Return all layers' examples."""
    return [example for kind in LAYERS for example in module_of(kind).EXAMPLES]


def with_an_end(layers: list[Layer], shape: Shape) -> Network:
    """Return a network of layers whose output, of whatever shape, goes to three classes."""
    values = shape
    for layer in layers:
        values = layer.output_shape(values)
    flat = [] if len(values) == 1 else [Flatten()]
    return Network([*layers, *flat, Dense(3, std=0.3)], shape)


def has_norm(network: Network) -> bool:
    """Return whether a layer takes away what is the same for all values."""
    return any(isinstance(node.layer, BatchNorm | GroupNorm) for node in network.nodes)


def undecided(network: Network, activations: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return which images have a value at which rounding decides the way of a gradient."""
    some = np.zeros(len(activations[0]), dtype=bool)
    is_mean = [False]  # of each value, whether averages or dropped values are in it
    for node in network.nodes:
        has_mean = any(is_mean[value] for value in node.inputs)
        is_mean.append(has_mean or isinstance(node.layer, AveragePool2D | Dropout))
        if not isinstance(node.layer, Add):
            look = getattr(module_of(type(node.layer)), "undecided", None)
            if look is not None:
                some |= look(node.layer, activations[node.inputs[0]])
            # Averages of the same numbers in another order are equal but for rounding. Of equal
            # patches, what was 0 already is dropped in one and not in the other.
            if isinstance(node.layer, MaxPool2D | GlobalMaxPool2D) and has_mean:
                look = module_of(type(node.layer)).is_tied
                some |= look(node.layer, activations[node.inputs[0]])
    return some


def torch_network(torch, network, parameters):
    """Return the same network in PyTorch, float64, of its own modules."""

    class Nodes(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = torch.nn.ModuleList(
                torch.nn.Identity() if isinstance(node.layer, Add)
                else module_of(type(node.layer)).torch_twin(
                    torch, node.layer, network.shapes[node.inputs[0]]
                )
                for node in network.nodes
            )  # fmt: skip

        def forward(self, images):
            values = [images]
            for node, part in zip(network.nodes, self.parts, strict=True):
                values.append(part(sum(values[value] for value in node.inputs)))
            return values[-1]

    model = Nodes().double()
    learned = torch.tensor(parameters[: network.trained_size])
    torch.nn.utils.vector_to_parameters(learned, model.parameters())
    views = network.views(parameters)
    for p, running in _running(network, model):
        running.copy_(torch.tensor(views[p.name]))
    return model


def torch_running(network, model):
    """Return the running statistics of a network in PyTorch, in the order of the flat vector."""
    arrays = [running.numpy().ravel() for _, running in _running(network, model)]
    return np.concatenate([np.zeros(0), *arrays])


def _running(network, model):
    """Return each running statistic with PyTorch's buffer of it."""
    names = {"m": "running_mean", "v": "running_var"}
    return [
        (p, getattr(model.parts[p.node], names[p.name[0]]))
        for p in network.parameters
        if not p.is_trained
    ]


def made_possible(network, parameters):
    """Return the vector with its running variances above 0; changed in place."""
    for p in network.parameters:
        if not p.is_trained and p.name[0] == "v":
            here = slice(p.offset, p.offset + p.size)
            parameters[here] = np.abs(parameters[here]) + 0.5
    return parameters


def names(layers: list[tuple[Layer, Shape]]) -> list[str]:
    """Return a short name for each example."""
    return [f"{type(layer).__name__}-{number}" for number, (layer, _) in enumerate(layers)]
