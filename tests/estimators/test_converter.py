import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from pellucid import CNNClassifier, CNNRegressor, register_skl2onnx
from pellucid.errors import ExportError
from pellucid.estimators import converter

skl2onnx = pytest.importorskip("skl2onnx", reason="pip install 'pellucid[onnx]'")
onnxruntime = pytest.importorskip("onnxruntime", reason="pip install 'pellucid[onnx]'")

X, Y = load_digits(return_X_y=True)
SETTINGS = {"random_state": 0, "max_iter": 2}


def said(pipeline, images, **options):
    """Return what onnxruntime says by a whole pipeline."""
    register_skl2onnx()
    given = images.astype(np.float32)
    model = skl2onnx.to_onnx(pipeline, given[:1], target_opset=17, **options)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {session.get_inputs()[0].name: given})


@pytest.mark.parametrize("names", [np.arange(10), np.array([f"digit {k}" for k in range(10)])])
def test_a_pipeline_predicts_the_same(names):
    pipeline = make_pipeline(MinMaxScaler(), CNNClassifier(**SETTINGS)).fit(X, names[Y])
    label, probabilities = said(pipeline, X, options={"zipmap": False})
    np.testing.assert_array_equal(label, pipeline.predict(X))
    np.testing.assert_allclose(probabilities, pipeline.predict_proba(X), atol=1e-5)


def test_colors_come_as_rows():
    images = np.random.default_rng(0).random((60, 6, 5, 3))
    rows = images.reshape(60, -1)
    fitted = CNNClassifier(image_shape=(6, 5, 3), **SETTINGS).fit(rows, np.arange(60) % 3)
    label, _ = said(fitted, rows, options={"zipmap": False})
    np.testing.assert_array_equal(label, fitted.predict(rows))


def test_several_labels():
    labels = np.stack([Y % 2, Y > 4], axis=1)
    fitted = CNNClassifier(**SETTINGS).fit(X, labels)
    label, probabilities = said(fitted, X, options={"zipmap": False})
    np.testing.assert_array_equal(label, fitted.predict(X))
    np.testing.assert_allclose(probabilities, fitted.predict_proba(X), atol=1e-5)


def test_numbers_come_in_their_units():
    pipeline = make_pipeline(MinMaxScaler(), CNNRegressor(**SETTINGS)).fit(X, X.sum(axis=1))
    (numbers,) = said(pipeline, X)
    assert numbers.shape == (1797, 1)
    np.testing.assert_allclose(numbers[:, 0], pipeline.predict(X), rtol=1e-4)


def test_what_is_missing_is_told(monkeypatch):
    monkeypatch.setattr(converter.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExportError, match="needs skl2onnx"):
        register_skl2onnx()
