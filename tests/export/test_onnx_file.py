import json

import numpy as np
import pytest

from pellucid import data, fingerprint
from pellucid.errors import ExportError
from pellucid.export import onnx_file, to_onnx
from pellucid.export.onnx_file import onnx_vectors
from tests.export.examples import (
    X,
    classifier,
    labeler,
    model_of,
    parameters_of,
    photographer,
    regressor,
    small_model,
)

onnxruntime = pytest.importorskip(
    "onnxruntime", reason="onnxruntime is not installed: pip install 'pellucid[onnx]'"
)

IMAGES = X.reshape(-1, 8, 8).astype(np.float32)


def run(path, image, *outputs):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(list(outputs), {"image": image})


def test_a_classifier_predicts_the_same_in_onnxruntime(tmp_path):
    export = to_onnx(classifier(), tmp_path / "model.onnx")
    label, probabilities, logits = run(
        tmp_path / "model.onnx", IMAGES, "label", "probabilities", "logits"
    )
    assert label.dtype == np.int64
    np.testing.assert_array_equal(label, classifier().predict(X))
    np.testing.assert_allclose(probabilities, classifier().predict_proba(X), atol=1e-5)
    assert logits.shape == (1797, 10)
    (one,) = run(tmp_path / "model.onnx", IMAGES[:1], "label")
    assert one.tolist() == label[:1].tolist()
    comparison = export.compare(X)
    assert (comparison.images, comparison.changed, comparison.agrees) == (1797, 0, True)


def test_classes_that_are_words_come_as_words(tmp_path):
    fitted, images = photographer()
    assert to_onnx(fitted, tmp_path / "model.onnx").compare(images).agrees
    (label,) = run(tmp_path / "model.onnx", images.astype(np.float32), "label")
    assert label.tolist() == fitted.predict(images).tolist()


def test_several_labels(tmp_path):
    assert to_onnx(labeler(), tmp_path / "model.onnx").compare(X).agrees
    (label,) = run(tmp_path / "model.onnx", IMAGES, "label")
    np.testing.assert_array_equal(label, labeler().predict(X))


@pytest.mark.parametrize("columns", [1, 2])
def test_numbers_come_in_the_units_of_y(columns, tmp_path):
    assert to_onnx(regressor(columns), tmp_path / "model.onnx").compare(X).agrees
    (found,) = run(tmp_path / "model.onnx", IMAGES, "numbers")
    expected = regressor(columns).predict(X)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-2)


def test_bytes_are_scaled_inside(tmp_path):
    model = small_model()
    for low, high in ((0, 255), (0, 16), (30, 200)):
        ranged = model_of(model.network, parameters_of(model.network), pixel_range=(low, high))
        export = to_onnx(ranged, tmp_path / "model.onnx")
        images = np.random.default_rng(0).integers(0, 256, (50, 6, 5), np.uint8)
        assert export.compare(images).agrees
        assert run(tmp_path / "model.onnx", images, "label")[0].shape == (50,)
    as_floats = to_onnx(model, tmp_path / "floats.onnx", pixels="float32")
    assert as_floats.compare(images / 255).agrees


def test_the_metadata_say_what_it_is(tmp_path):
    to_onnx(classifier(), tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    meta = session.get_modelmeta()
    assert meta.producer_name == "pellucid"
    told = meta.custom_metadata_map
    assert json.loads(told["classes"]) == list(range(10))
    assert told["fingerprint"] == fingerprint(classifier())
    assert told["image"] == "8 x 8 floats; 0 becomes 0 and 16 becomes 1"
    images, outputs = onnx_vectors(tmp_path / "model.onnx")
    assert (images.shape, outputs.shape) == ((10, 8, 8), (10, 10))
    (probabilities,) = run(tmp_path / "model.onnx", images, "probabilities")
    np.testing.assert_allclose(probabilities, outputs, atol=1e-5)


def test_an_altered_file_does_not_agree(tmp_path):
    """What compares reads the file, not what it was made of."""
    export = to_onnx(classifier(), tmp_path / "model.onnx")
    other = parameters_of(classifier().network_, seed=1)
    altered = model_of(classifier().network_, other)
    to_onnx(altered, tmp_path / "other.onnx", pixels="float32")
    (tmp_path / "model.onnx").write_bytes((tmp_path / "other.onnx").read_bytes())
    with pytest.raises((ExportError, KeyError)):
        export.compare()


def test_what_is_missing_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_file.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExportError, match=r"needs onnx, .*: pip install 'pellucid\[onnx\]'\."):
        to_onnx(classifier(), tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_a_file_that_cant_be_written_or_read_is_told(tmp_path):
    with pytest.raises(ExportError, match=r"can't be written to .*model\.onnx: No such file"):
        to_onnx(classifier(), tmp_path / "none" / "model.onnx")
    export = to_onnx(classifier(), tmp_path / "model.onnx")
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(ExportError, match="onnxruntime does not take"):
        export.compare()


def test_no_class_changes_on_mnist(mnist, mnist_model, tmp_path):
    export = to_onnx(mnist_model, tmp_path / "model.onnx")
    images = export.description.pixels.of_data(mnist.test_images, (0, 255))
    comparison = export.compare_inputs(images)
    assert (comparison.images, comparison.changed) == (10_000, 0)
    assert comparison.largest <= 1e-5


def test_no_class_changes_on_digits(tmp_path):
    digits = data.load("digits8")
    fitted = classifier()
    assert to_onnx(fitted, tmp_path / "m.onnx", pixels="uint8").compare(digits.test_images).agrees
