"""How much a training step has to compute: multiply-adds, counted from the network's shapes."""

from __future__ import annotations

import math

from pellucid.network.network import Network

__all__ = ["training_work"]


def training_work(network: Network) -> int:
    """Return the multiply-adds of one image in a training step, done densely.

    Forward it is :attr:`pellucid.Network.multiply_adds`. Backward costs as much for the parameters'
    gradients, and once more for the gradient of the input, which the first layer with parameters
    does not need. Systems that skip what max pooling and ReLU make zero do less; their share of the
    peak is of the dense count all the same.

    Examples
    --------
    >>> from pellucid import presets
    >>> training_work(presets.reference())
    909300
    """
    first = network.parameters[0]
    not_passed_on = math.prod(network.shapes[first.node + 1]) * (first.size // first.shape[0])
    return 3 * network.multiply_adds - not_passed_on
