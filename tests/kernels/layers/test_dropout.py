import numpy as np
import pytest

from pellucid import (
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPool2D,
    Network,
    ReLU,
    Residual,
    image_gradients,
    predict_proba,
)
from pellucid.equations.dropout import dropout_factors, image_keys
from pellucid.execution.sections import Outputs, Procedure, section_step, whole_section
from pellucid.kernels.plan import plan_for
from pellucid.kernels.plan_one_image import plan_for_one_image
from tests.kernels.oracle import assert_agrees, problem


def logits(layers, shape, images, *, seed=0, passes=None, training=True):
    """Return what a network of layers that learn nothing gives, and a Dense that copies it."""
    network = Network([*layers, Dense(int(np.prod(shape)), bias=False)], shape)
    parameters = np.eye(network.classes, dtype=np.float32).ravel()
    labels, found = np.zeros(len(images), np.int64), np.empty((len(images), network.classes), "f4")
    section = whole_section(labels, passes)
    section_step(
        Procedure(network, None, seed), parameters, images, section, Outputs(found, True),
        training=training,
    )  # fmt: skip
    return found


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("rate", [0.0, 0.3, 0.5, 0.9])
def test_the_same_values_are_dropped_as_in_the_equations(rate, per_channel):
    shape = (3, 4, 5)
    images = np.random.default_rng(1).random((37, *shape), dtype=np.float32)
    passes = np.arange(37) % 3
    layers = [Dropout(rate, per_channel), Flatten()]
    found = logits(layers, shape, images, seed=11, passes=passes)
    keys = image_keys(11, passes, np.arange(37))
    factors = dropout_factors(keys, 0, rate, images.shape, per_channel)
    np.testing.assert_allclose(found, (images * factors).reshape(37, -1), rtol=1e-6)
    assert ((found == 0) == (factors == 0).reshape(37, -1)).all()
    flat = logits([Flatten(), Dropout(rate)], shape, images, seed=11, passes=passes)
    factors = dropout_factors(keys, 1, rate, (37, 60))
    assert ((flat == 0) == (factors == 0)).all()


@pytest.mark.parametrize(
    "layers",
    [
        [Conv2D(5, 3), ReLU(), Dropout(0.5), Conv2D(8, 3, padding="same"), ReLU()],
        [Conv2D(5, 3, padding="same"), ReLU(), MaxPool2D(2), Dropout(0.3, per_channel=True)],
        [Residual([Conv2D(2, 3, padding="same"), ReLU(), Dropout(0.5)]), Dropout(0.2)],
        [Dropout(0.2), Residual([Dropout(0.5)])],
    ],
)
def test_kernels_agree_with_the_equations_in_training(layers):
    network = Network([*layers, Flatten(), Dense(9), ReLU(), Dropout(0.5), Dense(3)], (2, 9, 8))
    for count in (1, 16, 37):
        assert_agrees(network, *problem(network, count, seed=count))


def test_in_inference_it_costs_nothing_and_changes_nothing():
    layers = [Conv2D(5, 3), ReLU(), Dropout(0.5), Flatten(), Dense(4), Dropout(), Dense(3)]
    network = Network(layers, (2, 9, 8))
    without = Network([layer for layer in layers if type(layer) is not Dropout], (2, 9, 8))
    parameters, images, labels = problem(network, 20)
    for count in (1, 20):
        np.testing.assert_array_equal(
            predict_proba(network, parameters, images[:count]),
            predict_proba(without, parameters, images[:count]),
        )
    np.testing.assert_array_equal(
        image_gradients(network, parameters, images, labels),
        image_gradients(without, parameters, images, labels),
    )
    for made in (network, without):
        assert len(plan_for(made, training=False).forward) == 3
        assert len(plan_for_one_image(made).forward) == 4
    # In training the ReLU is the convolution's floor, and Dropout closes its gradient.
    assert len(plan_for(network).forward) == 5


def test_no_image_has_the_draw_of_another():
    images = np.ones((64, 1, 8, 8), dtype=np.float32)
    found = logits([Flatten(), Dropout(0.5)], (1, 8, 8), images)
    assert len(np.unique(found, axis=0)) == 64
    again = logits([Flatten(), Dropout(0.5)], (1, 8, 8), images, passes=np.ones(64, np.int64))
    assert (found != again).any(axis=1).all()
