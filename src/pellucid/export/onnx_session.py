"""onnxruntime on what was understood of a file, and on nothing else in it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ExportError
from pellucid.export.onnx_reading import OnnxGraph

__all__ = ["session_of"]

Says = Callable[[NDArray[Any]], NDArray[Any]]


def session_of(graph: OnnxGraph) -> tuple[Says, type[Any]]:
    """Return what runs images through the nodes that were gone through, and the type it takes.

    Parameters
    ----------
    graph : OnnxGraph
        All of whose nodes are known.

    Raises
    ------
    ExportError
        onnxruntime does not take it.
    """
    import onnxruntime
    from onnx import helper, numpy_helper

    types = {"FLOAT": np.float32, "DOUBLE": np.float64, "FLOAT16": np.float16, "UINT8": np.uint8}
    dtype = types[graph.input_type]
    names = {name for node in graph.nodes for name in node.input if name}
    constants = [
        numpy_helper.from_array(np.array(array, order="C"), name)
        for name in sorted(names)
        if (array := graph.stored(name)) is not None
    ]
    dims = ["n" if graph.dims[0] is None else graph.dims[0], *graph.dims[1:]]
    made = helper.make_graph(
        list(graph.nodes), "taken",
        [helper.make_tensor_value_info(graph.image, helper.np_dtype_to_tensor_dtype(
            np.dtype(dtype)), dims)],
        [helper.make_empty_tensor_value_info(graph.output)], constants,
    )  # fmt: skip
    model = helper.make_model(
        made, opset_imports=[helper.make_opsetid("", graph.opset)], ir_version=8
    )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        # It prints what went wrong, beside raising it.
        with contextlib.redirect_stdout(io.StringIO()):
            session = onnxruntime.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
    except Exception as error:  # its own errors have no common root
        reason = " ".join(str(error).split())[:200]
        raise ExportError(f"onnxruntime does not take {graph.path}: {reason}") from error
    batch = graph.dims[0] or 1

    def says(images: NDArray[Any]) -> NDArray[Any]:
        parts = []
        for image in images:
            (part,) = session.run(None, {graph.image: np.repeat(image[None], batch, axis=0)})
            parts.append(np.asarray(part)[:1])
        return np.concatenate(parts)

    return says, dtype
