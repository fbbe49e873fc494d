"""An ONNX file as nodes and constants, read without trusting anything in it.

Nothing in a file is run. What it declares is compared with what is there before memory is taken.
"""

from __future__ import annotations

import contextlib
import importlib.util
import math
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ExportError, PellucidError

if TYPE_CHECKING:
    import onnx

__all__ = ["OnnxGraph", "attributes", "named", "one_sentence", "read_graph"]

LARGEST_FILE = 2**30
"""Bytes of a file, and of the weights that lie beside it."""

MOST_NODES = 10_000
"""Nodes of a graph; a network here has at most as many layers."""

OLDEST = 7
"""The first opset whose sums and products spread shapes as NumPy does."""


@contextlib.contextmanager
def one_sentence(what: str) -> Iterator[None]:
    """Make ExportErrors of whatever a damaged file breaks."""
    try:
        yield
    except PellucidError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ExportError(f"{what} can't be read as ONNX: {reason}.") from error


def named(node: onnx.NodeProto) -> str:
    """Return where a node stands and what it is, for a message."""
    return f"Node {node.name or next(iter(node.output), '')!r:.200}, {node.op_type:.100},"


def attributes(node: onnx.NodeProto) -> dict[str, Any]:
    """Return a node's settings by their names; tensors stay what they are in the file."""
    from onnx import AttributeProto

    found: dict[str, Any] = {}
    for one in node.attribute:
        kind = AttributeProto.AttributeType
        if one.type in (kind.GRAPH, kind.GRAPHS):
            raise ExportError(
                f"{named(node)} has a graph of its own, {one.name!r:.100}, as conditions and loops "
                "have it; no layer here does that."
            )
        if one.ref_attr_name:
            raise ExportError(f"{named(node)} has a setting of a function; write it out.")
        if one.type == kind.STRING:
            found[one.name] = one.s.decode("utf-8", "replace")
        elif one.type == kind.INTS:
            found[one.name] = list(one.ints)
        elif one.type == kind.FLOATS:
            found[one.name] = list(one.floats)
        elif one.type == kind.INT:
            found[one.name] = one.i
        elif one.type == kind.FLOAT:
            found[one.name] = one.f
        elif one.type == kind.TENSOR:
            found[one.name] = one.t
        else:
            raise ExportError(f"{named(node)} has a setting of an odd kind, {one.name!r:.100}.")
    return found


@dataclass(frozen=True, eq=False)
class OnnxGraph:
    """What leads from the images of a file to one of its outputs.

    Attributes
    ----------
    path : Path
        The file.
    opset : int
        Of ONNX's own operators.
    image : str
        The name of the input.
    dims : tuple of (int or None)
        Its shape; None where it is free.
    input_type : str
        Its type, by ONNX's name.
    output : str
        The value that is looked for.
    nodes : tuple of NodeProto
        Those that it depends on, in order.
    uses : Counter
        How many of these read a value.
    metadata : dict of str to str
        What the file says of itself; "producer" is the program that wrote it.
    """

    path: Path
    opset: int
    image: str
    dims: tuple[int | None, ...]
    input_type: str
    output: str
    nodes: tuple[onnx.NodeProto, ...]
    uses: Counter[str]
    metadata: dict[str, str]
    _stored: dict[str, onnx.TensorProto]

    @property
    def is_bytes(self) -> bool:
        """Whether the input is bytes."""
        return self.input_type == "UINT8"

    def stored(self, name: str) -> NDArray[Any] | None:
        """Return a constant of the file, None if it has none of that name."""
        tensor = self._stored.get(name)
        return None if tensor is None else self.array(tensor)

    def array(self, tensor: onnx.TensorProto) -> NDArray[Any]:
        """Return a tensor, after its size was compared with what is there.

        Raises
        ------
        ExportError
            Its type is none of numbers, its size is another than it says, or its data lie
            elsewhere than beside the file.
        """
        from onnx import TensorProto, helper, numpy_helper

        name = f"The constant {tensor.name!r:.200}"
        known = ("FLOAT", "DOUBLE", "FLOAT16", "INT64", "INT32", "UINT8", "INT8", "BOOL")
        if tensor.data_type not in [TensorProto.DataType.Value(kind) for kind in known]:
            raise ExportError(f"{name} is of a type that no layer here has; use float32.")
        dtype = np.dtype(helper.tensor_dtype_to_np_dtype(tensor.data_type))
        shape = tuple(tensor.dims)
        if min(shape, default=0) < 0 or len(shape) > 8:
            raise ExportError(f"{name} has the shape {shape!r:.200}, which can't be.")
        size = math.prod(shape)
        if tensor.data_location == TensorProto.EXTERNAL:
            data = _beside(self.path, tensor, size * dtype.itemsize, name)
            return np.frombuffer(data, dtype.newbyteorder("<")).astype(dtype).reshape(shape)
        if tensor.HasField("raw_data"):
            there, needed = len(tensor.raw_data), size * dtype.itemsize
        else:
            field = getattr(tensor, helper.tensor_dtype_to_field(tensor.data_type))
            there, needed = len(field), size
        if there != needed:
            raise ExportError(
                f"{name} is damaged: its shape {shape!r:.200} needs {needed:,} values or bytes, "
                f"and {there:,} are there."
            )
        return np.asarray(numpy_helper.to_array(tensor))


def _beside(path: Path, tensor: onnx.TensorProto, size: int, name: str) -> bytes:
    """Return a constant's bytes in a file beside the model; no other place is looked at."""
    told = {entry.key: entry.value for entry in tensor.external_data}
    location = told.get("location", "")
    plain = location not in ("", ".", "..") and PureWindowsPath(location).name == location
    file = path.parent / location if plain else path
    if not plain or "\0" in location or file.is_symlink() or not file.is_file():
        raise ExportError(
            f"{name} lies in {location!r:.200}, and only a plain file beside the model is read; "
            "save the model in one file (external_data=False in torch.onnx.export)."
        )
    offset, length = int(told.get("offset", "0")), int(told.get("length", str(size)))
    if offset < 0 or length != size or offset + size > min(file.stat().st_size, LARGEST_FILE):
        raise ExportError(f"{name} is damaged: {location} does not have its {size:,} bytes.")
    with file.open("rb") as opened:
        opened.seek(offset)
        return opened.read(size)


def read_graph(path: str | os.PathLike[str], output: str | None = None) -> OnnxGraph:
    """Read a file.

    Parameters
    ----------
    path : path-like
    output : str, optional
        Which output is looked for; by default the only one, or what is called logits,
        probabilities or numbers.

    Raises
    ------
    ExportError
        It can't be read, is damaged, or has several inputs or outputs.
    """
    if importlib.util.find_spec("onnx") is None:
        raise ExportError("This needs onnx, which is not installed: pip install 'pellucid[onnx]'.")
    file = Path(path)
    with one_sentence(str(file)):
        model = _parsed(file)
        opset = _opset(model, file)
        graph = model.graph
        if len(graph.node) > MOST_NODES:
            raise ExportError(f"{file} has {len(graph.node):,} nodes; at most {MOST_NODES:,} may.")
        stored = {tensor.name: tensor for tensor in graph.initializer}
        image, dims, kind = _image(graph, stored, file)
        wanted = _wanted([value.name for value in graph.output], output, file)
        nodes = _needed(graph, wanted, file)
        _check_functions(model, nodes)
        uses = Counter(name for node in nodes for name in node.input)
        metadata = {entry.key: entry.value for entry in model.metadata_props}
        metadata["producer"] = model.producer_name
        return OnnxGraph(
            file, opset, image, dims, kind, wanted, nodes, uses, metadata, stored
        )  # fmt: skip


def _parsed(file: Path) -> onnx.ModelProto:
    import onnx

    if not file.is_file():
        raise ExportError(f"{file} is no file that there is; name a model.onnx.")
    size = file.stat().st_size
    if not 0 < size <= LARGEST_FILE:
        raise ExportError(
            f"{file} has {size:,} bytes; a model that can be taken has 1 to {LARGEST_FILE:,}."
        )
    model = onnx.ModelProto()
    try:
        model.ParseFromString(file.read_bytes())
    except Exception as error:  # protobuf's own, which is of another kind in each of its versions
        raise ExportError(f"{file} is damaged, cut off, or no ONNX file.") from error
    if not model.graph.node:
        raise ExportError(f"{file} is no ONNX file, or one without a graph.")
    return model


def _opset(model: onnx.ModelProto, file: Path) -> int:
    import onnx

    own = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    newest = onnx.defs.onnx_opset_version()
    if len(own) != 1 or not OLDEST <= own[0] <= newest:
        raise ExportError(
            f"{file} is of opset {', '.join(map(str, own)) or 'none'}; {OLDEST} to {newest} can "
            "be read."
        )
    return int(own[0])


def _image(
    graph: onnx.GraphProto, stored: dict[str, onnx.TensorProto], file: Path
) -> tuple[str, tuple[int | None, ...], str]:
    """Return the input's name, shape and type."""
    from onnx import TensorProto

    inputs = [value for value in graph.input if value.name not in stored]
    if len(inputs) != 1:
        names = ", ".join(value.name for value in inputs)
        raise ExportError(f"{file} takes {len(inputs)} inputs ({names:.200}); one can be taken.")
    tensor = inputs[0].type.tensor_type
    if tensor.elem_type not in (
        TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.UINT8,
    ):  # fmt: skip
        raise ExportError(f"The input {inputs[0].name!r:.200} is neither of floats nor of bytes.")
    dims = tuple(
        one.dim_value if one.HasField("dim_value") else None for one in tensor.shape.dim
    )  # fmt: skip
    if not 2 <= len(dims) <= 4 or any(side is not None and side < 1 for side in dims[1:]):
        raise ExportError(
            f"The input {inputs[0].name!r:.200} has the shape {dims!r:.200}; it must be rows, or "
            "images with or without channels."
        )
    return inputs[0].name, dims, TensorProto.DataType.Name(tensor.elem_type)


def _wanted(outputs: list[str], output: str | None, file: Path) -> str:
    names = ", ".join(outputs)
    if output is not None:
        if output not in outputs:
            raise ExportError(f"{file} has no output {output!r:.200}; it has {names:.500}.")
        return output
    if len(outputs) == 1:
        return outputs[0]
    for usual in ("logits", "numbers", "probabilities"):
        if usual in outputs:
            return usual
    raise ExportError(f"{file} gives {names or 'nothing':.500}; name one by output.")


def _needed(graph: onnx.GraphProto, output: str, file: Path) -> tuple[onnx.NodeProto, ...]:
    """Return the nodes that an output depends on, in order."""
    given: Counter[str] = Counter(name for node in graph.node for name in node.output if name)
    twice = next((name for name, count in given.items() if count > 1), None)
    if twice is not None:
        raise ExportError(f"{file} is damaged: two nodes give {twice!r:.200}.")
    needed, nodes = {output}, []
    for node in reversed(graph.node):
        if needed.isdisjoint(node.output):
            continue
        needed.update(name for name in node.input if name)
        nodes.append(node)
    return tuple(reversed(nodes))


def _check_functions(model: onnx.ModelProto, nodes: tuple[onnx.NodeProto, ...]) -> None:
    functions = {(function.domain, function.name) for function in model.functions}
    for node in nodes:
        if (node.domain, node.op_type) in functions:
            raise ExportError(f"{named(node)} is a function of the file's own; write it inline.")
        if node.domain not in ("", "ai.onnx"):
            raise ExportError(
                f"{named(node)} is an operator of {node.domain!r:.100}, not of ONNX itself; no "
                "layer here does that."
            )
