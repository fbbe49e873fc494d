"""ONNX files made by hand, as other programs write them, and what ONNX's own reference says."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="pip install 'pellucid[onnx]'")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

node = helper.make_node


def random(*shape, seed=0, around=0.0):
    return (around + np.random.default_rng(seed).normal(0, 0.3, shape)).astype(np.float32)


def file_of(
    nodes, constants, folder, *, dims=("n", 1, 6, 5), output="y", opset=17, kind=TensorProto.FLOAT,
    **more,
):  # fmt: skip
    """Write a graph that reads x and gives y; return its path."""
    graph = helper.make_graph(
        nodes, "graph", [helper.make_tensor_value_info("x", kind, list(dims))],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()],
    )  # fmt: skip
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8, **more
    )
    return written(model, folder)


def written(model, folder):
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def reference(path, images, output="y"):
    """Return what ONNX's own, plain NumPy, says of images as the graph takes them."""
    session = ReferenceEvaluator(str(path))
    return np.concatenate([session.run([output], {"x": image[None]})[0] for image in images])


def ending(size=30, value="flat", before="v", count=3, seed=9):
    """Return nodes that flatten a value and make three classes of it, and their constants."""
    nodes = [
        node("Flatten", [before], [value], axis=1),
        node("Gemm", [value, "W", "B"], ["y"], name="end", transB=1),
    ]
    return nodes, {"W": random(count, size, seed=seed), "B": random(count, seed=seed + 1)}
