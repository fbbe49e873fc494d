"""A guard against slow kernels: training work against sgemm, in the same process and in turn.

No absolute time is asked for. Both sides are measured in processor time of this thread, several
times, and the best of each is taken, so a busy machine changes little. The bounds are a third or
less of what a quiet machine reaches; a kernel that stopped being vectorized is far below them.
"""

import time

import numpy as np
import pytest

from pellucid.execution.sections import Procedure, prepare, section_step, whole_section
from pellucid.measuring.images import digit_batches
from pellucid.measuring.networks import NETWORKS
from pellucid.measuring.work import training_work

ROUNDS, IMAGES, SIZE = 9, 64, 384
LEAST = {"reference": 0.25, "lenet": 0.2, "wide": 0.25}


def best_share(step, work):
    """Return multiply-adds a second over sgemm's, the best of each."""
    from threadpoolctl import threadpool_limits

    a = np.ones((SIZE, SIZE), dtype=np.float32)
    ours = theirs = float("inf")
    with threadpool_limits(1, user_api="blas"):
        for _ in range(ROUNDS):
            start = time.thread_time()
            a @ a
            between = time.thread_time()
            step()
            end = time.thread_time()
            theirs, ours = min(theirs, between - start), min(ours, end - between)
    return (work / max(ours, 1e-9)) / (SIZE**3 / max(theirs, 1e-9))


@pytest.mark.parametrize("training", [True, False], ids=["training", "inference"])
@pytest.mark.parametrize("name", NETWORKS)
def test_kernels_keep_up_with_sgemm(name, training):
    network = NETWORKS[name]()
    parameters = network.initial_parameters(0)
    [(images, labels)] = digit_batches(1, IMAGES)
    images, section = images[:, None], whole_section(labels)
    prepare(network, training=training)

    def step():
        section_step(Procedure(network), parameters, images, section, training=training)

    step()
    work = IMAGES * (training_work(network) if training else network.multiply_adds)
    assert best_share(step, work) > LEAST[name]


def test_the_guard_sees_a_slow_kernel():
    """Plain NumPy, vectorized over all images, is below the bound."""
    network = NETWORKS["reference"]()
    filters = network.views(network.initial_parameters(0).astype(np.float64))["f2"]
    maps = np.ones((IMAGES, 5, 24, 24))

    def step():
        windows = np.lib.stride_tricks.sliding_window_view(maps, (5, 5), axis=(2, 3))
        (windows[:, None] * filters[None, :, :, None, None]).sum(axis=(2, 5, 6))

    work = IMAGES * 5 * 5 * 25 * 400
    assert best_share(step, work) < min(LEAST.values())
