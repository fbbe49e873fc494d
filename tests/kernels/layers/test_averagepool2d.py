import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import AveragePool2D, Conv2D, Dense, Flatten, Huber, Network, ReLU, predict_proba
from pellucid.kernels.plan import plan_for
from tests.equations.numeric import SEEDS
from tests.kernels.oracle import assert_agrees, problem

PAIRS = st.tuples(st.integers(1, 4), st.integers(1, 4))


@settings(max_examples=60)
@given(PAIRS, PAIRS, PAIRS, st.booleans(), st.integers(1, 40), SEEDS)
def test_any_window_and_stride_agrees_with_the_equations(pool, stride, pads, has_relu, count, seed):
    relu = [ReLU()] if has_relu else []
    pads = tuple(min(pad - 1, side // 2) for pad, side in zip(pads, pool, strict=True))
    average = AveragePool2D(pool, stride, pads)
    layers = [Conv2D(5, 3, padding="same"), *relu, average, Flatten(), Dense(3)]
    network = Network(layers, (2, 7, 6))
    assert_agrees(network, *problem(network, count, seed))


def test_a_relu_before_it_is_the_floor_of_the_layer_before():
    layers = [Conv2D(5, 3), ReLU(), AveragePool2D(2), Flatten(), Dense(3)]
    assert len(plan_for(Network(layers, (2, 8, 8))).forward) == 3
    images = np.zeros((20, 2, 8, 8), np.uint8)
    network = Network(layers, (2, 8, 8))
    parameters, _, labels = problem(network, 20)
    assert_agrees(network, parameters, images, labels)


def test_large_windows_lose_no_more_than_small_ones():
    # One sum of all, 65,536 values one after another, was off by 6e-4.
    network = Network([AveragePool2D(256), Flatten(), Dense(1)], (1, 256, 256), loss=Huber())
    parameters = np.array([1, 0], np.float32)
    for count in (1, 20):  # one by one, and side by side
        found = predict_proba(network, parameters, np.full((count, 256, 256), 0.1, np.float32))
        np.testing.assert_allclose(found, np.float32(0.1), rtol=1e-5)
