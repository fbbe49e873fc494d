"""onnxruntime on the same weights: the graph is written node by node, with no converter between."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU, Sigmoid

OPSET = 17


def onnx_model(network: Network, parameters: NDArray[np.float32], is_float: bool) -> Any:
    """Return the model: (n, C, H, W) bytes, or floats in [0, 1], to (n, classes) probabilities."""
    arrays = iter(network.views(parameters).items())
    nodes: list[Any] = []
    weights: list[Any] = []
    name = "images"

    def add(kind: str, *more: str, **attributes: Any) -> None:
        nonlocal name
        after = f"v{len(nodes)}"
        nodes.append(helper.make_node(kind, [name, *more], [after], **attributes))
        name = after

    def take(layer: Conv2D | Dense) -> list[str]:
        own = [next(arrays) for _ in range(1 if layer.bias is None else 2)]
        weights.extend(numpy_helper.from_array(np.ascontiguousarray(a), key) for key, a in own)
        return [key for key, _ in own]

    if not is_float:
        weights.append(numpy_helper.from_array(np.float32(1 / 255), "scale"))
        add("Cast", to=TensorProto.FLOAT)
        add("Mul", "scale")
    for layer, shape in zip(network.layers, network.shapes, strict=False):
        if isinstance(layer, Conv2D):
            (top, bottom), (left, right) = layer.pads(shape)
            add("Conv", *take(layer), pads=[top, left, bottom, right],
                strides=list(layer.stride_pair), kernel_shape=list(layer.kernel_pair),
                dilations=list(layer.dilation_pair), group=layer.groups)  # fmt: skip
        elif isinstance(layer, MaxPool2D):
            add("MaxPool", kernel_shape=list(layer.pool_pair), strides=list(layer.stride_pair),
                pads=[*layer.pad_pair, *layer.pad_pair])  # fmt: skip
        elif isinstance(layer, Dense):
            add("Gemm", *take(layer), transB=1)
        else:
            add({ReLU: "Relu", Sigmoid: "Sigmoid", Flatten: "Flatten"}[type(layer)])
    add("Softmax", axis=1)
    kind = TensorProto.FLOAT if is_float else TensorProto.UINT8
    graph = helper.make_graph(
        nodes, "network",
        [helper.make_tensor_value_info("images", kind, ["n", *network.input_shape])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", network.classes])],
        weights,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    return model


class OnnxInference:
    """Probabilities of images."""

    def __init__(
        self, network: Network, parameters: NDArray[np.float32], threads: int, is_float: bool
    ) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        model = onnx_model(network, parameters, is_float).SerializeToString()
        self.session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        self.shape = (-1, *network.input_shape)

    def predict(self, images: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
        return self.session.run(None, {"images": images.reshape(self.shape)})[0]
