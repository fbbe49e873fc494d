"""Every layer as a module, or an expression, of PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ExportError
from pellucid.export.description import Step
from pellucid.network.layers import (
    GELU,
    Add,
    AveragePool2D,
    BatchNorm1D,
    BatchNorm2D,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePool2D,
    GlobalMaxPool2D,
    GroupNorm,
    Layer,
    LeakyReLU,
    MaxPool2D,
    ReLU,
    Sigmoid,
    SiLU,
    Tanh,
)
from pellucid.network.summary import describe

__all__ = ["LAYERS_IN_TORCH", "Written", "written"]


@dataclass(frozen=True)
class Written:
    """A layer in PyTorch.

    Attributes
    ----------
    module : str
        What is made of it in ``__init__``; "" where nothing is.
    call : str
        What computes it; ``self.NAME`` is the module, ``$0`` and ``$1`` what it reads.
    state : dict of str to ndarray
        Its parameters and buffers, by PyTorch's names; ``""`` before a dot for the module's own.
    buffers : dict of str to ndarray
        Arrays of no module: they are registered under the layer's name, an underscore and this.
    """

    module: str = ""
    call: str = "self.NAME($0)"
    state: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    buffers: dict[str, NDArray[np.float32]] = field(default_factory=dict)


Make = Callable[[Step], Written]


def written(step: Step) -> Written:
    """Return a step in PyTorch.

    Raises
    ------
    ExportError
        The layer can't be expressed.
    """
    make = LAYERS_IN_TORCH.get(type(step.layer))
    if make is None:
        raise ExportError(
            f"Layer {step.place}, {describe(step.layer)}, can't be expressed in PyTorch."
        )
    return make(step)


def _conv(step: Step) -> Written:
    layer = step.layer
    assert isinstance(layer, Conv2D)
    (top, bottom), (left, right) = layer.pads(step.takes)
    state = {"weight": step.arrays["f"]}
    settings = ""
    if "b" in step.arrays:
        state["bias"] = step.arrays["b"]
    else:
        settings += ", bias=False"
    for name, value, usual in (
        ("stride", layer.stride_pair, (1, 1)), ("dilation", layer.dilation_pair, (1, 1)),
        ("groups", layer.groups, 1),
    ):  # fmt: skip
        settings += "" if value == usual else f", {name}={value}"
    call = "self.NAME($0)"
    if (top, left) == (bottom, right):
        settings += f", padding={(top, left)}" if top or left else ""
    else:  # PyTorch's own convolution pads both sides alike
        call = f"self.NAME(functional.pad($0, {(left, right, top, bottom)}))"
    module = f"nn.Conv2d({step.takes[0]}, {layer.filters}, {layer.kernel_pair}{settings})"
    return Written(module, call, state)


def _dense(step: Step) -> Written:
    state, settings = {"weight": step.arrays["w"]}, ", bias=False"
    if "b" in step.arrays:
        state["bias"], settings = step.arrays["b"], ""
    return Written(f"nn.Linear({step.takes[0]}, {step.gives[0]}{settings})", state=state)


def _pool(kind: str) -> Make:
    def make(step: Step) -> Written:
        layer = step.layer
        assert isinstance(layer, MaxPool2D | AveragePool2D)
        padding = f", padding={layer.pad_pair}" if any(layer.pad_pair) else ""
        return Written(f"nn.{kind}({layer.pool_pair}, {layer.stride_pair}{padding})")

    return make


def _leaky(step: Step) -> Written:
    assert isinstance(step.layer, LeakyReLU)
    return Written(f"nn.LeakyReLU({step.layer.slope!r})")


def _norm(step: Step) -> Written:
    """What is left of a batch normalization that no layer before it could take in."""
    shape = (-1, *[1] * (len(step.takes) - 1))
    arrays = {letter: step.arrays[letter].reshape(shape) for letter in "msb"}
    return Written(call="($0 - self.NAME_m) * self.NAME_s + self.NAME_b", buffers=arrays)


def _group_norm(step: Step) -> Written:
    layer = step.layer
    assert isinstance(layer, GroupNorm)
    module = f"nn.GroupNorm({layer.groups}, {step.takes[0]}, eps={layer.eps!r})"
    return Written(module, state={"weight": step.arrays["g"], "bias": step.arrays["b"]})


def _plain(module: str) -> Make:
    return lambda step: Written(module)


def _expression(call: str) -> Make:
    return lambda step: Written(call=call)


LAYERS_IN_TORCH: dict[type[Layer], Make] = {
    Conv2D: _conv,
    Dense: _dense,
    MaxPool2D: _pool("MaxPool2d"),
    AveragePool2D: _pool("AvgPool2d"),
    GlobalAveragePool2D: _expression("$0.mean((2, 3))"),
    GlobalMaxPool2D: _expression("$0.amax((2, 3))"),
    ReLU: _plain("nn.ReLU()"),
    LeakyReLU: _leaky,
    Sigmoid: _plain("nn.Sigmoid()"),
    Tanh: _plain("nn.Tanh()"),
    SiLU: _plain("nn.SiLU()"),
    GELU: _plain("nn.GELU()"),
    BatchNorm2D: _norm,
    BatchNorm1D: _norm,
    GroupNorm: _group_norm,
    Flatten: _expression("$0.flatten(1)"),
    Add: _expression("$0 + $1"),
}
"""What writes each layer; Dropout does nothing in prediction, and containers are made of others."""
