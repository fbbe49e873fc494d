import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU, Sigmoid
from pellucid.equations.relu import relu as relu_equation
from pellucid.equations.relu import relu_backward
from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.layers import relu
from pellucid.kernels.program.ops import bits_of
from tests.equations.numeric import SEEDS
from tests.kernels.oracle import assert_agrees, call, problem

ODD = np.array([-np.inf, -1.5, -1e-38, -0.0, 0.0, 1e-45, 1e-38, 2.5, 3e38, np.inf], np.float32)


@pytest.mark.parametrize(
    "layers",
    [
        [Conv2D(5, 3), ReLU(), Flatten(), Dense(4)],  # taken in by the convolution
        [Conv2D(5, 3), MaxPool2D(2, 1), ReLU(), Flatten(), Dense(4)],  # on its own
        [Conv2D(5, 3), Sigmoid(), ReLU(), Flatten(), Dense(4)],
        [Conv2D(5, 3), Flatten(), ReLU(), Dense(4)],
        [Flatten(), Dense(6), ReLU(), Dense(4)],
        [Flatten(), Dense(4), ReLU()],
    ],
)
@given(count=st.integers(1, 40), channels=st.sampled_from([1, 3]), seed=SEEDS)
def test_relu_agrees_with_its_equation_wherever_it_stands(layers, count, channels, seed):
    network = Network(layers, (channels, 6, 5))
    assert_agrees(network, *problem(network, count, seed))


def elementwise(kernel, x, a, setting=0.0):
    """Call an elementwise kernel on one row of LANES-wide vectors."""
    columns = -(-len(x) // LANES)
    arena = np.zeros(3 * columns * LANES, dtype=np.float32)
    arena[: len(x)] = x
    arena[2 * columns * LANES :][: len(x)] = a
    values = {"channels": 1, "rows": 1, "columns": columns}
    for number, name in enumerate("xza"):
        values |= {name: number * columns * LANES, f"{name}_channel": 0, f"{name}_row": 0}
        values[f"{name}_column"] = LANES
    if "setting" in kernel.fields:
        values["setting"] = bits_of(setting)
    call(kernel, arena, **values)
    return arena[columns * LANES :][: len(x)]


def test_forward_on_odd_values():
    np.testing.assert_array_equal(elementwise(relu.forward(), ODD, 0), relu_equation(ODD))


def test_forward_keeps_nan():
    found = elementwise(relu.forward(), np.array([np.nan, -np.nan, -1.0], np.float32), 0)
    assert np.isnan(found[:2]).all()
    assert found[2] == 0.0


def test_backward_opens_only_above_zero():
    da = np.linspace(-3.0, 3.0, len(ODD)).astype(np.float32)
    found = elementwise(relu.backward(), da, ODD)
    np.testing.assert_array_equal(found, relu_backward(da, ODD))
