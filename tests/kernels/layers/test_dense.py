import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Dense, Flatten, Network, ReLU
from pellucid.execution.inference import predict_proba
from tests.equations.numeric import SEEDS
from tests.kernels.oracle import assert_agrees, problem

UNITS = st.integers(1, 40)


@given(
    st.tuples(st.integers(1, 4), st.integers(1, 7), st.integers(1, 7)),
    st.lists(st.tuples(UNITS, st.booleans()), max_size=3),
    st.integers(2, 40),
    st.integers(1, 40),
    SEEDS,
)
def test_dense_layers_agree_with_their_equations(shape, hidden, classes, count, seed):
    layers = [Flatten()]
    for units, has_relu in hidden:
        layers += [Dense(units), ReLU()] if has_relu else [Dense(units)]
    network = Network([*layers, Dense(classes)], shape)
    assert_agrees(network, *problem(network, count, seed))


def test_thousands_of_inputs_are_added_up_in_blocks():
    network = Network([Flatten(), Dense(5)], (3, 61, 59))
    parameters, images, labels = problem(network, 20)
    weights = network.views(parameters)["w1"]
    weights[...] = 0.01 * np.abs(weights)  # sums that only grow lose most
    assert_agrees(network, parameters, images, labels, tolerance=1e-6)
    alone = predict_proba(network, parameters, images[:1])
    np.testing.assert_array_equal(predict_proba(network, parameters, images)[:1], alone)
