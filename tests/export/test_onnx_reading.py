"""Files that are damaged, or made to do harm: one sentence, soon, in little memory."""

import resource
import subprocess
import sys
import time

import numpy as np
import pytest

from pellucid import from_onnx
from pellucid.errors import ExportError, PellucidError
from pellucid.export import to_onnx
from pellucid.export.from_onnx import read_onnx
from tests.export.examples import small_model
from tests.export.graphs import (
    TensorProto,
    ending,
    file_of,
    helper,
    node,
    numpy_helper,
    onnx,
    random,
    written,
)


def model_of_file(tmp_path, nodes=(), **constants):
    """Return a model as it is read from a file, to be changed and written again."""
    end, weights = ending(30, before="v" if nodes else "x")
    return onnx.load(file_of([*nodes, *end], {**weights, **constants}, tmp_path))


def refused(model, tmp_path, message, **settings):
    path = written(model, tmp_path)
    with pytest.raises(ExportError, match=message) as error:
        from_onnx(path, **settings)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 600


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "has 0 bytes; a model that can be taken has 1 to"),
        (b"no model", "damaged, cut off, or no ONNX file|without a graph"),
        (b"\x08\x08", "is no ONNX file, or one without a graph"),
        (b"PK\x03\x04" + bytes(100), "damaged, cut off, or no ONNX file|without a graph"),
    ],
)
def test_what_is_no_onnx_file(data, message, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    with pytest.raises(ExportError, match=message):
        from_onnx(path)
    with pytest.raises(ExportError, match="is no file that there is"):
        from_onnx(tmp_path / "none.onnx")
    with pytest.raises(ExportError, match="is no file that there is"):
        from_onnx(tmp_path)


def test_a_file_of_more_than_can_be_held_is_not_read(tmp_path):
    path = tmp_path / "model.onnx"
    with path.open("wb") as file:
        file.truncate(2**31)  # a hole; it takes no room
    with pytest.raises(ExportError, match="has 2,147,483,648 bytes"):
        from_onnx(path)


def external(model, tmp_path, **entries):
    """Say that the weights lie elsewhere."""
    tensor = next(t for t in model.graph.initializer if t.name == "W")
    data = tensor.raw_data
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=value)
    return data


@pytest.mark.parametrize(
    "location",
    ["../weights", "/tmp/weights", "folder/weights", "..\\weights", "", "..",
     "weights\0", "link", "none"],
)  # fmt: skip
def test_weights_elsewhere_are_not_read(location, tmp_path):
    folder = tmp_path / "in"
    (folder / "folder").mkdir(parents=True)
    model = model_of_file(folder)
    data = external(model, folder, location=location)
    for place in (tmp_path / "weights", folder / "folder" / "weights"):
        place.write_bytes(data)
    (folder / "link").symlink_to(tmp_path / "weights")
    refused(model, folder, "only a plain file beside the model is read")


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"offset": "-4"}, "does not have its 360 bytes"),
        ({"offset": "4"}, "does not have its 360 bytes"),
        ({"length": "99999999999999"}, "does not have its 360 bytes"),
        ({"length": "4"}, "does not have its 360 bytes"),
        ({"offset": "many"}, "invalid literal"),
    ],
)
def test_weights_beside_it_must_be_there(entries, message, tmp_path):
    model = model_of_file(tmp_path)
    data = external(model, tmp_path, location="weights", **entries)
    (tmp_path / "weights").write_bytes(data)
    refused(model, tmp_path, message)


def test_shapes_are_compared_with_what_is_there(tmp_path):
    for dims, message in (
        ([2**40, 2**40], "is damaged: its shape"), ([3, 31], "is damaged: its shape"),
        ([-3, -30], "which can't be"), ([1] * 9, "which can't be"), ([], "is damaged"),
    ):  # fmt: skip
        model = model_of_file(tmp_path)
        tensor = next(t for t in model.graph.initializer if t.name == "W")
        del tensor.dims[:]
        tensor.dims.extend(dims)
        refused(model, tmp_path, message)


def test_types_that_are_no_numbers_are_refused(tmp_path):
    model = model_of_file(tmp_path)
    for kind in (TensorProto.STRING, TensorProto.COMPLEX64, TensorProto.UNDEFINED, 99):
        next(t for t in model.graph.initializer if t.name == "W").data_type = kind
        refused(model, tmp_path, "is of a type that no layer here has")
    model = model_of_file(tmp_path)
    for tensor in model.graph.initializer:
        array = numpy_helper.to_array(tensor).astype(np.float64)
        tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.DOUBLE
    from_onnx(written(model, tmp_path))  # float64 is rounded
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.INT64
    refused(model, tmp_path, "is neither of floats nor of bytes")


def test_weights_that_are_missing_or_no_numbers(tmp_path):
    model = model_of_file(tmp_path)
    del model.graph.initializer[0]
    refused(model, tmp_path, r"Node 'end', Gemm, reads 'W', which is no constant of the file")
    model = model_of_file(tmp_path)
    bad = np.full((3, 30), np.nan, np.float32)
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(bad, "W"))
    refused(model, tmp_path, "NaN or infinity")


def test_graphs_that_go_in_circles_or_give_a_value_twice(tmp_path):
    nodes = [node("Add", ["x", "u"], ["t"]), node("Relu", ["t"], ["u"]),
             node("Relu", ["u"], ["v"])]  # fmt: skip
    refused(model_of_file(tmp_path, nodes), tmp_path, "reads 'u', which is no constant|in a way")
    nodes = [node("Relu", ["x"], ["v"]), node("Tanh", ["x"], ["v"])]
    refused(model_of_file(tmp_path, nodes), tmp_path, "two nodes give 'v'")
    nodes = [node("Relu", ["x"], ["x"]), node("Relu", ["x"], ["v"])]
    with pytest.raises(PellucidError):
        from_onnx(written(model_of_file(tmp_path, nodes), tmp_path))


def test_functions_subgraphs_and_other_domains_are_named(tmp_path):
    inner = helper.make_graph([node("Relu", ["x"], ["o"])], "inner", [], [])
    nodes = [node("If", ["x"], ["v"], name="if", then_branch=inner, else_branch=inner)]
    refused(model_of_file(tmp_path, nodes), tmp_path, "Node 'if', If, has a graph of its own")
    nodes = [node("Relu", ["x"], ["v"], name="own", domain="com.example")]
    refused(model_of_file(tmp_path, nodes), tmp_path, "an operator of 'com.example', not of ONNX")
    model = model_of_file(tmp_path, [node("Relu", ["x"], ["v"], name="own")])
    model.functions.append(
        helper.make_function("", "Relu", ["a"], ["b"], [node("Tanh", ["a"], ["b"])],
                             [helper.make_opsetid("", 17)])
    )  # fmt: skip
    refused(model, tmp_path, "Node 'own', Relu, is a function of the file's own")


def test_inputs_outputs_and_opsets(tmp_path):
    model = model_of_file(tmp_path)
    model.opset_import[0].version = 6
    refused(model, tmp_path, "is of opset 6; 7 to")
    model.opset_import[0].version = 10**6
    refused(model, tmp_path, "is of opset 1000000")
    model = model_of_file(tmp_path)
    model.graph.input.append(helper.make_tensor_value_info("z", TensorProto.FLOAT, [1]))
    refused(model, tmp_path, r"takes 2 inputs \(x, z\); one can be taken")
    model = model_of_file(tmp_path)
    model.graph.output.append(helper.make_tensor_value_info("flat", TensorProto.FLOAT, [1]))
    refused(model, tmp_path, "gives y, flat; name one by output")
    refused(model, tmp_path, "has no output 'z'; it has y, flat", output="z")
    assert from_onnx(written(model, tmp_path), output="y").network.classes == 3
    model.graph.output[0].name = "nothing"
    refused(model, tmp_path, "does not depend on the image", output="nothing")
    model = model_of_file(tmp_path)
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 0
    refused(model, tmp_path, "it must be rows, or images")


def test_what_would_make_very_many_numbers_is_refused_before_it_does(tmp_path):
    start = time.perf_counter()
    model = model_of_file(tmp_path)
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 2**40
    refused(model, tmp_path, "numbers of an image, more than can be taken")
    pads = [10**6] * 4
    nodes = [node("Conv", ["x", "f"], ["v"], pads=pads)]
    refused(model_of_file(tmp_path, nodes, f=random(1, 1, 3, 3)), tmp_path, "more than can be")
    nodes = [node("Concat", [f"k{n}"] * 2, [f"k{n + 1}"], axis=0) for n in range(60)]
    nodes.append(node("Add", ["x", "k60"], ["v"]))
    refused(model_of_file(tmp_path, nodes, k0=random(1)), tmp_path, "longer than shapes are")
    nodes = [node("Conv", ["x" if n == 0 else f"c{n}", "f"], [f"c{n + 1}"]) for n in range(12_000)]
    nodes.append(node("Identity", ["c12000"], ["v"]))
    refused(model_of_file(tmp_path, nodes, f=random(1, 1, 1, 1)), tmp_path, "has 12,00. nodes")
    big = random(8_000_000)  # read again and again
    nodes = [node("Mul", ["x" if n == 0 else f"c{n}", "big"], [f"c{n + 1}"]) for n in range(900)]
    nodes.append(node("Identity", ["c900"], ["v"]))
    model = model_of_file(tmp_path, nodes, big=big)
    model.graph.input[0].type.tensor_type.shape.dim[3].dim_value = 8_000_000 // 6
    refused(model, tmp_path, "more than can be taken|does not fit")
    assert time.perf_counter() - start < 30


def test_very_many_layers_and_sums_are_refused_or_taken_soon(tmp_path):
    start = time.perf_counter()
    last = "x"
    nodes = []
    for number in range(300):
        nodes += [node("Conv", [last, "f"], [f"c{number}"]),
                  node("Add", [f"c{number}", last], [f"a{number}"])]  # fmt: skip
        last = f"a{number}"
    nodes.append(node("Identity", [last], ["v"]))
    path = written(model_of_file(tmp_path, nodes, f=random(1, 1, 1, 1) * 1e-3), tmp_path)
    assert len(from_onnx(path).network.layers) == 302
    assert time.perf_counter() - start < 30


def line_of(path):
    """Return what is said of a file that is refused, None of one that is taken."""
    try:
        read_onnx(path)
    except PellucidError as error:
        return str(error)
    return None


def test_damage_ends_in_one_line(tmp_path):
    """Bits flipped, bytes cut out, put in and repeated: a model or a sentence, nothing else."""
    to_onnx(small_model(), tmp_path / "model.onnx")
    whole = (tmp_path / "model.onnx").read_bytes()
    generator = np.random.default_rng(16)
    start, taken, lines = time.perf_counter(), 0, set()
    for number in range(300):
        data = bytearray(whole)
        place = int(generator.integers(len(data) if number % 2 else 1500))
        kind = number % 5
        if kind < 2:
            data[place] ^= 1 << int(generator.integers(8))
        elif kind == 2:
            del data[place : place + int(generator.integers(1, 40))]
        elif kind == 3:
            data[place:place] = bytes(generator.integers(0, 256, 5, np.uint8))
        else:
            data = data[:place]
        (tmp_path / "damaged.onnx").write_bytes(data)
        said = line_of(tmp_path / "damaged.onnx")
        taken += said is None
        lines.add((said or "").replace(str(tmp_path), "")[:60])
    assert not any("\n" in line for line in lines)
    assert taken < 200
    assert len(lines) > 8
    assert time.perf_counter() - start < 60


MEASURED = """
import resource, sys
from pellucid import from_onnx
from pellucid.errors import PellucidError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    from_onnx(sys.argv[1])
except PellucidError:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts memory in Linux's units")
def test_memory_is_bounded(tmp_path):
    assert resource.RUSAGE_SELF == 0
    nodes = [node("Conv", ["x", "f"], ["c"], pads=[2**20] * 4), node("Relu", ["c"], ["v"])]
    path = written(model_of_file(tmp_path, nodes, f=random(1, 1, 3, 3)), tmp_path)
    done = subprocess.run([sys.executable, "-c", MEASURED, str(path)], capture_output=True,
                          text=True, check=True)  # fmt: skip
    assert int(done.stdout) < 400_000  # kilobytes, imports counted
