"""Figures of the machine itself: what ``pellucid bench`` measures, in about half a minute."""

from __future__ import annotations

import functools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.console import Say
from pellucid.execution.inference import predict_proba
from pellucid.kernels.compiling.cache import announce_with
from pellucid.measuring.images import digit_batches
from pellucid.measuring.networks import NETWORKS
from pellucid.measuring.rates import Rate, rate_of
from pellucid.measuring.sgemm import sgemm_rate
from pellucid.measuring.work import training_work
from pellucid.network.network import Network
from pellucid.training import Trainer

__all__ = ["Figure", "own_figures"]

BATCH_SIZES = {"reference": (32, 128, 1024, 8192), "lenet": (32, 1024), "wide": (32, 1024)}
IMAGES = {"reference": 10_000, "lenet": 10_000, "wide": 1_000}
"""How many images a network is given at once for inference."""

FIRST_UPDATE = """
import numpy as np
from pellucid import Trainer, presets
images = np.zeros((1024, 28, 28), np.uint8)
Trainer(presets.reference()).step(images, np.arange(1024) % 10)
"""


@dataclass(frozen=True)
class Figure:
    """One figure of this machine.

    Attributes
    ----------
    group : str
        What it is a figure of.
    name : str
        Which one of them.
    value : float
        The median of several measurements.
    low, high : float
        From where to where they go.
    unit : str
        Images a second, for example.
    """

    group: str
    name: str
    value: float
    low: float
    high: float
    unit: str


def own_figures(
    seconds: float = 0.15,
    rounds: int = 3,
    workers: int | None = None,
    *,
    cold: bool = True,
    say: Say | None = None,
) -> Iterator[Figure]:
    """Measure this machine and yield figure by figure.

    Parameters
    ----------
    seconds : float, default 0.15
        How long each measurement lasts, at least.
    rounds : int, default 3
        How many there are of each.
    workers : int, optional
        Threads; the default is one on each processor.
    cold : bool, default True
        Also time a first update in new processes, with an empty kernel cache and a filled one.
    say : callable, optional
        Is told when kernels must be compiled first.

    Yields
    ------
    Figure
        Training and inference of three networks, their share of sgemm's rate, the first update.
    """
    announce_with(say)
    yield from _training(seconds, rounds, workers)
    yield from _inference(seconds, rounds, workers)
    yield from _share_of_sgemm(seconds, rounds)
    if cold:
        yield from _first_update()


def _training(seconds: float, rounds: int, workers: int | None) -> Iterator[Figure]:
    for name, make in NETWORKS.items():
        for size in BATCH_SIZES[name]:
            found = _training_rates(make(), size, seconds, rounds, workers)
            rates = [rate.per_second for rate in found]
            yield _figure(f"training, {name} network", f"batch {size:,}", rates, "images/s")


def _training_rates(
    network: Network, size: int, seconds: float, rounds: int, workers: int | None
) -> list[Rate]:
    [batch] = digit_batches(1, size)
    with Trainer(network, workers=workers) as trainer:
        trainer.step(*batch)
        return [rate_of(lambda: trainer.step(*batch), size, seconds) for _ in range(rounds)]


def _inference(seconds: float, rounds: int, workers: int | None) -> Iterator[Figure]:
    [(images, _)] = digit_batches(1, max(IMAGES.values()))
    for name, make in NETWORKS.items():
        run = _predictor(make(), images, workers)
        count = IMAGES[name]
        run(count)
        many = [
            rate_of(functools.partial(run, count), count, seconds).per_second for _ in range(rounds)
        ]
        one = [_median_latency(functools.partial(run, 1), seconds) * 1e6 for _ in range(rounds)]
        group = f"inference, {name} network"
        yield _figure(group, f"{count:,} images", many, "images/s")
        yield _figure(group, "one image", one, "microseconds")


def _predictor(
    network: Network, images: NDArray[np.uint8], workers: int | None
) -> Callable[[int], object]:
    """Return a function that predicts the first so many images."""
    parameters = network.initial_parameters(0)
    return lambda count: predict_proba(network, parameters, images[:count], workers)


def _median_latency(call: Callable[[], object], seconds: float) -> float:
    """Return the median time of single calls."""
    found: list[float] = []
    end = time.perf_counter() + seconds
    while not found or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def _share_of_sgemm(seconds: float, rounds: int) -> Iterator[Figure]:
    """Compare a training step on one core with sgemm on one core, in turn."""
    for name, make in NETWORKS.items():
        network = make()
        shares = []
        for _ in range(rounds):
            peak = sgemm_rate(seconds)
            [rate] = _training_rates(network, 1024, seconds, 1, 1)
            shares.append(100 * rate.per_core_second * training_work(network) / peak)
        yield _figure("share of sgemm's rate, training, one core", f"{name} network", shares, "%")


def _first_update() -> Iterator[Figure]:
    """Time new processes from start to end: the cache is empty for the first, then filled."""
    with tempfile.TemporaryDirectory() as cache:
        for name in ("empty kernel cache", "filled kernel cache"):
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-c", FIRST_UPDATE], check=True,
                env=os.environ | {"PELLUCID_CACHE": cache},
            )  # fmt: skip
            spent = time.perf_counter() - start
            yield _figure("first update, new process, reference network", name, [spent], "s")


def _figure(group: str, name: str, values: list[float], unit: str) -> Figure:
    return Figure(group, name, float(np.median(values)), min(values), max(values), unit)
