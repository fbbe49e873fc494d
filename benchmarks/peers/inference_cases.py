"""What a measuring process does for inference: prepare a system, then throughput and latency."""

from __future__ import annotations

import importlib
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.measuring.images import digit_batches
from pellucid.measuring.networks import NETWORKS
from pellucid.measuring.rates import Rate, rate_of

INFERENCE: dict[str, tuple[str, str, dict[str, bool]]] = {
    "Pellucid": ("ours", "PellucidInference", {}),
    "onnxruntime": ("onnx_inference", "OnnxInference", {}),
    "PyTorch eager": ("torch_inference", "TorchInference", {}),
    "PyTorch channels_last": ("torch_inference", "TorchInference", {"channels_last": True}),
    "torch.jit": ("torch_inference", "TorchInference", {"jit": True}),
}
"""Inference systems by name: file, class, settings."""

MOST = 10_000
"""Images that there are."""

WARMUPS = 3
"""Calls before the first measurement of a size: torch.jit compiles in the second, and the memory
of a large batch comes from the system in the first."""

_cases: dict[tuple[str, str, bool], Any] = {}
_warm: set[tuple[str, str, bool, int]] = set()
_images: dict[bool, NDArray[Any]] = {}


def prepare_inference(
    name: str, network: str, is_float: bool, threads: int
) -> NDArray[np.float32]:  # fmt: skip
    """Make a system ready; return its probabilities of the first 100 images."""
    module, kind, settings = INFERENCE[name]
    made = NETWORKS[network]()
    parameters = made.initial_parameters(0)
    system = getattr(importlib.import_module(f"benchmarks.peers.{module}"), kind)(
        made, parameters, threads, is_float, **settings
    )
    _cases[name, network, is_float] = system
    return np.array(system.predict(_images_of(is_float)[:100]))


def measure_inference(
    name: str, network: str, is_float: bool, images: int, seconds: float
) -> Rate:  # fmt: skip
    """Return a prepared system's rate for batches of some size, in images a second."""
    system, batch = _cases[name, network, is_float], _images_of(is_float)[:images]
    case = name, network, is_float, images
    for _ in range(1 if case in _warm else WARMUPS):
        system.predict(batch)
    _warm.add(case)
    return rate_of(lambda: system.predict(batch), images, seconds)


def measure_latency(name: str, network: str, is_float: bool, seconds: float) -> list[float]:
    """Return the seconds that single images took, one after another."""
    system, images, found = _cases[name, network, is_float], _images_of(is_float), []
    for i in range(20):
        system.predict(images[i : i + 1])
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        one = images[len(found) % MOST :][:1]
        start = time.perf_counter()
        system.predict(one)
        found.append(time.perf_counter() - start)
    return found


def drop_all() -> None:
    """Forget every case."""
    _cases.clear()
    _warm.clear()


def _images_of(is_float: bool) -> NDArray[Any]:
    if is_float not in _images:
        images = digit_batches(1, MOST)[0][0]
        _images[is_float] = images.astype(np.float32) / np.float32(255) if is_float else images
    return _images[is_float]
