"""Every layer, and random networks of them, as C."""

import dataclasses

import numpy as np
import pytest

from pellucid import (
    AveragePool2D,
    Dense,
    Flatten,
    GlobalAveragePool2D,
    GlobalMaxPool2D,
    MeanSquaredError,
    Network,
)
from pellucid.errors import ExportError
from pellucid.export import to_c
from pellucid.export.c_layers import LAYERS_IN_C, function_of
from pellucid.export.c_writing import number
from pellucid.export.description import description_of
from pellucid.network.layers import COMPUTED, Dropout, GroupNorm
from tests.export.compilers import (
    SANITIZED,
    STRICT,
    checks_itself,
    needs_compiler,
    needs_fused,
    needs_sanitizers,
    says,
)
from tests.export.examples import layer_models, model_of, random_model, small_model


def test_every_layer_is_there():
    assert {*LAYERS_IN_C} == {*COMPUTED} - {Dropout}


@needs_sanitizers
@pytest.mark.parametrize("model", layer_models(), ids=lambda model: repr(model.network.layers[0]))
def test_a_layer_says_the_same_under_sanitizers(model, tmp_path):
    export = to_c(model, tmp_path / "model.c", pixels="float32")
    images = export.description.vectors.images
    said = says(export, images, tmp_path, *SANITIZED)
    assert np.abs(said.outputs - export.description.vectors.outputs).max() <= 1e-6


@needs_compiler
@pytest.mark.parametrize("seed", range(30))
def test_a_random_network_says_the_same_and_compiles_without_a_word(seed, tmp_path):
    model = random_model(seed)
    if model is None:
        return
    export = to_c(model, tmp_path / "model.c")
    assert "10 images, largest difference" in checks_itself(export, tmp_path, *STRICT)


def exact_models():
    """Return models whose outputs are logits, of layers that the kernels compute in this order."""
    models = []
    for model in layer_models():
        layers = model.network.layers
        curves = {"Sigmoid", "Tanh", "SiLU", "GELU"}
        is_exact = not any(
            type(node.layer).__name__ in curves
            or (isinstance(node.layer, GroupNorm)
                and model.network.shapes[node.inputs[0]][0] > 32 * node.layer.groups)
            for node in model.network.nodes
        )  # fmt: skip
        if is_exact:
            network = Network(layers, model.network.input_shape, MeanSquaredError())
            models.append(model_of(network, model.parameters))
    return models + [large_model(layers) for layers in LARGE]


LARGE = (
    [GlobalAveragePool2D()],
    [AveragePool2D((70, 66), 3, (3, 9)), Flatten()],
    [GroupNorm(1), GlobalMaxPool2D()],
)
"""What adds up so many pixels that sums are cut into blocks."""


def large_model(layers):
    network = Network([*layers, Dense(3)], (2, 71, 130), MeanSquaredError())
    return model_of(network, network.initial_parameters(0))


@needs_compiler
@needs_fused
@pytest.mark.parametrize("model", exact_models(), ids=lambda model: repr(model.network.layers[0]))
def test_where_multiply_adds_are_fused_the_bits_are_the_same(model, tmp_path):
    export = to_c(model, tmp_path / "model.c")
    flags = ("-std=c99", "-O2", "-march=native", "-ffp-contract=off")
    images = np.random.default_rng(0).integers(0, 256, (50, *model.network.input_shape), np.uint8)
    said = says(export, images, tmp_path, *flags)
    expected = export.description.answer(images).outputs.astype(np.float32)
    np.testing.assert_array_equal(said.outputs, expected)


def test_constants_keep_every_bit():
    random = np.random.default_rng(0)
    for value in random.integers(0, 2**31, 3000, np.uint32).view(np.float32).tolist():
        if np.isfinite(value):
            text = number(value)
            assert text.endswith("f")
            assert np.float32(text[:-1]) == np.float32(value)
            assert "." in text or "e" in text


def test_a_layer_that_nobody_knows_is_named():
    class Odd(Dropout):
        pass

    step = dataclasses.replace(description_of(small_model()).steps[0], layer=Odd(), place="4.2")
    with pytest.raises(ExportError, match=r"Layer 4\.2, Odd\(\), can't be expressed in C"):
        function_of(step, "layer_1")
