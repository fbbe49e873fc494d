import numpy as np
import pytest

import pellucid
from pellucid import BatchNorm2D, Conv2D, Dense, Dropout, Flatten, Network, ReLU, Residual
from pellucid.studio.names import value_names
from tests.layers import made_possible

INNER = Residual([Conv2D(4, 3, padding="same"), ReLU()])
BLOCK = Residual([Conv2D(4, 3, padding="same"), INNER, ReLU()], [Conv2D(4, 1), ReLU()])
PLAIN = [Conv2D(3, 3), ReLU(), BLOCK, ReLU(), Flatten(), Dense(5), ReLU(), Dense(3)]
NETWORKS = {
    "plain": PLAIN,
    "norms": [Conv2D(3, 3), BatchNorm2D(), BLOCK, BatchNorm2D(), Flatten(), Dense(3)],
    "dropped": [Flatten(), Dropout(), Dense(4), ReLU(), Dropout(0.2), Dense(3)],
    "flat first": [Residual([Flatten(), Dense(6)], [Flatten(), Dense(6)]), ReLU(), Dense(2)],
}


@pytest.fixture(params=NETWORKS)
def traced(request):
    network = Network(NETWORKS[request.param], (2, 7, 6))
    random = np.random.default_rng(0)
    parameters = made_possible(network, network.initial_parameters(1))
    parameters += random.normal(scale=0.05, size=parameters.shape).astype(np.float32)
    image = random.random(network.input_shape, dtype=np.float32)
    return pellucid.trace(network, image, 1, parameters, source="kernels")


def test_every_value_is_there_wherever_it_stands(traced):
    assert list(traced.values) == list(value_names(traced.network))
    shapes = [array.shape for array in traced.values.values()]
    assert shapes == list(traced.network.shapes)


def test_it_agrees_with_the_equations(traced):
    assert traced.largest_difference < 2e-6, traced.differences


def test_gradients_are_those_that_kernels_have(traced):
    found, names = set(traced.gradients), value_names(traced.network)
    plain = all(not isinstance(node.layer, BatchNorm2D | Dropout) for node in traced.network.nodes)
    learned = {p.name for p in traced.network.parameters if p.is_trained}
    assert found & learned == (learned if plain else set())
    outside = {
        names[k + 1] for k, node in enumerate(traced.network.nodes)
        if "." not in node.name or (node.name.count(".") == 1 and node.name.endswith(".sum"))
    }  # fmt: skip
    assert found - learned == {"image", *outside}
