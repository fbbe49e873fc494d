"""What a measuring process is asked to do: prepare a case, then measure it again and again.

A case is a system on a network with a batch size; cases stay in the process until they are dropped.
"""

from __future__ import annotations

import importlib
from typing import Any

from pellucid.measuring.images import Batch, digit_batches, photo_batches
from pellucid.measuring.networks import DEEP, NETWORKS
from pellucid.measuring.rates import Rate, rate_of

TRAINING: dict[str, tuple[str, str, dict[str, bool]]] = {
    "Pellucid": ("ours", "PellucidTraining", {}),
    "PyTorch eager": ("torch_training", "TorchTraining", {}),
    "PyTorch channels_last": ("torch_training", "TorchTraining", {"channels_last": True}),
    "torch.compile": ("torch_training", "TorchTraining", {"compiled": True}),
    "torch.compile channels_last": (
        "torch_training", "TorchTraining", {"compiled": True, "channels_last": True},
    ),
    "PyTorch bfloat16": (
        "torch_training", "TorchTraining", {"channels_last": True, "bfloat16": True},
    ),
    "torch.compile bfloat16": (
        "torch_training", "TorchTraining",
        {"compiled": True, "channels_last": True, "bfloat16": True},
    ),
    "JAX jit": ("jax_training", "JaxTraining", {}),
    "skorch": ("skorch_training", "SkorchTraining", {}),
    "NumPy": ("numpy_training", "NumpyTraining", {}),
}  # fmt: skip
"""Training systems by name: file, class, settings."""

_cases: dict[tuple[Any, ...], Any] = {}
_batches: dict[tuple[int, int], list[Batch]] = {}


def prepare_training(
    name: str, network: str, batch_size: int, randomize: bool, threads: int, updates: int
) -> list[float]:
    """Make a system ready, from the same parameters as all others; return its first losses."""
    module, kind, settings = TRAINING[name]
    made = (NETWORKS | DEEP)[network]()
    system = getattr(importlib.import_module(f"benchmarks.peers.{module}"), kind)(
        made, threads, randomize, **settings
    )
    views = made.views(made.initial_parameters(0))
    system.load({p.name: views[p.name].copy() for p in made.parameters if p.is_trained})
    _cases[name, network, batch_size, randomize] = system
    batches = _batches_of(batch_size, made.input_shape)
    return [system.step(*batches[i % len(batches)]) for i in range(updates)]


def measure_training(
    name: str, network: str, batch_size: int, randomize: bool, seconds: float
) -> Rate:
    """Return a prepared system's training rate, in images a second."""
    system = _cases[name, network, batch_size, randomize]
    batches = _batches_of(batch_size, (NETWORKS | DEEP)[network]().input_shape)
    number = 0

    def step() -> None:
        nonlocal number
        system.step(*batches[number % len(batches)])
        number += 1

    return rate_of(step, batch_size, seconds)


def drop_all() -> None:
    """Forget every case."""
    _cases.clear()


def _batches_of(batch_size: int, shape: tuple[int, ...]) -> list[Batch]:
    made = digit_batches if shape[0] == 1 else photo_batches
    key = batch_size, shape[0]
    if key not in _batches:
        _batches[key] = made(8 if batch_size <= 1024 else 2, batch_size)
    return _batches[key]
