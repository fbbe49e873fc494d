import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pellucid import BatchNorm1D, BatchNorm2D, Conv2D, Dense, Flatten, Network, ReLU, Residual
from pellucid.equations import forward
from pellucid.network.folding import folding_of
from tests.layers import made_possible

NETWORK = Network(
    [
        BatchNorm2D(), Conv2D(4, 3, padding="same"), BatchNorm2D(), ReLU(),
        Residual(
            [Conv2D(4, 3, padding="same"), BatchNorm2D(), ReLU(), BatchNorm2D(eps=0.1)],
            [Conv2D(4, 1, bias=False), BatchNorm2D()],
        ),
        BatchNorm2D(), Flatten(), Dense(5), BatchNorm1D(), Dense(3),
    ],
    (2, 5, 4),
)  # fmt: skip


def kinds(layers):
    return [
        [kinds(layer.layers), kinds(layer.shortcut or ())] if isinstance(layer, Residual)
        else type(layer).__name__ for layer in layers
    ]  # fmt: skip


def test_norms_right_after_a_convolution_or_dense_layer_go():
    assert kinds(folding_of(NETWORK).network.layers) == [
        "BatchNorm2D", "Conv2D", "ReLU", [["Conv2D", "ReLU", "BatchNorm2D"], ["Conv2D"]],
        "BatchNorm2D", "Flatten", "Dense", "Dense",
    ]  # fmt: skip


@given(st.integers(0, 2**32 - 1))
def test_the_folded_network_computes_the_same(seed):
    random = np.random.default_rng(seed)
    parameters = made_possible(NETWORK, random.normal(size=NETWORK.size).astype(np.float32))
    images, folding = random.random((3, 2, 5, 4)), folding_of(NETWORK)
    expected = forward(NETWORK, parameters, images).activations[-1]
    found = forward(folding.network, folding.fold(parameters), images).activations[-1]
    assert np.abs(found - expected).max() < 1e-5 * max(1.0, np.abs(expected).max())


def test_a_network_without_norms_stays_as_it_is():
    network = Network([Conv2D(2, 3), ReLU(), Flatten(), Dense(2)], (5, 5))
    parameters = network.initial_parameters()
    folding = folding_of(network)
    assert folding.network == network
    assert np.array_equal(folding.fold(parameters), parameters)
