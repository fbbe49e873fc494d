"""Networks that come in from ONNX: Pellucid's own, PyTorch's, scikit-learn's, Keras's kind."""

import json
import warnings

import numpy as np
import pytest

from pellucid import (
    BinaryCrossEntropy,
    Dropout,
    Flatten,
    MeanSquaredError,
    Model,
    from_onnx,
    load_model,
    save_model,
)
from pellucid import predict_proba as pellucid_proba
from pellucid.equations.softmax import softmax
from pellucid.errors import ConfigurationError, ExportError
from pellucid.export import to_onnx
from pellucid.export.from_onnx import read_onnx
from pellucid.network.folding import folding_of
from tests.export import test_from_torch as modules
from tests.export.examples import (
    X,
    classifier,
    labeler,
    layer_models,
    model_of,
    parameters_of,
    photographer,
    random_model,
    regressor,
    small_model,
)
from tests.export.graphs import TensorProto, ending, file_of, node, onnx, random, reference, written

torch = pytest.importorskip("torch", reason="PyTorch writes ONNX too")
nn = torch.nn


def says(model, images):
    return pellucid_proba(model.network, model.parameters, images)


def kinds_of(network):
    """Return the kinds of a network's layers, without those that do nothing."""
    return [
        type(node.layer)
        for node in network.nodes
        if not isinstance(node.layer, Dropout)
        and not (isinstance(node.layer, Flatten) and len(network.shapes[node.inputs[0]]) == 1)
    ]


@pytest.mark.parametrize("number", range(len(layer_models())))
def test_every_layer_comes_back_from_our_own_file(number, tmp_path):
    model = layer_models()[number]
    to_onnx(model, tmp_path / "model.onnx")
    found = read_onnx(tmp_path / "model.onnx")
    again = found.model
    folded = folding_of(model.network).network
    assert again.network.input_shape == folded.input_shape
    assert kinds_of(again.network) == kinds_of(folded)
    images = np.random.default_rng(0).integers(0, 256, (20, *again.network.input_shape), np.uint8)
    np.testing.assert_allclose(says(again, images), says(model, images), atol=2e-6)
    assert again.classes == model.classes
    assert again.preprocessing == model.preprocessing
    assert "its own 10 test vectors" in found.compared
    assert "onnxruntime on 10 images" in found.compared


@pytest.mark.parametrize("seed", range(6))
def test_random_networks_come_back(seed, tmp_path):
    model = random_model(seed)
    if model is None:
        return
    to_onnx(model, tmp_path / "model.onnx")
    again = from_onnx(tmp_path / "model.onnx")
    images = np.random.default_rng(0).random((10, *again.network.input_shape), np.float32)
    np.testing.assert_allclose(says(again, images), says(model, images), atol=5e-6)


def test_what_estimators_learned_comes_back(tmp_path):
    path = tmp_path / "model.onnx"
    to_onnx(classifier(), path)
    found = read_onnx(path)
    assert (found.pixels, found.are_guessed) == ((0.0, 16.0), False)
    images = (X / 16).reshape(-1, 8, 8).astype(np.float32)
    np.testing.assert_allclose(says(found.model, images), classifier().predict_proba(X), atol=1e-5)
    assert found.model.classes == tuple("0123456789")
    to_onnx(labeler(), path)
    model = from_onnx(path)
    assert isinstance(model.network.loss, BinaryCrossEntropy)
    np.testing.assert_allclose(says(model, images), labeler().predict_proba(X), atol=1e-5)
    for columns in (1, 2):
        to_onnx(regressor(columns), path)
        model = from_onnx(path)
        assert isinstance(model.network.loss, MeanSquaredError)
        expected = regressor(columns).predict(X).reshape(-1, columns)
        np.testing.assert_allclose(says(model, images), expected, rtol=1e-4, atol=0.02)


def test_images_of_any_range_with_channels_last_come_back(tmp_path):
    fitted, images = photographer()
    to_onnx(fitted, tmp_path / "model.onnx")
    found = read_onnx(tmp_path / "model.onnx")
    low, high = found.pixels
    unit = np.clip((images.transpose(0, 3, 1, 2) - low) / (high - low), 0, 1).astype(np.float32)
    np.testing.assert_allclose(says(found.model, unit), fitted.predict_proba(images), atol=1e-5)
    assert found.model.classes == ("cat", "dog", "none of it")


def test_bytes_of_any_range_come_back_and_the_model_is_one_as_any_other(tmp_path):
    network = small_model().network
    for low, high in ((0, 255), (0, 16), (30, 200)):
        ranged = model_of(network, parameters_of(network), pixel_range=(low, high))
        to_onnx(ranged, tmp_path / "model.onnx")
        again = from_onnx(tmp_path / "model.onnx")
        assert again.network == network
        assert again.preprocessing.pixel_range == (low, high)
        save_model(tmp_path / "model.safetensors", again)
        assert isinstance(load_model(tmp_path / "model.safetensors"), Model)
        assert to_onnx(again, tmp_path / "again.onnx").compare().agrees


EXPORTERS = ["torchscript", "dynamo"]


def exported(module, shape, path, exporter, **settings):
    """Write a module as PyTorch does."""
    if exporter == "dynamo":
        pytest.importorskip("onnxscript", reason="PyTorch's exporter needs it")
        settings |= {"dynamo": True, "verbose": False}
        settings.setdefault("dynamic_shapes", ({0: torch.export.Dim.DYNAMIC},))
    else:
        settings |= {"dynamo": False}
        settings.setdefault("dynamic_axes", {"x": {0: "n"}, "y": {0: "n"}})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(), (torch.rand(2, *shape),), str(path), input_names=["x"],
            output_names=["y"], **settings,
        )  # fmt: skip
    return path


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_what_pytorch_writes_says_the_same(exporter, tmp_path):
    # The newer exporter takes its time.
    for module in modules.SEQUENTIALS[1 : 2 if exporter == "dynamo" else None]:
        images = modules.images_of((3, 12, 10))
        with torch.no_grad():
            module.eval()(torch.from_numpy(images))
        path = exported(modules.trained(module), (3, 12, 10), tmp_path / "m.onnx", exporter)
        model = from_onnx(path)
        has_softmax = type(module[-1]).__name__ == "Softmax"
        with torch.no_grad():
            given = module(torch.from_numpy(images)).numpy()
        expected = given if has_softmax else softmax(given)
        np.testing.assert_allclose(says(model, images), expected, atol=1e-5)


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_a_residual_network_of_pytorch_says_the_same(exporter, tmp_path):
    module = modules.trained(modules.ResNet())
    path = exported(module, (3, 16, 16), tmp_path / "m.onnx", exporter)
    model = from_onnx(path, list("abcde"))
    kinds = [type(layer).__name__ for layer in model.network.layers]
    assert kinds.count("Residual") == 3
    images = modules.images_of((3, 16, 16))
    np.testing.assert_allclose(says(model, images), modules.says(module, images), atol=1e-5)
    assert model.classes == tuple("abcde")


class Viewed(nn.Module):
    """As tutorials write it: a reshape by the batch's size, functions, normalization inside."""

    def __init__(self):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(4 * 3 * 4, 3)
        self.register_buffer("mean", torch.tensor([0.5, 0.4, 0.3]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.2, 0.3, 0.25]).view(1, 3, 1, 1))

    def forward(self, x):
        x = (x / 255 - self.mean) / self.std
        x = nn.functional.max_pool2d(torch.tanh(self.conv(x)), 2)
        return nn.functional.log_softmax(self.fc(x.view(x.size(0), -1)), dim=1)


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_scaling_inside_and_reshapes_by_the_batch_are_followed(exporter, tmp_path):
    module = modules.trained(Viewed())
    found = read_onnx(exported(module, (3, 8, 10), tmp_path / "m.onnx", exporter))
    assert (found.pixels, found.are_guessed) == ((0.0, 255.0), True)
    kinds = [type(layer).__name__ for layer in found.model.network.layers]
    assert kinds == ["BatchNorm2D", "Conv2D", "Tanh", "MaxPool2D", "Flatten", "Dense"]
    images = np.random.default_rng(0).integers(0, 256, (9, 3, 8, 10), np.uint8)
    with torch.no_grad():
        expected = module(torch.from_numpy(images).float()).exp().numpy()
    np.testing.assert_allclose(says(found.model, images), expected, atol=1e-5)


def test_weights_beside_the_file_are_read(tmp_path):
    pytest.importorskip("onnxscript", reason="PyTorch's exporter needs it")
    module = modules.trained(nn.Sequential(nn.Flatten(), nn.Linear(48, 200), nn.Linear(200, 3)))
    path = exported(module, (3, 4, 4), tmp_path / "m.onnx", "dynamo", external_data=True)
    assert (tmp_path / "m.onnx.data").exists()
    images = modules.images_of((3, 4, 4))
    expected = modules.says(module, images)
    np.testing.assert_allclose(says(from_onnx(path), images), expected, atol=1e-5)


def test_what_scikit_learn_learned_comes_by_skl2onnx(tmp_path):
    skl2onnx = pytest.importorskip("skl2onnx", reason="pip install 'pellucid[onnx]'")
    from sklearn.neural_network import MLPClassifier

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = MLPClassifier((20,), max_iter=15, random_state=0).fit(X, np.arange(len(X)) % 3)
    model = skl2onnx.to_onnx(fitted, X[:1].astype(np.float32), options={"zipmap": False})
    path = written(model, tmp_path)
    with pytest.raises(ExportError, match=r"reads rows of 64 numbers; say by input_shape"):
        from_onnx(path)
    found = from_onnx(path, input_shape=(8, 8), pixel_range=(0, 16))
    images = (X / 16).reshape(-1, 8, 8).astype(np.float32)
    np.testing.assert_allclose(says(found, images), fitted.predict_proba(X), atol=1e-5)
    pipeline = skl2onnx_pipeline(skl2onnx)
    found = from_onnx(written(pipeline[1], tmp_path), input_shape=(8, 8))
    np.testing.assert_allclose(says(found, images), pipeline[0].predict_proba(X), atol=1e-5)


def skl2onnx_pipeline(skl2onnx):
    from pellucid import register_skl2onnx

    register_skl2onnx()
    fitted = classifier()
    return fitted, skl2onnx.to_onnx(fitted, X[:1].astype(np.float32), options={"zipmap": False})


def keras_like():
    """As tf2onnx writes it: channels last outside and before the dense layer, MatMul and Add."""
    nodes = [
        node("Transpose", ["x"], ["chw"], perm=[0, 3, 1, 2]),
        node("Conv", ["chw", "f", "fb"], ["c"], auto_pad="SAME_UPPER", strides=[2, 2]),
        node("Relu", ["c"], ["r"]),
        node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Transpose", ["p"], ["hwc"], perm=[0, 2, 3, 1]),
        node("Reshape", ["hwc", "shape"], ["row"]),
        node("MatMul", ["row", "w"], ["m"]),
        node("Add", ["m", "b"], ["a"]),
        node("Mul", ["a", "g"], ["g1"]),
        node("Add", ["g1", "t"], ["n"]),
        node("Relu", ["n"], ["h"]),
        node("MatMul", ["h", "w2"], ["l"]),
        node("Add", ["l", "b2"], ["logits"]),
        node("Softmax", ["logits"], ["y"], axis=1),
    ]
    constants = {
        "f": random(4, 3, 3, 3), "fb": random(4), "w": random(4 * 2 * 2, 7, seed=1),
        "b": random(7, seed=2), "g": random(7, seed=3, around=1), "t": random(7, seed=4),
        "w2": random(7, 3, seed=5), "b2": random(3, seed=6),
        "shape": np.array([-1, 16], np.int64),
    }  # fmt: skip
    return nodes, constants


def test_channels_last_go_into_the_weights(tmp_path):
    path = file_of(*keras_like(), tmp_path, dims=("n", 8, 9, 3))
    model = from_onnx(path)
    kinds = [type(layer).__name__ for layer in model.network.layers]
    assert kinds == ["Conv2D", "ReLU", "MaxPool2D", "Flatten", "Dense", "ReLU", "Dense"]
    images = np.random.default_rng(0).random((6, 8, 9, 3), np.float32)
    found = says(model, np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
    np.testing.assert_allclose(found, reference(path, images), atol=1e-6)


def test_a_sigmoid_at_the_end_is_of_labels(tmp_path):
    nodes, constants = ending(before="x")
    nodes[-1].output[0] = "z"
    nodes.append(node("Sigmoid", ["z"], ["y"]))
    path = file_of(nodes, constants, tmp_path)
    model = from_onnx(path)
    assert isinstance(model.network.loss, BinaryCrossEntropy)
    images = np.random.default_rng(0).random((6, 1, 6, 5), np.float32)
    np.testing.assert_allclose(says(model, images), reference(path, images), atol=1e-6)
    numbers = from_onnx(path, loss=MeanSquaredError())
    assert type(numbers.network.layers[-1]).__name__ == "Sigmoid"
    np.testing.assert_allclose(says(numbers, images), reference(path, images), atol=1e-6)


def test_bytes_and_half_floats(tmp_path):
    nodes, constants = ending(before="v")
    nodes = [node("Cast", ["x"], ["c"], to=TensorProto.FLOAT), node("Mul", ["c", "s"], ["v"]),
             *nodes]  # fmt: skip
    constants |= {"s": np.float32(1 / 255)}
    path = file_of(nodes, constants, tmp_path, kind=TensorProto.UINT8)
    found = read_onnx(path)
    assert (found.pixels, found.are_guessed) == ((0, 255), False)
    images = np.random.default_rng(0).integers(0, 256, (6, 1, 6, 5), np.uint8)
    expected = softmax(reference(path, images))
    np.testing.assert_allclose(says(found.model, images), expected, atol=1e-6)


def test_what_a_file_does_not_say_is_asked_for(tmp_path):
    nodes, constants = ending(before="x")
    path = file_of(nodes, constants, tmp_path, dims=("n", 1, "h", "w"))
    with pytest.raises(ExportError, match=r"has free sides, .*; say by input_shape \(--size\)"):
        from_onnx(path)
    assert from_onnx(path, input_shape=(6, 5)).network.input_shape == (1, 6, 5)
    with pytest.raises(ConfigurationError, match="input_shape is 6; it must be"):
        from_onnx(path, input_shape=6)
    with pytest.raises(ConfigurationError, match="pixel_range is 3; it must be two numbers"):
        from_onnx(path, pixel_range=3)
    with pytest.raises(ConfigurationError, match="2 class names, but the network has 3"):
        from_onnx(path, ["a", "b"], input_shape=(6, 5))


def test_a_file_that_says_something_else_than_its_nodes_do_is_refused(tmp_path):
    """Its own test vectors judge, and so does onnxruntime."""
    to_onnx(small_model(), tmp_path / "model.onnx")
    model = onnx.load(tmp_path / "model.onnx")
    for entry in model.metadata_props:
        if entry.key == "test_vectors":
            stored = json.loads(entry.value)
            stored["outputs"][3] = stored["outputs"][3][::-1]
            entry.value = json.dumps(stored)
    with pytest.raises(ExportError, match="does not compute what the file does, on ten images"):
        from_onnx(written(model, tmp_path))


def test_a_network_that_was_misread_is_refused(tmp_path, monkeypatch):
    nodes, constants = ending(before="x")
    path = file_of(nodes, constants, tmp_path)
    import pellucid.export.from_onnx  # noqa: F401

    room = __import__("sys").modules["pellucid.export.from_onnx"]
    real = room.network_of

    def wrong(*arguments):
        network, parameters = real(*arguments)
        return network, parameters + np.float32(0.01)

    monkeypatch.setattr(room, "network_of", wrong)
    with pytest.raises(ExportError, match="does not compute what the file does"):
        from_onnx(path)
