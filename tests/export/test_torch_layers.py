"""Every layer, and random networks of them, as modules of PyTorch."""

import dataclasses

import pytest

from pellucid.errors import ExportError
from pellucid.export import to_torch
from pellucid.export.description import description_of
from pellucid.export.torch_layers import LAYERS_IN_TORCH, written
from pellucid.network.layers import COMPUTED, Dropout
from tests.export.examples import layer_models, random_model, small_model

pytest.importorskip("torch", reason="PyTorch runs the export")


def test_every_layer_is_there():
    assert {*LAYERS_IN_TORCH} == {*COMPUTED} - {Dropout}


@pytest.mark.parametrize("model", layer_models(), ids=lambda model: repr(model.network.layers[0]))
def test_a_layer_says_the_same(model, tmp_path):
    comparison = to_torch(model, tmp_path / "model.py", pixels="float32").compare()
    assert comparison.images == 10
    assert comparison.largest <= 1e-5


@pytest.mark.parametrize("seed", range(100))
def test_a_random_network_says_the_same(seed, tmp_path):
    model = random_model(seed)
    if model is not None:
        assert to_torch(model, tmp_path / "model.py").compare().largest <= 1e-5


def test_a_layer_that_nobody_knows_is_named():
    class Odd(Dropout):
        pass

    step = dataclasses.replace(description_of(small_model()).steps[0], layer=Odd(), place="4.2")
    with pytest.raises(ExportError, match=r"Layer 4\.2, Odd\(\), can't be expressed in PyTorch"):
        written(step)
