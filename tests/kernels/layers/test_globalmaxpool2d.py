import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, GlobalMaxPool2D, Network, ReLU
from pellucid.execution.sections import Outputs, Procedure, section_step, whole_section
from pellucid.kernels.plan import plan_for
from tests.equations.numeric import SEEDS
from tests.kernels.oracle import assert_agrees, problem


@settings(max_examples=40)
@given(st.booleans(), st.integers(1, 40), SEEDS)
def test_it_agrees_with_its_equation(has_relu, count, seed):
    relu = [ReLU()] if has_relu else []
    layers = [Conv2D(5, 3, padding="same"), *relu, GlobalMaxPool2D(), Dense(3)]
    network = Network(layers, (2, 7, 6))
    assert_agrees(network, *problem(network, count, seed))


def test_a_relu_before_it_is_the_floor_of_the_layer_before():
    network = Network([Conv2D(5, 3), ReLU(), GlobalMaxPool2D(), Dense(3)], (2, 8, 8))
    assert len(plan_for(network).forward) == 3
    images = np.zeros((20, 2, 8, 8), np.uint8)
    parameters, _, labels = problem(network, 20)
    assert_agrees(network, parameters, images, labels)


def test_a_network_may_end_in_it():
    network = Network([Conv2D(3, 3), GlobalMaxPool2D()], (1, 9, 8))
    assert_agrees(network, *problem(network, 20))


def test_nan_stays_visible():
    network = Network([GlobalMaxPool2D(), Dense(2)], (1, 3, 3))
    images = np.zeros((20, 1, 3, 3), np.float32)
    images[:, 0, 1, 1] = np.nan
    found = np.zeros((20, 2), np.float32)
    section, parameters = whole_section(np.zeros(20, int)), np.ones(network.size, np.float32)
    section_step(Procedure(network), parameters, images, section, Outputs(found))
    assert np.isnan(found).all()
