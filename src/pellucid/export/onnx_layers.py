"""Every layer as nodes of an ONNX graph."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    import onnx

__all__ = ["LAYERS_IN_ONNX", "Graph"]


class Graph:
    """Nodes and constants of a graph in the making; values are known by their names.

    Attributes
    ----------
    nodes, constants : list
        Those so far.
    """

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(
        self, kind: str, *inputs: str, to: str = "", to_type: int | None = None, **attributes: Any
    ) -> str:
        """Add a node; return the name of what it gives. ``to_type`` is what Cast makes of it."""
        from onnx import helper

        if to_type is not None:
            attributes["to"] = to_type
        name = to or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, name: str, value: Any) -> str:
        """Add a constant; numbers without a type are float32. Return its name."""
        from onnx import numpy_helper

        array = np.asarray(value)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def layer(self, step: Step, *inputs: str) -> str:
        """Add a layer; return the name of what it gives."""
        make = LAYERS_IN_ONNX.get(type(step.layer))
        if make is None:
            raise ExportError(
                f"Layer {step.place}, {describe(step.layer)}, can't be expressed in ONNX."
            )
        return make(self, step, *inputs)

    def arrays(self, step: Step, *letters: str) -> list[str]:
        """Add arrays of a step as constants, those that it has; return their names."""
        return [
            self.constant(f"layer {step.place} {letter}", step.arrays[letter])
            for letter in letters
            if letter in step.arrays
        ]


Make = Callable[..., str]


def _conv(graph: Graph, step: Step, x: str) -> str:
    layer = step.layer
    assert isinstance(layer, Conv2D)
    (top, bottom), (left, right) = layer.pads(step.takes)
    return graph.add(
        "Conv", x, *graph.arrays(step, "f", "b"), pads=[top, left, bottom, right],
        strides=list(layer.stride_pair), kernel_shape=list(layer.kernel_pair),
        dilations=list(layer.dilation_pair), group=layer.groups,
    )  # fmt: skip


def _dense(graph: Graph, step: Step, x: str) -> str:
    return graph.add("Gemm", x, *graph.arrays(step, "w", "b"), transB=1)


def _pool(kind: str, **attributes: Any) -> Make:
    def make(graph: Graph, step: Step, x: str) -> str:
        layer = step.layer
        assert isinstance(layer, MaxPool2D | AveragePool2D)
        return graph.add(
            kind, x, kernel_shape=list(layer.pool_pair), strides=list(layer.stride_pair),
            pads=[*layer.pad_pair, *layer.pad_pair], **attributes,
        )  # fmt: skip

    return make


def _global(kind: str) -> Make:
    def make(graph: Graph, step: Step, x: str) -> str:
        return graph.add("Flatten", graph.add(kind, x), axis=1)

    return make


def _plain(kind: str, **attributes: Any) -> Make:
    def make(graph: Graph, step: Step, *inputs: str) -> str:
        return graph.add(kind, *inputs, **attributes)

    return make


def _leaky(graph: Graph, step: Step, x: str) -> str:
    assert isinstance(step.layer, LeakyReLU)
    return graph.add("LeakyRelu", x, alpha=step.layer.slope)


def _silu(graph: Graph, step: Step, x: str) -> str:
    return graph.add("Mul", x, graph.add("Sigmoid", x))


def _gelu(graph: Graph, step: Step, x: str) -> str:
    """``x (1 + erf(x / sqrt 2)) / 2``; the operator Gelu came with a later opset."""
    name = f"layer {step.place}"
    scaled = graph.add("Mul", x, graph.constant(f"{name} root", np.float32(math.sqrt(0.5))))
    one = graph.constant(f"{name} one", np.float32(1.0))
    half = graph.constant(f"{name} half", np.float32(0.5))
    share = graph.add("Mul", graph.add("Add", graph.add("Erf", scaled), one), half)
    return graph.add("Mul", x, share)


def _each_channel(step: Step, array: NDArray[Any]) -> NDArray[Any]:
    return array.reshape(-1, *[1] * (len(step.takes) - 1))


def _norm(graph: Graph, step: Step, x: str) -> str:
    m, s, b = (
        graph.constant(f"layer {step.place} {letter}", _each_channel(step, step.arrays[letter]))
        for letter in "msb"
    )
    return graph.add("Add", graph.add("Mul", graph.add("Sub", x, m), s), b)


def _group_norm(graph: Graph, step: Step, x: str) -> str:
    """Groups as channels of an instance normalization, which later opsets need not."""
    layer, name = step.layer, f"layer {step.place}"
    assert isinstance(layer, GroupNorm)
    of_groups = graph.constant(f"{name} groups", np.array([0, layer.groups, -1], np.int64))
    grouped = graph.add("Reshape", x, of_groups)
    ones = graph.constant(f"{name} ones", np.ones(layer.groups, np.float32))
    zeros = graph.constant(f"{name} zeros", np.zeros(layer.groups, np.float32))
    normed = graph.add("InstanceNormalization", grouped, ones, zeros, epsilon=layer.eps)
    as_before = graph.constant(f"{name} shape", np.array([0, *step.takes], np.int64))
    back = graph.add("Reshape", normed, as_before)
    g, b = (
        graph.constant(f"{name} {letter}", _each_channel(step, step.arrays[letter]))
        for letter in "gb"
    )
    return graph.add("Add", graph.add("Mul", back, g), b)


LAYERS_IN_ONNX: dict[type[Layer], Make] = {
    Conv2D: _conv,
    Dense: _dense,
    MaxPool2D: _pool("MaxPool"),
    AveragePool2D: _pool("AveragePool", count_include_pad=1),
    GlobalAveragePool2D: _global("GlobalAveragePool"),
    GlobalMaxPool2D: _global("GlobalMaxPool"),
    ReLU: _plain("Relu"),
    LeakyReLU: _leaky,
    Sigmoid: _plain("Sigmoid"),
    Tanh: _plain("Tanh"),
    SiLU: _silu,
    GELU: _gelu,
    BatchNorm2D: _norm,
    BatchNorm1D: _norm,
    GroupNorm: _group_norm,
    Flatten: _plain("Flatten", axis=1),
    Add: _plain("Add"),
}
"""What writes each layer; Dropout does nothing in prediction, and containers are made of others."""
