"""The estimators' place in skl2onnx: a pipeline that ends in one becomes ONNX as a whole."""

from __future__ import annotations

import importlib.util
from typing import Any

from pellucid.errors import ExportError
from pellucid.estimators.classifier import CNNClassifier
from pellucid.estimators.regressor import CNNRegressor
from pellucid.export.description import description_of
from pellucid.export.onnx_file import IMAGE, OPSET, graph_model

__all__ = ["register_skl2onnx"]


def register_skl2onnx() -> None:
    """Tell skl2onnx how :class:`pellucid.CNNClassifier` and :class:`pellucid.CNNRegressor` convert.

    After it ``skl2onnx.to_onnx`` takes pipelines that end in one of them. The network's input is
    what the step before it gives, float32, one image a row; what a pipeline does to pixels before
    is skl2onnx's part. Classifiers have the outputs ``label`` and ``probabilities``.

    Raises
    ------
    ExportError
        skl2onnx is not installed.

    Examples
    --------
    >>> import skl2onnx
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import MaxAbsScaler
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = CNNClassifier(random_state=0, max_iter=5)
    >>> pipeline = make_pipeline(MaxAbsScaler(), classifier).fit(X, y)
    >>> register_skl2onnx()
    >>> model = skl2onnx.to_onnx(pipeline, X[:1].astype("float32"), options={"zipmap": False})
    >>> [output.name for output in model.graph.output]
    ['label', 'probabilities']
    """
    if importlib.util.find_spec("skl2onnx") is None:
        raise ExportError(
            "This needs skl2onnx, which is not installed: pip install 'pellucid[onnx]'."
        )
    from skl2onnx import update_registered_converter

    options = {"zipmap": [True, False, "columns"], "nocl": [True, False]}
    update_registered_converter(
        CNNClassifier, "PellucidCNNClassifier", _shapes, _convert, options=options
    )
    update_registered_converter(CNNRegressor, "PellucidCNNRegressor", _shapes, _convert)


def _shapes(operator: Any) -> None:
    """Say of what type the outputs are."""
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

    description = description_of(operator.raw_operator, "float32")
    width = [None, description.outputs]
    if description.kind == "numbers":
        operator.outputs[0].type = FloatTensorType(width)
        return
    is_text = description.kind == "classes" and isinstance(description.labels[0], str)
    kind = StringTensorType if is_text else Int64TensorType
    operator.outputs[0].type = kind(width if description.kind == "labels" else [None])
    operator.outputs[1].type = FloatTensorType(width)


def _convert(scope: Any, operator: Any, container: Any) -> None:
    """Add the nodes and the constants of an estimator's own graph under names of their own."""
    from onnx import TensorProto, helper, numpy_helper

    description = description_of(operator.raw_operator, "float32")
    graph = graph_model(description).graph
    names: dict[str, str] = {}

    def own(name: str) -> str:
        if name not in names:
            names[name] = scope.get_unique_variable_name(f"pellucid_{name.replace(' ', '_')}")
        return names[name]

    def reshaped(given: str, shape: list[int], to: str) -> None:
        sizes = scope.get_unique_variable_name("shape")
        container.add_initializer(sizes, TensorProto.INT64, [len(shape)], shape)
        name = scope.get_unique_operator_name("Reshape")
        container.add_node("Reshape", [given, sizes], [to], name=name, op_version=OPSET)

    reshaped(operator.inputs[0].full_name, [-1, *description.pixels.last], own(IMAGE))
    outputs = [output.full_name for output in operator.outputs]
    if description.kind != "numbers":
        names["label"], names["probabilities"] = outputs
    for constant in graph.initializer:
        values = numpy_helper.to_array(constant).ravel().tolist()
        if constant.data_type == TensorProto.STRING:
            values = [str(value).encode() for value in values]
        container.add_initializer(
            own(constant.name), constant.data_type, list(constant.dims), values
        )
    for node in graph.node:
        settings = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        container.add_node(
            node.op_type, [own(name) for name in node.input], [own(name) for name in node.output],
            name=scope.get_unique_operator_name(node.op_type), op_version=OPSET, **settings,
        )  # fmt: skip
    if description.kind == "numbers":
        reshaped(own("numbers"), [-1, description.outputs], outputs[0])
