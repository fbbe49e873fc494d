"""Running statistics: what training brings up to date without learning it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pellucid.network.layers.batchnorm import BatchNorm
from pellucid.network.network import Network

__all__ = ["bring_up_to_date"]


def bring_up_to_date(
    network: Network,
    parameters: NDArray[np.float32],
    sums: NDArray[np.float32],
    images: int,
) -> None:
    """Take a batch's statistics into the running ones, in place.

    ``r = (1 - momentum) r + momentum s / images``, in float64 and rounded once, with s the
    statistics of the sections, each times its images, added up in their order.

    Parameters
    ----------
    network : Network
        What is trained.
    parameters : ndarray of shape (network.size,), float32
        Its parameters; those that are not learned are changed.
    sums : ndarray of shape (network.size,), float32
        The batch's gradient, in which the sums stand in their places.
    images : int
        How many the batch has.

    Examples
    --------
    >>> from pellucid import BatchNorm1D, Dense, Flatten
    >>> network = Network([Flatten(), Dense(2), BatchNorm1D(momentum=0.5)], (1, 1))
    >>> parameters, sums = network.initial_parameters(), np.full(network.size, 6.0, np.float32)
    >>> bring_up_to_date(network, parameters, sums, images=2)
    >>> {name: a.tolist() for name, a in network.views(parameters).items() if name in ("m2", "v2")}
    {'m2': [1.5, 1.5], 'v2': [2.0, 2.0]}
    """
    for p in network.parameters:
        layer = network.nodes[p.node].layer
        if p.is_trained:
            continue
        assert isinstance(layer, BatchNorm), layer
        here = slice(p.offset, p.offset + p.size)
        batch = sums[here].astype(np.float64) / images
        before = parameters[here].astype(np.float64)
        parameters[here] = (1 - layer.momentum) * before + layer.momentum * batch
