"""The three networks are those that the measurements name, and start well."""

import numpy as np
import pytest

from pellucid import Conv2D, Dense, MaxPool2D, predict_proba
from pellucid.measuring.images import digit_batches
from pellucid.measuring.networks import NETWORKS, lenet, wide
from pellucid.network import presets


def of(network, kind):
    return [layer for layer in network.layers if isinstance(layer, kind)]


def test_the_shapes():
    assert NETWORKS["reference"]() == presets.reference()
    assert [(c.filters, c.kernel_pair) for c in of(lenet(), Conv2D)] == [(6, (5, 5)), (16, (5, 5))]
    assert [d.units for d in of(lenet(), Dense)] == [120, 84, 10]
    assert lenet().shapes[1] == (6, 28, 28)
    assert [(c.filters, c.kernel_pair) for c in of(wide(), Conv2D)] == [(32, (3, 3)), (64, (3, 3))]
    assert [d.units for d in of(wide(), Dense)] == [128, 10]
    assert all(len(of(network, MaxPool2D)) == 2 for network in (lenet(), wide()))


@pytest.mark.parametrize("name", NETWORKS)
def test_first_losses_are_near_those_of_chance(name):
    network = NETWORKS[name]()
    [(images, labels)] = digit_batches(1, 64)
    found = predict_proba(network, network.initial_parameters(0), images)
    loss = -np.log(found[np.arange(64), labels]).mean()
    assert 0.8 * np.log(10) < loss < 1.5 * np.log(10)
