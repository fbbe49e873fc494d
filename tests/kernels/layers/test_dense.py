from hypothesis import given
from hypothesis import strategies as st

from pellucid import Dense, Flatten, Network, ReLU
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
