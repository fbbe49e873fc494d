"""Random networks through the kernels and the equations; ``python -m`` this for thousands.

Every other one has another loss than cross-entropy. Pictures are of noise, of ink on exact black,
or of flat areas: where a mask or a winner hangs on an exact 0 or a tie, the kernels must have it as
exactly.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
import pytest

from pellucid import Network
from tests.kernels.oracle import assert_agrees, decisive
from tests.losses import drawn_targets, examples
from tests.random_networks import random_network, random_parameters, random_pictures


def check(seed: int) -> Network:
    """Hold one random network to its equations; return it."""
    random = np.random.default_rng(seed)
    network = random_network(random)
    parameters = random_parameters(network, random)
    images = random_pictures(network.input_shape, int(random.integers(1, 40)), random)
    images = decisive(network, parameters, images)
    losses = examples()
    loss = losses[seed % (2 * len(losses))] if seed % (2 * len(losses)) < len(losses) else losses[0]
    network = Network(network.layers, network.input_shape, loss)
    if len(images):
        targets = drawn_targets(loss, random, len(images), network.classes)
        assert_agrees(network, parameters, images, targets)
    return network


@pytest.mark.parametrize("seed", range(200))
def test_a_random_network_agrees_with_the_equations(seed):
    check(seed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=check.__doc__)
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--networks", type=int, default=1000)
    options = parser.parse_args()
    bad = 0
    for seed in range(options.first, options.first + options.networks):
        try:
            check(seed)
        except AssertionError as error:
            bad += 1
            print(seed, repr(error)[:300], flush=True)
    print(f"{bad} of {options.networks} disagree")
    sys.exit(bad > 0)
