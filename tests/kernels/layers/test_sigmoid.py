import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Flatten, Network, ReLU, Sigmoid
from pellucid.equations.sigmoid import sigmoid as sigmoid_equation
from pellucid.equations.sigmoid import sigmoid_backward
from pellucid.kernels.layers import sigmoid
from tests.equations.numeric import SEEDS
from tests.kernels.layers.test_relu import elementwise
from tests.kernels.oracle import assert_agrees, problem


@pytest.mark.parametrize(
    "layers",
    [
        [Conv2D(5, 3), Sigmoid(), Flatten(), Dense(4)],
        [Conv2D(5, 3), ReLU(), Sigmoid(), Flatten(), Dense(4)],
        [Conv2D(5, 3), Flatten(), Sigmoid(), Dense(4)],
        [Sigmoid(), Conv2D(5, 3), Flatten(), Dense(7), Sigmoid(), Dense(4), Sigmoid()],
    ],
)
@given(count=st.integers(1, 40), channels=st.sampled_from([1, 3]), seed=SEEDS)
def test_sigmoid_agrees_with_its_equation_wherever_it_stands(layers, count, channels, seed):
    network = Network(layers, (channels, 6, 5))
    assert_agrees(network, *problem(network, count, seed))


def test_forward_over_the_whole_range():
    x = np.linspace(-200.0, 200.0, 8001).astype(np.float32)
    x = np.concatenate([x, np.float32([-np.inf, -3e38, -0.0, 1e-45, 3e38, np.inf])])
    found, expected = elementwise(sigmoid.forward(), x, 0), sigmoid_equation(x)
    # Below -87 the exponential is held to its smallest normal value: 1.6e-38 for 0.
    np.testing.assert_allclose(found, expected, rtol=4e-7, atol=2e-38)


def test_forward_keeps_nan():
    bits = np.array([0x7FC00000, 0xFFC00000, 0x7FC00001, 0xFFFFFFFF], np.uint32)
    assert np.isnan(elementwise(sigmoid.forward(), bits.view(np.float32), 0)).all()


def test_backward_from_the_output():
    a = np.linspace(0.0, 1.0, 101).astype(np.float32)
    da = np.linspace(-3.0, 3.0, 101).astype(np.float32)
    found = elementwise(sigmoid.backward(), da, a)
    np.testing.assert_allclose(found, sigmoid_backward(da, a), rtol=3e-7, atol=1e-30)
