from __future__ import annotations

import numpy as np
import pytest

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU, Sigmoid
from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.plan import plan_for
from pellucid.network import presets
from tests.kernels.oracle import assert_agrees, problem

SHAPE = (3, 9, 8)
STACKS = {
    "pool first": [MaxPool2D(2), Conv2D(5, 3), Flatten(), Dense(4)],
    "pool first, with padding after it": [
        MaxPool2D(3, 1), Conv2D(5, 3, padding="same"), ReLU(), Flatten(), Dense(4),
    ],
    "relu first": [ReLU(), Conv2D(5, 3), Flatten(), Dense(4)],
    "relu after pool": [Conv2D(5, 3), MaxPool2D(2), ReLU(), Flatten(), Dense(4)],
    "relu before and after pool": [
        Conv2D(5, 3), ReLU(), MaxPool2D(2), ReLU(), Flatten(), Dense(4),
    ],
    "relu after flatten": [Conv2D(5, 3), Flatten(), ReLU(), Dense(4)],
    "relu before and after flatten": [Conv2D(5, 3), ReLU(), Flatten(), ReLU(), Dense(4)],
    "two relus": [Conv2D(5, 3), ReLU(), ReLU(), Flatten(), Dense(9), ReLU(), ReLU(), Dense(4)],
    "sigmoid after relu": [Conv2D(5, 3), ReLU(), Sigmoid(), Flatten(), Dense(4)],
    "relu after sigmoid": [Conv2D(5, 3), Sigmoid(), ReLU(), Conv2D(5, 3), Flatten(), Dense(4)],
    "relu last": [Conv2D(5, 3), ReLU(), Flatten(), Dense(4), ReLU()],
    "convolution and relu last": [Conv2D(4, (9, 3)), ReLU(), MaxPool2D((1, 6)), ReLU(), Flatten()],
    "convolution last": [Conv2D(5, 3), ReLU(), Conv2D(5, 3), Flatten()],
    "strided convolution last": [Conv2D(5, 3), Conv2D(5, 3, stride=3, padding=1), Flatten()],
    "nothing but a convolution": [Conv2D(5, 3, stride=2, padding="same"), Flatten()],
    "pool last": [Conv2D(5, 3), MaxPool2D(3), Flatten()],
    "dense after the second convolution": [
        Conv2D(5, 3), ReLU(), Conv2D(5, 3, stride=2), ReLU(), Flatten(), Dense(4),
    ],
    "dense after the second convolution, without relus": [
        Conv2D(5, 3), Conv2D(5, 3, padding=2), Flatten(), Dense(4),
    ],
    "relu after flatten of the second convolution": [
        Conv2D(5, 3), Conv2D(5, 3, stride=(2, 1)), Flatten(), ReLU(), Dense(4),
    ],
    "sigmoid after flatten of the second convolution": [
        Conv2D(5, 3), ReLU(), Conv2D(5, 3), ReLU(), Flatten(), Sigmoid(), Dense(4),
    ],
    "overlapping pool between convolutions": [
        Conv2D(5, 3), ReLU(), MaxPool2D(3, 2), Conv2D(5, 3, padding=3), ReLU(), Flatten(), Dense(4),
    ],
    "gaps between windows before a strided convolution": [
        Conv2D(5, 3, stride=2, padding=2), MaxPool2D(1, 2), Conv2D(5, 3, padding="same"),
        Flatten(), Dense(4),
    ],
    "pool after pool": [
        Conv2D(5, 3), ReLU(), MaxPool2D(2, 1), MaxPool2D(2, 1), Flatten(), Dense(4),
    ],
    "flatten first": [Flatten(), Dense(12), ReLU(), Dense(4)],
    "flatten first, then relu": [Flatten(), ReLU(), Dense(4)],
    "flatten twice": [Conv2D(5, 3), ReLU(), Flatten(), Flatten(), Dense(4)],
    "1 x 1 filters": [Conv2D(4, 1), ReLU(), Conv2D(4, 1, stride=2), Flatten(), Dense(4)],
    "7 x 7 filters, and many": [
        Conv2D(36, 7, padding=3), ReLU(), MaxPool2D(2), Conv2D(24, 7, padding="same"), ReLU(),
        Flatten(), Dense(4),
    ],
    "stride larger than the filter": [
        Conv2D(5, 3, stride=1), ReLU(), Conv2D(5, (2, 3), stride=(3, 4)), Flatten(), Dense(4),
    ],
    "two classes": [Conv2D(5, 3), ReLU(), Flatten(), Dense(2)],
    "a hundred classes": [Conv2D(5, 3), ReLU(), Flatten(), Dense(100)],
    "one unit on the way": [Conv2D(1, (9, 2)), Flatten(), Dense(1), Dense(3)],
}  # fmt: skip


@pytest.mark.parametrize("name", STACKS)
def test_unusual_stacks_agree_with_the_equations(name):
    network = Network(STACKS[name], SHAPE)
    for seed, count in enumerate((1, LANES, 2 * LANES + 3)):
        assert_agrees(network, *problem(network, count, seed))


@pytest.mark.parametrize(
    "layers",
    [
        [Flatten(), Dense(2)],
        [Conv2D(5, 3, padding="same"), ReLU(), MaxPool2D(1), Flatten(), Dense(3)],
        [Conv2D(5, 3, stride=2, padding=4), Sigmoid(), Conv2D(5, 3), Flatten(), Dense(3)],
    ],
)
def test_inputs_of_one_pixel(layers):
    network = Network(layers, (1, 1))
    assert_agrees(network, *problem(network, 20))


def test_an_arena_serves_section_after_section():
    """Nothing of one section may be left in the memory of the next: borders, sums, lanes."""
    network = Network(STACKS["overlapping pool between convolutions"], SHAPE)
    parameters, images, labels = problem(network, 40)
    for where in (slice(0, 40), slice(3, 8), slice(8, 39), slice(0, 1), slice(0, 40)):
        assert_agrees(network, parameters, images[where], labels[where])


def test_networks_of_other_shapes_run_on_the_same_kernels():
    def addresses(network):
        plan = plan_for(network)
        return set(np.concatenate([plan.begin, plan.forward, plan.backward, plan.end])[:, 0])

    # The shape chooses among a few kernels for a layer; these three come by all of them.
    known = set.union(*(addresses(presets.reference((side, side))) for side in (14, 28, 32)))
    assert addresses(presets.reference((23, 31), classes=7)) < known
    deeper = [Conv2D(5, 5, padding=2), ReLU(), *presets.reference().layers]
    assert addresses(Network(deeper, (28, 28))) <= known | addresses(Network(deeper, (20, 20)))


def test_a_plan_for_inference_has_no_backward():
    plan = plan_for(presets.reference(), training=False)
    assert len(plan.backward) == len(plan.end) == 0
    assert plan.size < plan_for(presets.reference()).size
