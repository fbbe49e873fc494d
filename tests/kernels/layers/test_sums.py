import numpy as np
import pytest

from pellucid import (
    AveragePool2D,
    BatchNorm2D,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePool2D,
    GroupNorm,
    MaxPool2D,
    Network,
)
from pellucid.execution.inference import predict_proba
from pellucid.execution.sections import Procedure, section_step, whole_section
from tests.kernels.oracle import assert_agrees, problem

# Sums of equal numbers lose most: every step of theirs is rounded the same way.
EQUAL = np.float32([0.7371, 0.31, 0.9973])


def logits(network, images):
    parameters = np.float32([1.0, -1.0, 0.0, 0.0])  # one output is the mean, the other its negative
    found = predict_proba(network, parameters, images).astype(np.float64)
    return np.log(found[:, 0] / found[:, 1]) / 2.0


@pytest.mark.parametrize("count", [3, 40])  # one by one, and side by side
@pytest.mark.parametrize("pool", [None, (700, 900)])
def test_the_mean_of_many_equal_pixels(pool, count):
    layers = [GlobalAveragePool2D()] if pool is None else [AveragePool2D(pool), Flatten()]
    network = Network([*layers, Dense(2)], (1, 700, 900))
    images = np.empty((count, 1, 700, 900), np.float32)
    images[...] = np.resize(EQUAL, count)[:, None, None, None]
    np.testing.assert_allclose(logits(network, images), np.resize(EQUAL, count), rtol=2e-6)


@pytest.mark.parametrize("shape", [(65, 3), (2, 130), (129, 64)])
@pytest.mark.parametrize("step", [1, 2])
def test_large_windows_are_as_the_equations_have_them(shape, step):
    layer = AveragePool2D((shape[0], shape[1] - 1), step, (1, 0))
    network = Network([layer, Flatten(), Dense(3)], (2, shape[0] + 2, shape[1] + 1))
    assert_agrees(network, *problem(network, 20))


def test_a_pixel_of_many_windows_gets_all_their_gradients():
    network = Network([AveragePool2D((20, 30), 1), Flatten(), Dense(2)], (1, 90, 120))
    parameters, images, labels = problem(network, 20)
    assert_agrees(network, parameters, images, labels)
    alone = section_step(Procedure(network), parameters, images[:1], whole_section(labels[:1]))
    assert np.isfinite(alone.gradient).all()


@pytest.mark.parametrize("norm", [BatchNorm2D(), GroupNorm(2)])
@pytest.mark.parametrize("shape", [(70, 9), (3, 131), (66, 66)])
def test_norms_of_large_images_are_as_the_equations_have_them(norm, shape):
    layers = [Conv2D(4, 2), norm, MaxPool2D(2), Flatten(), Dense(3)]
    network = Network(layers, (1, *shape))
    assert_agrees(network, *problem(network, 20))


@pytest.mark.parametrize("norm", [BatchNorm2D(), GroupNorm(1)])
def test_norms_add_up_equal_gradients(norm):
    network = Network([norm, GlobalAveragePool2D(), Dense(2)], (1, 1000, 1000))
    parameters = network.initial_parameters(0)
    image = np.random.default_rng(0).random((1, 1, 1000, 1000), np.float32)
    found = section_step(Procedure(network), parameters, image, whole_section(np.zeros(1, int)))
    views = network.views(np.asarray(found.gradient))
    # The pool gives every pixel the same part of what the dense layer hands back.
    handed = network.views(parameters)["w2"].astype(np.float64).T @ views["b2"].astype(np.float64)
    np.testing.assert_allclose(views["b1"], handed, rtol=5e-6)
