import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU, Residual, Sigmoid
from pellucid.equations.add import add as add_equation
from pellucid.kernels.layers import add
from pellucid.kernels.plan import plan_for
from tests.equations.numeric import SEEDS
from tests.kernels.layers.test_relu import elementwise
from tests.kernels.oracle import assert_agrees, problem


def test_it_is_its_equation_bit_by_bit():
    x, a = np.random.default_rng(0).normal(size=(2, 999)).astype(np.float32)
    expected = add_equation(a, x).astype(np.float32)
    assert np.array_equal(elementwise(add.add(), x, a), expected)


STACKS = {
    "the images are read twice": [Residual([Conv2D(3, 3, padding="same")])],
    "read flat and in a border": [
        Conv2D(3, 3), Residual([Conv2D(4, 3, padding="same"), Flatten(), Dense(5)],
                               [Flatten(), Dense(5)]),
    ],
    "flat on both ways": [Conv2D(3, 3), Residual([Flatten()], [Flatten()])],
    "a ReLU that both ways read": [
        Conv2D(5, 3, padding="same"), ReLU(),
        Residual([ReLU(), Conv2D(5, 3, padding="same"), ReLU()]), ReLU(),
    ],
    "survivors on both ways": [
        Conv2D(8, 3, padding="same"), ReLU(),
        Residual([Conv2D(8, 5, padding="same"), ReLU(), MaxPool2D(2)],
                 [Conv2D(8, 5, padding="same"), ReLU(), MaxPool2D(2)]),
    ],
    "a pool of one pixel's step inside": [
        Conv2D(5, 3, padding="same"), ReLU(),
        Residual([Conv2D(5, 3, padding=2), ReLU(), MaxPool2D(3, 1)]),
    ],
    "three that read one value": [
        Conv2D(4, 3, padding="same"),
        Residual([Residual([Conv2D(4, 3, padding="same")], [Conv2D(4, 1)]), Sigmoid()]),
        Residual([Residual([ReLU()]), Conv2D(4, 5, padding="same")]),
    ],
    "of dense layers": [Conv2D(5, 3), ReLU(), Flatten(), Residual([Dense(4)], [Dense(4)])],
}  # fmt: skip


@pytest.mark.parametrize("name", STACKS)
@settings(max_examples=8)
@given(count=st.integers(1, 40), seed=SEEDS)
def test_networks_with_two_ways_agree_with_the_equations(name, count, seed):
    network = Network([*STACKS[name], Flatten(), Dense(4)], (3, 9, 8))
    assert_agrees(network, *problem(network, count, seed))


def test_a_value_that_one_stage_reads_needs_no_addition():
    layers = [Conv2D(4, 3, padding="same"), ReLU(), Conv2D(4, 3, padding="same"), Flatten()]
    chain = Network([*layers, Dense(3)], (2, 6, 6))
    address = add.add().address
    assert address not in plan_for(chain).backward[:, 0]
    two_ways = Network([layers[0], Residual([ReLU(), layers[2]]), Flatten(), Dense(3)], (2, 6, 6))
    assert (plan_for(two_ways).backward[:, 0] == address).sum() == 1
    assert (plan_for(two_ways).forward[:, 0] == address).sum() == 1
