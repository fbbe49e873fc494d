"""Multiply-adds, counted once more by going through the loops of the equations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU
from pellucid.measuring.networks import NETWORKS
from pellucid.measuring.work import training_work


def counted(network):
    """Count by brute force: every place of every window, filter and channel."""
    found = []
    for layer, shape, after in zip(
        network.layers, network.shapes, network.shapes[1:], strict=False
    ):
        if isinstance(layer, Conv2D):
            one = np.zeros((shape[0], *layer.kernel_pair)).size
            found.append(sum(one for _ in np.ndindex(after)))
        elif isinstance(layer, Dense):
            found.append(np.zeros((layer.units, *shape)).size)
    return found


@given(
    filters=st.integers(1, 5), size=st.integers(1, 4), stride=st.integers(1, 3),
    padding=st.sampled_from(["valid", "same", 2]), units=st.integers(2, 9),
)  # fmt: skip
def test_counts_are_those_of_the_loops(filters, size, stride, padding, units):
    network = Network(
        [Conv2D(filters, size, stride, padding), ReLU(), MaxPool2D(2), Flatten(), Dense(units)],
        (2, 9, 11),
    )
    conv, dense = counted(network)
    assert network.multiply_adds == conv + dense
    # Backward: the filters' and weights' gradients, and the input's but for the first layer.
    assert training_work(network) == (conv + dense) + (conv + dense) + dense


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_that_are_measured(name):
    network = NETWORKS[name]()
    assert network.multiply_adds == sum(counted(network))
    assert 2 < training_work(network) / network.multiply_adds < 3
