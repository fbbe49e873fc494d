"""Any of our networks as a PyTorch module, with its parameters in the order of our vector."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU, Sigmoid


def torch_network(network: Network) -> nn.Sequential:
    """Return the module; its input is (n, C, H, W), its output the logits."""
    modules: list[nn.Module] = []
    for layer, shape in zip(network.layers, network.shapes, strict=False):
        if isinstance(layer, Conv2D):
            (top, bottom), (left, right) = layer.pads(shape)
            even = top == bottom and left == right
            if not even:
                modules.append(nn.ZeroPad2d((left, right, top, bottom)))
            padding = (top, left) if even else 0
            modules.append(
                nn.Conv2d(
                    shape[0], layer.filters, layer.kernel_pair, layer.stride_pair, padding,
                    layer.dilation_pair, layer.groups, layer.bias is not None,
                )
            )  # fmt: skip
        elif isinstance(layer, MaxPool2D):
            modules.append(nn.MaxPool2d(layer.pool_pair, layer.stride_pair, layer.pad_pair))
        elif isinstance(layer, Dense):
            modules.append(nn.Linear(shape[0], layer.units, bias=layer.bias is not None))
        else:
            kind = {ReLU: nn.ReLU, Sigmoid: nn.Sigmoid, Flatten: nn.Flatten}[type(layer)]
            modules.append(kind())
    return nn.Sequential(*modules)


def load_parameters(module: nn.Module, arrays: Iterable[object]) -> None:
    """Take over our parameter arrays, which come in the module's own order."""
    with torch.no_grad():
        for parameter, array in zip(module.parameters(), arrays, strict=True):
            parameter.copy_(torch.tensor(array))
