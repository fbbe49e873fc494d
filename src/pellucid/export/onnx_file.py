"""ONNX: a model as one file for onnxruntime, its pixels' scaling and its classes' names inside."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ExportError
from pellucid.export.description import Description, Exportable, description_of
from pellucid.export.exported import Export, write
from pellucid.export.onnx_vectors import stored_vectors, vectors_stored
from pellucid.export.proof import Answer, Predictor

if TYPE_CHECKING:
    import onnx

    from pellucid.export.onnx_layers import Graph

__all__ = ["BOUND", "IMAGE", "OPSET", "graph_model", "onnx_predictor", "onnx_vectors", "to_onnx"]

OPSET, IR = 17, 8
"""What onnxruntime has taken since 1.12."""

BOUND = 1e-5
"""How far a probability may be off: onnxruntime adds up in another order."""

IMAGE = "image"
"""The name of the graph's input."""


def to_onnx(model: Exportable, path: str | os.PathLike[str], *, pixels: str = "auto") -> Export:
    """Write a model as ONNX, for onnxruntime and whatever else reads it.

    The input ``image`` has a free batch dimension, and is what an estimator takes: (n, H, W), or
    (n, H, W, C) for several channels; scaling is in the graph. Of classes and labels the outputs
    are ``label`` (a class's own number or name; of several labels 0 and 1), ``probabilities`` and
    ``logits``, of numbers ``numbers``, in the units of y. The metadata has the names of the
    classes, version and fingerprint, and ten test vectors.

    Parameters
    ----------
    model : Model, CNNClassifier or CNNRegressor
        What to write.
    path : path-like
        The file, such as ``model.onnx``; an existing one is replaced.
    pixels : {"auto", "uint8", "float32"}, default "auto"
        The type of the input's pixels; "auto" is uint8 where the model learned from bytes. Bytes
        are those of pictures; floats are X as an estimator was given it, else from 0 to 1.

    Returns
    -------
    Export
        Whose ``compare(X)`` proves that both say the same.

    Raises
    ------
    ConfigurationError
        ``model`` is none, or ``pixels`` something else.
    ExportError
        The package onnx is missing, the model's pixels can't be expressed, or the file can't be
        written.

    Notes
    -----
    Opset 17, IR version 8.

    Examples
    --------
    >>> import tempfile
    >>> from pellucid import Dense, Flatten, Model, Network, Preprocessing
    >>> network = Network([Flatten(), Dense(2)], (8, 8))
    >>> model = Model(network, network.initial_parameters(), Preprocessing((8, 8)), ("no", "yes"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     comparison = to_onnx(model, Path(folder, "model.onnx")).compare()
    >>> comparison.images, comparison.agrees
    (10, True)
    """
    description = description_of(model, pixels)
    _need("onnx")
    file = Path(path)
    write({file: graph_model(description).SerializeToString()})
    return Export("onnx", (file,), description, BOUND, lambda: onnx_predictor(file, description))


def onnx_predictor(path: str | os.PathLike[str], description: Description) -> Predictor:
    """Return what onnxruntime says of images, by a file of :func:`to_onnx`.

    Raises
    ------
    ExportError
        onnxruntime is missing, or does not take the file.
    """
    _need("onnxruntime")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            os.fspath(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # its own errors have no common root
        reason = " ".join(str(error).split())[:200]
        raise ExportError(f"onnxruntime does not take {os.fspath(path)}: {reason}") from error
    places = {label: place for place, label in enumerate(description.labels)}

    def predict(images: NDArray[Any]) -> Answer:
        given = _channels_last(images)
        if description.kind == "numbers":
            (numbers,) = session.run(["numbers"], {IMAGE: given})
            return Answer(numbers.reshape(len(images), -1), None)
        label, probabilities = session.run(["label", "probabilities"], {IMAGE: given})
        if description.kind == "labels":
            return Answer(probabilities, label)
        return Answer(probabilities, np.array([places[name] for name in label.tolist()], np.int64))

    return predict


def onnx_vectors(path: str | os.PathLike[str]) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return the test vectors in a file of :func:`to_onnx`: images as it takes them, answers."""
    _need("onnx")
    import onnx

    model = onnx.load(os.fspath(path), load_external_data=False)
    return stored_vectors({p.key: p.value for p in model.metadata_props}["test_vectors"])


def _need(package: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise ExportError(
            f"This needs {package}, which is not installed: pip install 'pellucid[onnx]'."
        )


def _channels_last(images: NDArray[Any]) -> NDArray[Any]:
    """Return images (n, C, H, W) as the graph takes them."""
    if images.shape[1] == 1:
        return np.ascontiguousarray(images[:, 0])
    return np.ascontiguousarray(images.transpose(0, 2, 3, 1))


def graph_model(description: Description) -> onnx.ModelProto:
    """Return the whole model."""
    import onnx
    from onnx import TensorProto, helper

    from pellucid.export.onnx_layers import Graph

    graph = Graph()
    values = {0: _enter(graph, description)}
    for step in description.steps:
        values[step.output] = graph.layer(step, *(values[value] for value in step.inputs))
    outputs = _leave(graph, description, values[description.steps[-1].output])
    is_bytes = description.pixels.kind == "uint8"
    made = helper.make_graph(
        graph.nodes, "pellucid",
        [helper.make_tensor_value_info(
            IMAGE, TensorProto.UINT8 if is_bytes else TensorProto.FLOAT,
            ["n", *description.pixels.last],
        )],
        outputs, graph.constants,
    )  # fmt: skip
    told = description.told()
    model = helper.make_model(
        made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR,
        producer_name="pellucid", producer_version=told["made by"].split()[-1],
        doc_string=f"{told['image']}; {told['before']}.",
    )  # fmt: skip
    helper.set_model_props(model, _metadata(description, told))
    onnx.checker.check_model(model)
    return model


def _metadata(description: Description, told: dict[str, str]) -> dict[str, str]:
    """Return the model's metadata; ONNX knows text alone."""
    vectors = description.vectors
    return {
        **{key.replace(" ", "_"): text for key, text in told.items()},
        "kind": description.kind,
        "classes": json.dumps(description.labels),
        "preprocessing": json.dumps(description.model.preprocessing.to_dict()),
        "test_vectors": vectors_stored(vectors, _channels_last(vectors.images)),
    }


def _enter(graph: Graph, description: Description) -> str:
    """Add what makes (n, C, H, W) from 0 to 1 of the input; return its name."""
    from onnx import TensorProto

    pixels, value = description.pixels, IMAGE
    if pixels.kind == "uint8":
        value = graph.add("Cast", value, to_type=TensorProto.FLOAT)
    if pixels.shape[0] == 1:
        value = graph.add("Unsqueeze", value, graph.constant("axis", np.array([1], np.int64)))
    else:
        value = graph.add("Transpose", value, perm=[0, 3, 1, 2])
    if pixels.are_bytes:  # as the kernels do it
        return graph.add("Mul", value, graph.constant("per byte", np.float32(1 / 255)))
    if (pixels.low, pixels.high) != (0.0, 1.0):
        if pixels.low:
            value = graph.add("Sub", value, graph.constant("low", np.float32(pixels.low)))
        span = graph.constant("span", np.float32(pixels.high - pixels.low))
        value = graph.add("Div", value, span)
    ends = (graph.constant(f"becomes {end}", np.float32(end)) for end in (0, 1))
    return graph.add("Clip", value, *ends)


def _leave(graph: Graph, description: Description, value: str) -> list[onnx.ValueInfoProto]:
    """Add what makes the outputs of what the last layer gives; return their descriptions."""
    from onnx import TensorProto, helper

    width: list[str | int | None] = ["n", description.outputs]
    kind = description.kind
    if kind == "numbers":
        if description.mean is not None and description.deviation is not None:
            deviation = graph.constant("deviation", description.deviation)
            value = graph.add("Mul", value, deviation)
            value = graph.add("Add", value, graph.constant("mean", description.mean))
        if description.outputs == 1:
            one = graph.constant("column", np.array([1], np.int64))
            graph.add("Squeeze", value, one, to="numbers")
            return [helper.make_tensor_value_info("numbers", TensorProto.FLOAT, ["n"])]
        graph.add("Identity", value, to="numbers")
        return [helper.make_tensor_value_info("numbers", TensorProto.FLOAT, width)]
    logits = graph.add("Identity", value, to="logits")
    if kind == "labels":
        graph.add("Sigmoid", logits, to="probabilities")
        above = graph.add("Greater", logits, graph.constant("zero", np.float32(0)))
        graph.add("Cast", above, to="label", to_type=TensorProto.INT64)
        label = helper.make_tensor_value_info("label", TensorProto.INT64, width)
    else:
        graph.add("Softmax", logits, to="probabilities", axis=1)
        place = graph.add("ArgMax", logits, axis=1, keepdims=0)
        is_text = isinstance(description.labels[0], str)
        names = np.array(description.labels, object if is_text else np.int64)
        graph.add("Gather", graph.constant("classes", names), place, to="label", axis=0)
        of = TensorProto.STRING if is_text else TensorProto.INT64
        label = helper.make_tensor_value_info("label", of, ["n"])
    return [
        label,
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, width),
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, width),
    ]
