"""What a measuring process does for the sweep: one network at a time, whatever its shape."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from benchmarks.peers.training_cases import TRAINING
from pellucid import Network
from pellucid.measuring.rates import Rate, rate_of

_now: list[Any] = []


def prepare(name: str, values: dict[str, Any], batch_size: int, threads: int) -> float:
    """Make a system ready for a network; return the loss of its first batch."""
    network = Network.from_dict(values)
    module, kind, settings = TRAINING[name]
    system = getattr(importlib.import_module(f"benchmarks.peers.{module}"), kind)(
        network, threads, False, **settings
    )
    parameters = network.initial_parameters(0)
    system.load({key: view.copy() for key, view in network.views(parameters).items()})
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (batch_size, *network.input_shape), dtype=np.uint8)
    batch = images, np.arange(batch_size) % 10
    _now[:] = [system, batch]
    loss = system.step(*batch)
    system.step(*batch)
    return loss


def measure(seconds: float) -> Rate:
    """Return the rate of the network that is ready, in images a second."""
    system, batch = _now
    return rate_of(lambda: system.step(*batch), len(batch[1]), seconds)
