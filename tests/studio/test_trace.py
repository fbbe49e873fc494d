import json
import types

import numpy as np
import pytest

import pellucid
from pellucid import BinaryCrossEntropy, Dense, Flatten, Model, Network, Preprocessing, presets
from pellucid.equations import backward, forward
from pellucid.errors import ConfigurationError, DataError, NetworkError
from tests.random_networks import random_network, random_parameters

NETWORK = presets.reference()
PARAMETERS = NETWORK.initial_parameters()
IMAGE = np.random.default_rng(3).integers(0, 256, (28, 28), np.uint8)


def model(**settings):
    preprocessing = Preprocessing((28, 28), **settings)
    return Model(NETWORK, PARAMETERS, preprocessing, tuple("abcdefghij"))


def test_it_is_what_the_equations_say():
    found = pellucid.trace(model(), IMAGE, 3)
    result = forward(NETWORK, PARAMETERS, IMAGE[None, None] / 255)
    gradient, d_image = backward(NETWORK, PARAMETERS, result, [3])
    for array, expected in zip(found.values.values(), result.activations, strict=True):
        np.testing.assert_array_equal(array, expected[0])
    np.testing.assert_array_equal(found.gradients["image"], d_image[0])
    for name, expected in NETWORK.views(gradient).items():
        np.testing.assert_array_equal(found.gradients[name], expected)
    np.testing.assert_array_equal(found.logits, found.values["dense4"])
    assert found.loss == pytest.approx(-np.log(found.probabilities[3]), rel=1e-12)
    assert set(found.gradients) == {*found.values, *found.parameters}


def test_sums_are_outputs_without_their_bias():
    found = pellucid.trace(NETWORK, IMAGE, 3, PARAMETERS)
    assert list(found.sums) == ["conv1", "conv2", "dense3", "dense4"]
    for name, bias in zip(found.sums, ("b1", "b2", "b3", "b4"), strict=True):
        shift = found.parameters[bias].reshape(-1, *[1] * (found.sums[name].ndim - 1))
        np.testing.assert_allclose(found.sums[name] + shift, found.values[name], rtol=1e-12)


def test_a_label_may_be_a_class_by_its_name():
    assert pellucid.trace(model(), IMAGE, "d").label == 3
    with pytest.raises(DataError, match=r"^label is 'z'; the classes are a, b, c"):
        pellucid.trace(model(), IMAGE, "z")
    with pytest.raises(DataError, match="have no names; give its index"):
        pellucid.trace(NETWORK, IMAGE, "d", PARAMETERS)


def test_what_is_fitted_is_traced_as_the_model_that_it_gives():
    fitted = types.SimpleNamespace(to_model=model)
    found, expected = pellucid.trace(fitted, IMAGE, "d"), pellucid.trace(model(), IMAGE, 3)
    np.testing.assert_array_equal(found.gradients["f2"], expected.gradients["f2"])


def test_pixels_are_scaled_as_the_model_has_it():
    found = pellucid.trace(model(pixel_range=(0, 16)), IMAGE // 16, 3)
    np.testing.assert_allclose(found.values["image"][0], IMAGE // 16 / 16, rtol=1e-6)


def test_kernels_say_the_same_name_by_name():
    found = pellucid.trace(model(), IMAGE, 3, source="kernels")
    assert found.source == "kernels"
    assert {array.dtype for array in found.values.values()} == {np.dtype(np.float32)}
    names = {*found.values, *(f"d{name}" for name in found.gradients), "loss", "probabilities"}
    assert set(found.differences) == names
    assert 0 < found.largest_difference < 1e-5
    again = pellucid.trace(model(), IMAGE, 3)
    assert again.largest_difference == pytest.approx(found.largest_difference)


@pytest.mark.parametrize("seed", range(12))
def test_kernels_say_the_same_of_random_networks(seed):
    random = np.random.default_rng(seed)
    network = random_network(random)
    image = random.random(network.input_shape, dtype=np.float32)
    found = pellucid.trace(network, image, 1, random_parameters(network, random))
    close = {name: gap for name, gap in found.differences.items() if not name.startswith("d")}
    assert max(close.values()) < 1e-4, close


def test_kernels_tell_a_number_that_was_changed():
    found = pellucid.trace(model(), IMAGE, 3)
    found.values["relu2"][1, 3, 4] += 1.0
    assert found.differences["relu2"] > 0.01
    assert found.largest_difference == found.differences["relu2"]


def test_several_labels():
    network = Network([Flatten(), Dense(3)], (2, 2), BinaryCrossEntropy())
    parameters = np.arange(15, dtype=np.float32) / 10
    found = pellucid.trace(network, np.full((2, 2), 0.5), [1, 0, 1], parameters)
    expected = (found.probabilities - [1, 0, 1]) / 3
    np.testing.assert_allclose(found.gradients["dense1"], expected, rtol=1e-12)
    assert found.to_dict()["label"] == [1.0, 0.0, 1.0]


def test_all_of_it_is_json():
    found = pellucid.trace(model(), IMAGE, 3)
    again = json.loads(found.to_json())
    assert Network.from_dict(again["network"]) == NETWORK
    assert (again["label"], again["loss"], again["source"]) == (3, found.loss, "equations")
    for part in ("parameters", "values", "sums", "gradients"):
        arrays = getattr(found, part)
        assert list(again[part]) == list(arrays)
        for name, array in arrays.items():
            np.testing.assert_array_equal(again[part][name], array)


@pytest.mark.parametrize(("given", "error", "words"), [
    ((NETWORK, IMAGE, 3), ConfigurationError, "a Network has none of its own"),
    ((model(), IMAGE, 3, PARAMETERS), ConfigurationError, "given with a model, which has its own"),
    ((PARAMETERS, IMAGE, 3), ConfigurationError, "model is ndarray; give a Model"),
    ((NETWORK, IMAGE, 3, PARAMETERS[1:]), NetworkError, "does not fit this network"),
    ((NETWORK, IMAGE, 10, PARAMETERS), DataError, "Label 10 at index 0 is out of range"),
    ((NETWORK, IMAGE[1:], 3, PARAMETERS), DataError, "27, 28"),
    ((NETWORK, IMAGE * 1.0, 3, PARAMETERS), DataError, "divide them by 255"),
])  # fmt: skip
def test_what_can_not_be_traced_is_refused(given, error, words):
    with pytest.raises(error, match=words):
        pellucid.trace(*given)


def test_another_source_is_refused():
    with pytest.raises(ConfigurationError, match=r"^source is 'kernel'; .* Did you mean"):
        pellucid.trace(NETWORK, IMAGE, 3, PARAMETERS, source="kernel")
