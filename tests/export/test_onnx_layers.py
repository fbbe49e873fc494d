"""Every layer, and random networks of them, in onnxruntime."""

import numpy as np
import pytest

from pellucid.errors import ExportError
from pellucid.export import to_onnx
from pellucid.export.description import description_of
from pellucid.export.onnx_layers import LAYERS_IN_ONNX, Graph
from pellucid.network.layers import COMPUTED, Dropout
from tests.export.examples import layer_models, random_model, small_model

onnxruntime = pytest.importorskip(
    "onnxruntime", reason="onnxruntime is not installed: pip install 'pellucid[onnx]'"
)


@pytest.fixture(autouse=True)
def _onnx_may_underflow():
    with np.errstate(under="ignore"):
        yield


def test_every_layer_is_there():
    assert {*LAYERS_IN_ONNX} == {*COMPUTED} - {Dropout}


@pytest.mark.parametrize("model", layer_models(), ids=lambda model: repr(model.network.layers[0]))
def test_a_layer_says_the_same(model, tmp_path):
    export = to_onnx(model, tmp_path / "model.onnx", pixels="float32")
    comparison = export.compare()
    assert comparison.images == 10
    assert comparison.largest <= 1e-5


@pytest.mark.parametrize("seed", range(150))
def test_a_random_network_says_the_same(seed, tmp_path):
    model = random_model(seed)
    if model is None:
        return
    export = to_onnx(model, tmp_path / "model.onnx")
    assert export.compare().largest <= 1e-5


def test_a_layer_that_nobody_knows_is_named():
    class Odd(Dropout):
        pass

    step = description_of(small_model()).steps[0]
    odd = type(step)(Odd(), "4.2", (0,), 1, step.takes, step.gives, {})
    with pytest.raises(ExportError, match=r"Layer 4\.2, Odd\(\), can't be expressed in ONNX"):
        Graph().layer(odd, "x")
