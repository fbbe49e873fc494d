"""Running statistics: what training brings up to date without learning it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.execution.sections import (
    Outputs,
    Procedure,
    section_step,
    threads_for,
    whole_section,
)
from pellucid.execution.targets import no_targets
from pellucid.execution.workers import shared_workers
from pellucid.network.layers.batchnorm import BatchNorm
from pellucid.network.network import Network

__all__ = ["MOST", "bring_up_to_date", "statistics_of"]

MOST = 8192
"""Images that the statistics of an average are taken of, at the most."""

TOGETHER = 128
"""Images of a section in that."""


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


def statistics_of(
    network: Network,
    parameters: NDArray[np.float32],
    images: NDArray[Any],
    seed: int,
    workers: int,
) -> NDArray[np.float32]:
    """Return the statistics of norms that a network has with some parameters, in float32.

    As ``torch.optim.swa_utils.update_bn`` does for an average of weights, whose layers give others
    than any of those that it is the average of had: ``r = sum_s images_s s / sum_s images_s``, with
    s the statistics of sections of 128 images, as they are in training, but for images that are not
    randomized. The sections, their order and that of the sum follow from ``images`` and ``seed``.

    Parameters
    ----------
    network : Network
        One with layers that have running statistics.
    parameters : ndarray of shape (network.size,), float32
        What was learned; its own statistics don't matter.
    images : ndarray of shape (n, C, H, W), uint8 or float32
        The training images, checked. Of more than 8,192 so many are drawn.
    seed : int
        What they, and their order, are drawn from.
    workers : int
        Threads; they change no bit.
    """
    count = min(len(images), MOST)
    places = np.random.default_rng([seed, count]).permutation(len(images))[:count]
    whole = whole_section(no_targets(network, count))._replace(indices=places)
    procedure, outputs = Procedure(network, seed=seed), Outputs(statistics_alone=True)

    def work_on(where: slice) -> NDArray[np.float32]:
        part = whole.part(where)
        gradient = section_step(procedure, parameters, images, part, outputs).gradient
        return gradient[network.trained_size :]

    parts = [slice(start, start + TOGETHER) for start in range(0, count, TOGETHER)]
    most = threads_for(network, count, training=True)
    sums = np.zeros(network.size - network.trained_size)
    for statistics in shared_workers(workers).map(work_on, parts, most=most):
        sums += statistics
    return (sums / count).astype(np.float32)
