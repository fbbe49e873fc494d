import numpy as np

from pellucid import Conv2D, Dense, Flatten, Network, ReLU
from pellucid.training.optimizers.stretches import stretches_of
from tests.training.examples import NETWORK


def test_weights_decay_and_biases_do_not():
    found = stretches_of(NETWORK)
    decays = np.repeat(found.are_weights, np.diff(found.ends, prepend=0))
    names = NETWORK.views(decays)
    assert {name: set(kinds.ravel().tolist()) for name, kinds in names.items()} == {
        "f1": {True}, "b1": {False}, "w2": {True}, "b2": {False}, "w3": {True}, "b3": {False}
    }  # fmt: skip
    assert found.ends[-1] == NETWORK.size


def test_neighbors_of_one_kind_are_one_stretch():
    network = Network([Conv2D(2, 1), ReLU(), Flatten(), Dense(2)], (1, 2))
    assert stretches_of(network).ends.tolist() == [2, 4, 12, 14]
    assert stretches_of(network) is stretches_of(network)
