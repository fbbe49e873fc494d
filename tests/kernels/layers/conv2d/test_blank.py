"""An exact 0 stays one: over a blank patch a convolution gives its bias, and ReLU is closed."""

import numpy as np
import pytest

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU
from pellucid.execution.inference import predict_proba
from pellucid.kernels.layers.conv2d import winograd_ops
from pellucid.kernels.program.layer_ops import stages_of
from pellucid.measuring.networks import NETWORKS
from tests.kernels.oracle import assert_agrees


def ink(shape, count, seed=0):
    """Return pictures of a few strokes on exact black."""
    random = np.random.default_rng(seed)
    images = np.zeros((count, *shape), dtype=np.uint8)
    for image in images:
        for _ in range(3):
            top, left = (random.integers(0, side - 3) for side in shape[1:])
            size = random.integers(1, 4, 2) * (1, 3)
            image[:, top : top + size[0], left : left + size[1]] = random.integers(1, 256)
    return images


def is_shorter(network):
    stages = [stage for stage in stages_of(network) if isinstance(stage.layer, Conv2D)]
    return any(map(winograd_ops.pays, stages))


def test_the_edge_of_a_block():
    network = Network([Conv2D(8, 3, padding="same"), ReLU(), Flatten(), Dense(2)], (3, 32, 32))
    assert is_shorter(network)
    images = np.zeros((1, 3, 32, 32), dtype=np.uint8)
    images[:, :, 10:18, 11:16] = 200
    assert_agrees(network, network.initial_parameters(0), images, np.array([0]))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("count", [3, 40])
def test_strokes_on_black_with_the_parameters_that_training_begins_with(name, count):
    network = NETWORKS[name]()
    images = ink(network.input_shape, count)
    labels = np.arange(count) % network.classes
    assert_agrees(network, network.initial_parameters(0), images, labels)


@pytest.mark.parametrize("channels", [1, 3, 9])
@pytest.mark.parametrize("value", [0.0, -0.0])
def test_a_blank_patch_gives_the_bias_alone_to_the_bit(channels, value):
    """The largest over a picture with a speck is the bias, if all else is less; so is a blank's."""
    layers = [Conv2D(5, 5, padding="same"), MaxPool2D((32, 40)), Flatten()]
    network = Network(layers, (channels, 32, 40))
    assert is_shorter(network)
    parameters = network.initial_parameters(0)
    views = network.views(parameters)
    views["f1"][...] = -np.abs(views["f1"])
    views["b1"][...] = np.random.default_rng(0).normal(size=5)
    images = np.full((20, channels, 32, 40), value, dtype=np.float32)
    blank = predict_proba(network, parameters, images)
    images[:, :, 7:9, 5] = np.random.default_rng(1).random((20, 1, 2))
    np.testing.assert_array_equal(predict_proba(network, parameters, images), blank)
    # A single image goes another way.
    np.testing.assert_array_equal(predict_proba(network, parameters, images[:1]), blank[:1])
