"""Any of our networks as a PyTorch module, with its parameters in the order of our vector."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from pellucid import (
    BatchNorm2D,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePool2D,
    GlobalMaxPool2D,
    MaxPool2D,
    Network,
    ReLU,
    Residual,
    Sigmoid,
)
from pellucid.network.layers import Layer, Shape


class _Sum(nn.Module):
    """Two ways, added up."""

    def __init__(self, through: nn.Module, around: nn.Module) -> None:
        super().__init__()
        self.through, self.around = through, around

    def forward(self, x: Tensor) -> Tensor:
        return self.around(x) + self.through(x)


class _Largest(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.amax((2, 3))


class _Mean(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))


def torch_network(network: Network) -> nn.Sequential:
    """Return the module; its input is (n, C, H, W), its output the logits."""
    return _chain(network.layers, network.input_shape)


def load_parameters(module: nn.Module, arrays: Iterable[object]) -> None:
    """Take over our parameter arrays, which come in the module's own order."""
    with torch.no_grad():
        for parameter, array in zip(module.parameters(), arrays, strict=True):
            parameter.copy_(torch.tensor(array))


def _chain(layers: Sequence[Layer], shape: Shape) -> nn.Sequential:
    modules: list[nn.Module] = []
    for layer in layers:
        modules += _modules(layer, shape)
        shape = layer.output_shape(shape)
    return nn.Sequential(*modules)


def _modules(layer: Layer, shape: Shape) -> list[nn.Module]:
    if isinstance(layer, Conv2D):
        return _convolution(layer, shape)
    if isinstance(layer, MaxPool2D):
        return [nn.MaxPool2d(layer.pool_pair, layer.stride_pair, layer.pad_pair)]
    if isinstance(layer, Dense):
        return [nn.Linear(shape[0], layer.units, bias=layer.bias is not None)]
    if isinstance(layer, BatchNorm2D):
        return [nn.BatchNorm2d(shape[0], layer.eps, layer.momentum)]
    if isinstance(layer, Residual):
        return [_Sum(_chain(layer.layers, shape), _chain(layer.shortcut or (), shape))]
    kinds: dict[type[Layer], type[nn.Module]] = {
        ReLU: nn.ReLU, Sigmoid: nn.Sigmoid, Flatten: nn.Flatten, GlobalMaxPool2D: _Largest,
        GlobalAveragePool2D: _Mean,
    }  # fmt: skip
    return [kinds[type(layer)]()]


def _convolution(layer: Conv2D, shape: Shape) -> list[nn.Module]:
    (top, bottom), (left, right) = layer.pads(shape)
    even = top == bottom and left == right
    padding = (top, left) if even else 0
    made = nn.Conv2d(
        shape[0], layer.filters, layer.kernel_pair, layer.stride_pair, padding,
        layer.dilation_pair, layer.groups, layer.bias is not None,
    )  # fmt: skip
    return [made] if even else [nn.ZeroPad2d((left, right, top, bottom)), made]
