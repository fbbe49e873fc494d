"""An ONNX file becomes a model here: its nodes as layers, proved by what it says of images."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.equations.rules import loss_rules_of
from pellucid.errors import ConfigurationError, ExportError
from pellucid.execution.inference import run_network
from pellucid.export.from_graph import IMAGE, Piece, network_of
from pellucid.export.graph_values import Builder, Value
from pellucid.export.onnx_operators import OPERATORS
from pellucid.export.onnx_reading import OnnxGraph, one_sentence, read_graph
from pellucid.export.onnx_session import session_of
from pellucid.export.onnx_vectors import stored_vectors
from pellucid.export.onnx_walk import Walk
from pellucid.export.proof import drawn
from pellucid.files.model_file import Model, check_sizes
from pellucid.files.tensor_file import RefusedError
from pellucid.images.axes import sides, three_axes
from pellucid.images.pixel_range import BYTES
from pellucid.images.preprocessing import Preprocessing
from pellucid.network.layers import Sigmoid
from pellucid.network.loss import BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError
from pellucid.network.network import Network

__all__ = ["FromOnnx", "from_onnx", "read_onnx"]

BOUND = 1e-4
"""How far an output may be off, relative to the largest: deep networks add up differently."""

MOST_PRODUCTS = 2 * 10**10
"""Multiply-adds of an image, beyond which nothing is run to compare."""


@dataclass(frozen=True, eq=False)
class FromOnnx:
    """What an ONNX file became.

    Attributes
    ----------
    model : Model
    pixels : (float, float)
        The file's pixels that are 0 and 1 here.
    are_guessed : bool
        Whether nobody said so.
    compared : str
        What it was compared with, and how far off it is; "" if it was not.
    """

    model: Model
    pixels: tuple[float, float]
    are_guessed: bool
    compared: str


def from_onnx(
    path: str | os.PathLike[str],
    classes: Sequence[str] | None = None,
    *,
    input_shape: Sequence[int] | None = None,
    pixel_range: tuple[float, float] | None = None,
    loss: Loss | None = None,
    output: str | None = None,
) -> Model:
    """Take a network over from an ONNX file: layers one after another, or ways that meet in sums.

    Parameters
    ----------
    path : path-like
        The file, as PyTorch, Keras, skl2onnx or :func:`pellucid.export.to_onnx` write it.
    classes : sequence of str, optional
        What its outputs are called; by default as a file of Pellucid says, else "0", "1" and so on.
    input_shape : (int, int) or (int, int, int), optional
        ``(height, width)`` or ``(channels, height, width)``, for a file that does not say it.
    pixel_range : (float, float), optional
        The pixels of the file's images that are black and white. By default those that it is held
        to inside, 0 and 255 for bytes, 0 and 255 for floats that are divided by such a number at
        once, and else 0 and 1.
    loss : Loss, optional
        What the outputs are held to: by default cross-entropy, binary cross-entropy behind a
        sigmoid.
    output : str, optional
        Which of several outputs: by default "logits", "numbers" or "probabilities".

    Returns
    -------
    Model
        To be saved by :func:`pellucid.save_model`, exported, or trained on.

    Raises
    ------
    ConfigurationError
        An argument that can't be.
    ExportError
        The file can't be read, or is damaged; or it has something that no layer here does, with
        its place; or the network found says something else than the file.

    Notes
    -----
    Scaling at the beginning becomes the model's pixels, and what is subtracted and divided channel
    by channel a ``BatchNorm2D``. Files that say that they are Pellucid's are held to their ten test
    vectors; where onnxruntime is installed, ten images are run through both. Nothing in the file
    is run before it is understood. Weights may lie in a second file beside it, nowhere else.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from pellucid import Dense, Flatten
    >>> from pellucid.export import to_onnx
    >>> network = Network([Flatten(), Dense(2)], (8, 8))
    >>> model = Model(network, network.initial_parameters(), Preprocessing((8, 8)), ("no", "yes"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export = to_onnx(model, Path(folder, "model.onnx"))
    ...     again = from_onnx(Path(folder, "model.onnx"))
    >>> again.network == network, again.classes
    (True, ('no', 'yes'))
    """
    found = read_onnx(
        path, classes, input_shape=input_shape, pixel_range=pixel_range, loss=loss, output=output
    )
    return found.model


def read_onnx(
    path: str | os.PathLike[str],
    classes: Sequence[str] | None = None,
    *,
    input_shape: Sequence[int] | None = None,
    pixel_range: tuple[float, float] | None = None,
    loss: Loss | None = None,
    output: str | None = None,
) -> FromOnnx:
    """Do what :func:`from_onnx` does, and say how."""
    shape, ends = _checked(input_shape, pixel_range)
    graph = read_graph(path, output)
    with one_sentence(str(path)):
        builder = Builder(_dims(graph, shape), shape, ends, BYTES if graph.is_bytes else None)
        walk = Walk(graph, builder, OPERATORS)
        walk.go()
        value, loss, end = _end(walk, builder, loss)
        assert builder.input_shape is not None
        assert builder.ends is not None
        pieces = list(_reached(builder.pieces, value.piece))
        network, parameters = network_of(pieces, value.piece, builder.input_shape, loss)
        try:
            check_sizes(network)
        except RefusedError as error:
            raise ExportError(f"{path} can't be taken: {error}.") from error
        model = _model(graph, builder, network, parameters, classes)
        compared = _compared(graph, builder, model, end)
    return FromOnnx(model, builder.ends, builder.are_guessed, compared)


def _checked(
    input_shape: Sequence[int] | None, pixel_range: tuple[float, float] | None
) -> tuple[tuple[int, ...] | None, tuple[float, float] | None]:
    shape = None
    if input_shape is not None:
        shape = sides(input_shape, 2, 3)
        if shape is None:
            raise ConfigurationError(
                f"input_shape is {input_shape!r}; it must be (height, width) or (channels, height, "
                "width).",
                argument="input_shape",
            )
        shape = three_axes(shape)
    if pixel_range is None:
        return shape, None
    try:
        low, high = map(float, pixel_range)
    except (TypeError, ValueError):
        low = high = np.nan
    if not (np.isfinite([low, high]).all() and low < high):
        raise ConfigurationError(
            f"pixel_range is {pixel_range!r}; it must be two numbers, what is black and what is "
            "white, such as (0, 255).",
            argument="pixel_range",
        )
    return shape, (low, high)


def _dims(graph: OnnxGraph, shape: tuple[int, ...] | None) -> tuple[int, ...]:
    """Return the shape of the graph's images, one in the batch."""
    own = graph.dims[1:]
    if None not in own:
        return (1, *(side for side in own if side is not None))
    if shape is not None and len(own) in (2, 3):
        whole = shape if len(own) == 3 else shape[1:]
        turned = (*whole[1:], whole[0]) if len(own) == 3 else whole
        for candidate in (whole, turned):
            if all(one in (None, side) for one, side in zip(own, candidate, strict=True)):
                return (1, *candidate)
    raise ExportError(
        f"The input {graph.image!r:.200} has free sides, {graph.dims!r:.100}; say by "
        "input_shape (--size) what images it takes."
    )


def _end(
    walk: Walk, builder: Builder, loss: Loss | None
) -> tuple[Value, Loss | None, str]:  # fmt: skip
    """Return the value that holds the logits, the loss, and what was left out after it."""
    name = walk.graph.output
    value = walk.values.get(name)
    if value is None:
        raise ExportError(f"The output {name!r:.200} does not depend on the image.")
    end = value.end
    try:
        value = builder.flat(name, builder.settled(name, value.but(end="")))
    except ExportError as error:
        raise ExportError(f"The output {name!r:.200} {error}.") from error
    if value.order is not None:
        raise ExportError(f"The output {name!r:.200} has its numbers in another order.")
    piece = builder.pieces.get(value.piece)
    if piece is None:
        raise ExportError(f"The output {name!r:.200} is the image itself.")
    has_sigmoid = isinstance(piece.layer, Sigmoid) and not end
    if has_sigmoid and (loss is None or isinstance(loss, BinaryCrossEntropy)):
        return value.but(piece=piece.inputs[0]), BinaryCrossEntropy(), "sigmoid"
    if end and loss is not None and not isinstance(loss, CrossEntropy):
        raise ExportError(f"The output {name!r:.200} is a {end}; its loss is cross-entropy.")
    own = _told(walk.graph, "kind") if loss is None else None
    losses: dict[Any, Loss] = {"labels": BinaryCrossEntropy(), "numbers": MeanSquaredError()}
    return value, losses.get(own, loss), end


def _reached(pieces: dict[str, Piece], output: str) -> list[Piece]:
    """Return the pieces that an output depends on, in order."""
    needed = {output}
    found = []
    for piece in reversed(pieces.values()):
        if piece.name in needed:
            needed.update(piece.inputs)
            found.append(piece)
    assert IMAGE in needed
    return found[::-1]


def _told(graph: OnnxGraph, key: str) -> Any:
    """Return what a file of Pellucid says of itself, None of others."""
    return graph.metadata.get(key) if graph.metadata["producer"] == "pellucid" else None


def _model(
    graph: OnnxGraph,
    builder: Builder,
    network: Network,
    parameters: NDArray[np.float32],
    classes: Sequence[str] | None,
) -> Model:
    stored = json.loads(_told(graph, "classes") or "null") if classes is None else list(classes)
    names = stored if isinstance(stored, list) else [str(k) for k in range(network.classes)]
    if classes is None:
        names = [str(name) for name in names]
    assert builder.ends is not None
    in_bytes = builder.ends if graph.is_bytes else BYTES
    preprocessing = Preprocessing(
        network.input_shape, polarity="light-on-dark", fit="resize", pixel_range=in_bytes
    )
    told = _told(graph, "preprocessing")
    if told is not None:
        preprocessing = Preprocessing.from_dict(json.loads(told))
    return Model(network, parameters, preprocessing, tuple(names), {"from": "ONNX"})


def _compared(graph: OnnxGraph, builder: Builder, model: Model, end: str) -> str:
    """Compare with the file's own test vectors, and with onnxruntime; return what that found."""
    if model.network.multiply_adds > MOST_PRODUCTS:
        return ""
    found = []
    if _told(graph, "test_vectors"):
        images, outputs = stored_vectors(graph.metadata["test_vectors"])
        off = _off(builder, model, images, lambda raw: outputs, "probabilities")
        found.append(f"its own {len(images)} test vectors (largest difference {off:.1e})")
    if importlib.util.find_spec("onnxruntime") is not None:
        low, high = builder.ends or BYTES
        assert builder.order is not None
        unit = drawn(model.network.input_shape)
        raw = np.empty((len(unit), builder.order.size))
        raw[:, builder.order] = low + unit.reshape(len(unit), -1) * (high - low)
        raw = np.rint(raw) if graph.is_bytes else raw
        run, dtype = session_of(graph)
        images = raw.astype(dtype).reshape(len(raw), *_dims(graph, model.network.input_shape)[1:])
        off = _off(builder, model, images, run, end)
        found.append(f"onnxruntime on {len(images)} images (largest difference {off:.1e})")
    return " and ".join(found)


def _off(builder: Builder, model: Model, images: NDArray[Any], says: Any, end: str) -> float:
    """Return how far a model is off; refuse one that is further than rounding."""
    low, high = builder.ends or BYTES
    flat = (images.reshape(len(images), -1).astype(np.float64) - low) / (high - low)
    unit = np.clip(flat[:, builder.order], 0, 1).astype(np.float32)
    network = model.network
    given = np.ascontiguousarray(unit).reshape(len(images), *network.input_shape)
    logits = run_network(
        network, model.parameters, given, None, None, logits=True
    ).probabilities.astype(np.float64)  # fmt: skip
    found = loss_rules_of(network.loss).outputs(network.loss, logits) if end else logits
    expected = says(images).astype(np.float64).reshape(len(images), -1)
    if end == "log softmax":
        found = np.log(np.maximum(found, 1e-300))
    if found.shape == expected.shape and np.isfinite(expected).all():
        off = float(np.abs(found - expected).max())
        if off <= BOUND * max(1.0, float(np.abs(expected).max())):
            return off
    raise ExportError(
        "What was found in the file does not compute what the file does, on ten images; it can't "
        "be taken over."
    )
