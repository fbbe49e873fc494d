"""Whole numbers of 8 bits, as NumPy computes them: near to what they stand for."""

import numpy as np
import pytest

from pellucid import Conv2D, Dense, Flatten, GroupNorm, Network, ReLU
from pellucid.equations import forward
from pellucid.errors import ExportError
from pellucid.export.description import description_of
from pellucid.export.int8 import LARGEST_SUM, Scale, quantized
from pellucid.export.int8_reference import int8_answer, int8_logits
from pellucid.network.layers import GroupNorm as Grouped
from tests.export.examples import X, classifier, labeler, layer_models, model_of, parameters_of


def images_of(model, count=40, seed=0):
    shape = (count, *model.network.input_shape)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def has_groups(model):
    return any(isinstance(node.layer, Grouped) for node in model.network.nodes)


@pytest.mark.parametrize("number", range(len(layer_models())))
def test_every_layer_stays_near_to_what_it_stands_for(number):
    model = layer_models()[number]
    description = description_of(model)
    images = images_of(model)
    if has_groups(model):
        with pytest.raises(ExportError, match=r"^Layer \d+, GroupNorm\(.*can't be quantized"):
            quantized(description, images)
        return
    logits = int8_logits(quantized(description, images), images)
    exact = forward(model.network, model.parameters, images / 255).activations[-1]
    spread = exact.max() - exact.min()
    assert np.abs(logits - exact).max() <= 0.06 * spread


def test_a_scale_meets_its_ends_and_zero():
    for low, high in ((-1.0, 3.0), (0.0, 5.0), (-2.0, 0.0), (2.0, 4.0), (0.0, 0.0)):
        scale = Scale.of(low, high)
        whole = [round(value / scale.step) + scale.zero for value in (min(low, 0), max(high, 0))]
        assert -129 <= whole[0] <= whole[1] <= 128
        assert -128 <= scale.zero <= 127


def test_learned_digits_stay_what_they_are():
    for fitted in (classifier(), labeler()):
        description = description_of(fitted)
        images = description.pixels.of_estimator(X)
        said = int8_answer(quantized(description, images[:300]), images)
        ours = description.answer(images)
        assert (said.chosen != ours.chosen).mean() <= 0.005
        assert np.abs(said.outputs - ours.outputs).mean() <= 0.01


def test_a_filter_of_zeros_and_one_of_very_small_weights():
    network = Network([Conv2D(3, 3), ReLU(), Flatten(), Dense(2)], (6, 6))
    parameters = parameters_of(network)
    views = network.views(parameters)
    views["f1"][0], views["f1"][1] = 0, 1e-12
    model = model_of(network, parameters)
    images = images_of(model)
    logits = int8_logits(quantized(description_of(model), images), images)
    exact = forward(network, parameters, images / 255).activations[-1]
    assert np.abs(logits - exact).max() <= 0.03 * np.ptp(exact)


def test_what_does_not_fit_is_named():
    side = int(np.sqrt(LARGEST_SUM / 127 / 255)) + 40
    network = Network([Flatten(), Dense(2, bias=False)], (side, side))
    model = model_of(network, np.ones(network.size, np.float32))
    with pytest.raises(ExportError, match=r"Layer 2, Dense\(2.*adds up more than 32 bits hold"):
        quantized(description_of(model), images_of(model, 2))
    small = layer_models()[0]
    with pytest.raises(ExportError, match="no images to quantize by"):
        quantized(description_of(small), images_of(small, 0))
    assert GroupNorm is Grouped
