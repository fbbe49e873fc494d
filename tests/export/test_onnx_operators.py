"""Operators one by one, as files have them, beside ONNX's own reference."""

import numpy as np
import pytest

from pellucid import from_onnx
from pellucid import predict_proba as pellucid_proba
from pellucid.equations.softmax import softmax
from pellucid.errors import ExportError
from tests.export.graphs import ending, file_of, node, random, reference

SIX = np.array([0, 1, 6, 5], np.int64)
HALF, ONE, ROOT = np.float32(0.5), np.float32(1), np.float32(np.sqrt(2))


def whole(*numbers):
    return np.array(numbers, np.int64)


# A name, nodes from x to v, constants, and how many numbers v has.
TAKEN = {
    "conv": ([node("Conv", ["x", "f"], ["v"], pads=[1, 0, 1, 0], strides=[2, 1])],
             {"f": random(2, 1, 3, 2)}, 2 * 3 * 4),
    "conv, same below": ([node("Conv", ["x", "f"], ["v"], auto_pad="SAME_UPPER")],
                         {"f": random(2, 1, 4, 3)}, 60),
    "conv, pads without an effect": (
        [node("Conv", ["x", "f"], ["v"], pads=[0, 0, 1, 0], strides=[2, 2])],
        {"f": random(2, 1, 2, 3)}, 2 * 3 * 2),
    "conv after a pad": ([node("Pad", ["x", "p"], ["q"]), node("Conv", ["q", "f"], ["v"])],
                         {"p": whole(0, 0, 1, 1, 0, 0, 1, 1), "f": random(2, 1, 3, 3)}, 60),
    "dilated groups": (
        [node("Conv", ["x", "f"], ["c"]),
         node("Conv", ["c", "g", "b"], ["v"], group=2, dilations=[2, 1])],
        {"f": random(4, 1, 1, 1), "g": random(6, 2, 2, 2), "b": random(6)}, 6 * 4 * 4),
    "conv of one pixel": (
        [node("GlobalAveragePool", ["x"], ["p"]), node("Conv", ["p", "f", "b"], ["c"]),
         node("Relu", ["c"], ["v"])],
        {"f": random(5, 1, 1, 1), "b": random(5)}, 5),
    "batch norm": ([node("BatchNormalization", ["x", "g", "b", "m", "s"], ["v"], epsilon=1e-3)],
                   {"g": random(1, around=1), "b": random(1), "m": random(1),
                    "s": random(1, around=1)}, 30),
    "batch norm of rows": (
        [node("Flatten", ["x"], ["r"]),
         node("BatchNormalization", ["r", "g", "b", "m", "s"], ["v"])],
        {"g": random(30, around=1), "b": random(30), "m": random(30),
         "s": random(30, around=2) ** 2}, 30),
    "batch norm of turned rows": (
        [node("Conv", ["x", "f"], ["c"]), node("Transpose", ["c"], ["t"], perm=[0, 2, 3, 1]),
         node("Reshape", ["t", "row"], ["r"]),
         node("BatchNormalization", ["r", "g", "b", "m", "s"], ["v"])],
        {"f": random(2, 1, 2, 2), "row": whole(-1, 40), "g": random(40, around=1),
         "b": random(40), "m": random(40), "s": random(40, around=2) ** 2}, 40),
    "instance norm": ([node("Conv", ["x", "f"], ["c"]),
                       node("InstanceNormalization", ["c", "g", "b"], ["v"])],
                      {"f": random(3, 1, 2, 2), "g": random(3, around=1), "b": random(3)}, 60),
    "pools": ([node("MaxPool", ["x"], ["p"], kernel_shape=[3, 3], strides=[1, 1],
                    pads=[1, 1, 1, 1]),
               node("AveragePool", ["p"], ["v"], kernel_shape=[2, 2], strides=[2, 1],
                    count_include_pad=1, pads=[1, 0, 1, 0])], {}, 16),
    "a pool that rounds up to the same": (
        [node("MaxPool", ["x"], ["v"], kernel_shape=[2, 1], strides=[2, 1], ceil_mode=1)], {}, 15),
    "means of planes": ([node("Conv", ["x", "f"], ["c"]), node("Tanh", ["c"], ["t"]),
                         node("ReduceMean", ["t"], ["v"], axes=[2, 3], keepdims=0)],
                        {"f": random(3, 1, 2, 2)}, 3),
    "means of planes, channels last": (
        [node("Conv", ["x", "f"], ["c"]), node("Transpose", ["c"], ["t"], perm=[0, 2, 3, 1]),
         node("ReduceMean", ["t"], ["v"], axes=[1, 2], keepdims=1)], {"f": random(3, 1, 2, 2)}, 3),
    "the largest of planes": ([node("Conv", ["x", "f"], ["c"]),
                               node("GlobalMaxPool", ["c"], ["v"])], {"f": random(3, 1, 2, 2)}, 3),
    "leaky": ([node("LeakyRelu", ["x"], ["v"])], {}, 30),
    "silu": ([node("Sigmoid", ["x"], ["s"]), node("Mul", ["s", "x"], ["v"])], {}, 30),
    "gelu, TorchScript's": (
        [node("Div", ["x", "root"], ["d"]), node("Erf", ["d"], ["e"]),
         node("Add", ["e", "one"], ["a"]), node("Mul", ["x", "a"], ["m"]),
         node("Mul", ["m", "half"], ["v"])], {"root": ROOT, "one": ONE, "half": HALF}, 30),
    "gelu, half first": (
        [node("Mul", ["x", "half"], ["h"]), node("Div", ["x", "root"], ["d"]),
         node("Erf", ["d"], ["e"]), node("Add", ["one", "e"], ["a"]),
         node("Mul", ["h", "a"], ["v"])], {"root": ROOT, "one": ONE, "half": HALF}, 30),
    "clip that is a relu": ([node("Sub", ["x", "half"], ["s"]), node("Clip", ["s", "zero"], ["v"])],
                            {"half": HALF, "zero": np.float32(0)}, 30),
    "a skip": ([node("Conv", ["x", "f"], ["c"], pads=[1, 1, 1, 1]), node("Relu", ["c"], ["r"]),
                node("Conv", ["r", "g"], ["d"], pads=[1, 1, 1, 1]), node("Add", ["d", "c"], ["v"])],
               {"f": random(2, 1, 3, 3), "g": random(2, 2, 3, 3)}, 60),
    "a skip around scales": (
        [node("Conv", ["x", "f"], ["c"], pads=[1, 1, 1, 1]), node("Mul", ["c", "two"], ["m"]),
         node("Sum", ["m", "c"], ["v"])],
        {"f": random(2, 1, 3, 3), "two": random(2, 1, 1, around=2)}, 60),
    "shapes computed": (
        [node("Shape", ["x"], ["s"]), node("Gather", ["s", "first"], ["n"], axis=0),
         node("Unsqueeze", ["n", "axes"], ["u"]), node("Concat", ["u", "rest"], ["t"], axis=0),
         node("Reshape", ["x", "t"], ["v"])],
        {"first": np.int64(0), "axes": whole(0), "rest": whole(-1)}, 30),
    "constants turned": (
        [node("Flatten", ["x"], ["r"]), node("Transpose", ["k"], ["t"], perm=[1, 0]),
         node("MatMul", ["r", "t"], ["m"]), node("Sub", ["m", "b"], ["v"])],
        {"k": random(6, 30), "b": random(6)}, 6),
    "gemm with factors": ([node("Flatten", ["x"], ["r"]),
                           node("Gemm", ["r", "k", "b"], ["v"], alpha=0.5, beta=2.0)],
                          {"k": random(30, 6), "b": random(1, 6)}, 6),
    "nothing": ([node("Dropout", ["x"], ["d"]), node("Identity", ["d"], ["i"]),
                 node("Unsqueeze", ["i", "axes"], ["u"]), node("Squeeze", ["u", "axes"], ["v"])],
                {"axes": whole(2)}, 30),
    "one minus x": ([node("Sub", ["one", "x"], ["s"]), node("Relu", ["s"], ["v"])],
                    {"one": ONE}, 30),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_taken_says_what_the_reference_says(name, tmp_path):
    nodes, constants, size = TAKEN[name]
    end, weights = ending(size)
    path = file_of([*nodes, *end], {**constants, **weights}, tmp_path)
    model = from_onnx(path)
    images = np.random.default_rng(0).random((4, 1, 6, 5), np.float32)
    found = pellucid_proba(model.network, model.parameters, images)
    np.testing.assert_allclose(found, softmax(reference(path, images)), atol=1e-6)


def test_newer_opsets_have_operators_of_their_own(tmp_path):
    nodes = [node("Conv", ["x", "f"], ["c"]), node("Gelu", ["c"], ["g"]),
             node("ReduceMean", ["g", "axes"], ["v"], keepdims=0)]  # fmt: skip
    end, weights = ending(4)
    constants = {"f": random(4, 1, 2, 2), "axes": whole(-2, -1), **weights}
    path = file_of([*nodes, *end], constants, tmp_path, opset=20)
    model = from_onnx(path)
    images = np.random.default_rng(0).random((4, 1, 6, 5), np.float32)
    found = pellucid_proba(model.network, model.parameters, images)
    np.testing.assert_allclose(found, softmax(reference(path, images)), atol=1e-6)


ZERO_PADS = whole(0, 0, 1, 1, 0, 0, 1, 1)

REFUSED = [
    ([node("Clip", ["x", "zero", "six"], ["v"])], {"zero": np.float32(0), "six": np.float32(6)},
     r"^Node 'here', Clip, \(ReLU6\) is what no layer here does; train it with ReLU\.$"),
    ([node("HardSwish", ["x"], ["v"])], {}, "^Node 'here', HardSwish, is what no layer here does"),
    ([node("Upsample", ["x", "s"], ["v"])], {"s": random(4)}, "Upsample, is what no layer"),
    ([node("MaxPool", ["x"], ["v"], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)], {},
     "rounds up, which no layer here does"),
    ([node("AveragePool", ["x"], ["v"], kernel_shape=[3, 3], pads=[1, 1, 1, 1])], {},
     r"leaves padding out of its means \(count_include_pad=0\)"),
    ([node("Conv", ["x", "f"], ["v"], pads=[0, 0, 2, 2])], {"f": random(2, 1, 3, 3)},
     "both sides must have as many"),
    ([node("Conv", ["x", "f"], ["v"], pads=[0, 0])], {"f": random(2, 1, 3)},
     "not those of images"),
    ([node("Conv", ["x", "f"], ["v"])], {"f": random(2, 3, 3, 3)},
     "has filters for 3 channels in 1 groups, and reads 1"),
    ([node("Conv", ["x", "f"], ["v"])], {"f": random(2, 1, 9, 9)}, "is larger than its input"),
    ([node("Conv", ["x", "f"], ["v"], group=0)], {"f": random(2, 1, 3, 3)},
     "has filters for 1 channels in 0 groups"),
    ([node("Mul", ["x", "x"], ["v"])], {}, "multiplies two values, which no layer here does"),
    ([node("Mul", ["x", "k"], ["v"])], {"k": random(1, 1, 6, 5)},
     "differently from pixel to pixel"),
    ([node("Softmax", ["x"], ["v"], axis=1)], {}, "softmax over something else"),
    ([node("Gelu", ["x"], ["v"], approximate="tanh")], {}, "GELU by tanh"),
    ([node("Dropout", ["x", "ratio", "on"], ["v"])], {"ratio": HALF, "on": np.array(True)},
     "written to be trained"),
    ([node("BatchNormalization", ["x", "k", "k", "k", "k"], ["v"], training_mode=1)],
     {"k": random(1, around=1)}, "written to be trained"),
    ([node("BatchNormalization", ["x", "k", "k", "k", "k"], ["v"])],
     {"k": random(1, around=-1)}, "variances below 0"),
    ([node("Reshape", ["x", "s"], ["v"])], {"s": whole(5, -1)}, "which mixes images"),
    ([node("Transpose", ["x"], ["v"])], {}, "which mixes images"),
    ([node("Transpose", ["x"], ["t"], perm=[0, 1, 3, 2]),
      node("Conv", ["t", "f"], ["u"]), node("Transpose", ["u"], ["s"], perm=[0, 1, 3, 2]),
      node("Conv", ["s", "g"], ["v"])], {"f": random(2, 1, 3, 3), "g": random(2, 2, 1, 1)},
     "no channels, rows and columns in their order"),
    ([node("Pad", ["x", "p"], ["q"]), node("Relu", ["q"], ["v"])], {"p": ZERO_PADS},
     "which only a convolution or a pool may"),
    ([node("Pad", ["x", "p"], ["v"], mode="reflect")], {"p": ZERO_PADS}, "else than zeros"),
    ([node("Concat", ["x", "x"], ["v"], axis=1)], {}, "Concat, is what no layer here does"),
    ([node("Sub", ["x", "x"], ["v"])], {}, "takes one value from another"),
    ([node("Div", ["one", "x"], ["v"])], {"one": ONE}, "divides by a value"),
    ([node("Div", ["x", "zero"], ["v"])], {"zero": np.float32(0)}, "divides by 0"),
    ([node("Erf", ["x"], ["v"])], {}, "an error function that is no part of GELU"),
    ([node("MatMul", ["x", "k"], ["v"])], {"k": random(5, 5)}, "not a row of numbers; flatten it"),
    ([node("Cast", ["x"], ["v"], to=7)], {}, "makes whole numbers of values"),
    ([node("Relu", ["none"], ["v"])], {}, "makes a constant in a way that is not followed"),
    ([node("Add", ["x", "none"], ["v"])], {}, "reads 'none', which is no constant of the file"),
    ([node("Add", ["x", "k"], ["v"])], {"k": random(2, 6, 5)}, "does not fit 1 x 1 x 6 x 5"),
    ([node("LeakyRelu", ["x"], ["v"], alpha=-3.0)], {}, "LeakyReLU slope is -3"),
    ([node("PRelu", ["x", "k"], ["v"])], {"k": random(1)}, "PRelu, is what no layer"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_cant_be_taken_is_named_with_its_place(number, tmp_path):
    nodes, constants, message = REFUSED[number]
    nodes[-1].name = "here"
    end, weights = ending(30)
    path = file_of([*nodes, *end], {**constants, **weights}, tmp_path)
    with pytest.raises(ExportError, match=message) as error:
        from_onnx(path)
    assert "\n" not in str(error.value)


def test_what_comes_after_a_softmax_is_refused(tmp_path):
    nodes, constants = ending(before="x")
    nodes[-1].output[0] = "z"
    nodes += [node("Softmax", ["z"], ["s"], axis=1), node("Relu", ["s"], ["y"])]
    with pytest.raises(ExportError, match="reads a softmax, which only comes last here"):
        from_onnx(file_of(nodes, constants, tmp_path))
