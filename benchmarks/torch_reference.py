"""PyTorch on the reference network: what Pellucid's throughput is measured against.

    python benchmarks/torch_reference.py [--seconds 3] [--rounds 3] [--batch-size 1024]

Everything that Pellucid's step does is inside the timed step here too: uint8 images to float32 in
[0, 1], forward, cross-entropy, backward, Adam, and the loss as a Python number.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits
from torch import nn

Batch = tuple[NDArray[np.uint8], NDArray[np.int64]]

# Pellucid's names of the parameters, in the order of nn.Sequential's.
PARAMETERS = ("f1", "b1", "f2", "b2", "w3", "b3", "w4", "b4")
WARM_UP = 5


def cores() -> int:
    """How many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def digit_batches(count: int, batch_size: int, seed: int = 0) -> list[Batch]:
    """Return batches of digit-like images, (batch_size, 28, 28) uint8, and their labels.

    They are scikit-learn's 8 x 8 digits, three times as large, at a random place: as empty as
    handwriting is, which matters where a system skips zeros.
    """
    digits = load_digits()
    random = np.random.default_rng(seed)
    batches = []
    for _ in range(count):
        chosen = random.integers(0, len(digits.images), batch_size)
        large = digits.images[chosen].repeat(3, axis=1).repeat(3, axis=2)
        images = np.zeros((batch_size, 28, 28), np.uint8)
        places = random.integers(0, 5, (batch_size, 2))
        for image, digit, (y, x) in zip(images, large, places, strict=True):
            image[y : y + 24, x : x + 24] = digit * (255 / 16)
        batches.append((images, digits.target[chosen].astype(np.int64)))
    return batches


class TorchReference:
    """The reference network, cross-entropy and Adam in PyTorch, eager, on every core."""

    def __init__(self, channels_last: bool = False, learning_rate: float = 0.01) -> None:
        torch.set_num_threads(cores())
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        self.network = nn.Sequential(
            nn.Conv2d(1, 5, 5),
            nn.ReLU(),
            nn.Conv2d(5, 5, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(500, 10),
            nn.ReLU(),
            nn.Linear(10, 10),
        ).to(memory_format=self.format)
        # The fused Adam is the fastest that PyTorch has on a CPU.
        self.optimizer = torch.optim.Adam(
            self.network.parameters(), lr=learning_rate, betas=(0.9, 0.999), fused=True
        )
        self.loss = nn.CrossEntropyLoss()

    def load(self, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        """Take over Pellucid's parameters, by their names in the equations."""
        with torch.no_grad():
            for name, parameter in zip(PARAMETERS, self.network.parameters(), strict=True):
                parameter.copy_(torch.tensor(arrays[name]))

    def step(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
        """Do one update; return the mean loss of the batch before it, in nats per image."""
        pixels = torch.from_numpy(images).unsqueeze(1).to(torch.float32, memory_format=self.format)
        self.optimizer.zero_grad()
        loss = self.loss(self.network(pixels.div_(255)), torch.from_numpy(labels))
        loss.backward()
        self.optimizer.step()
        return loss.item()


class Measured(NamedTuple):
    """One measurement: the throughput, and how many cores the process got meanwhile."""

    images_per_second: float
    cores_used: float


def timed(step: Callable[..., float], batches: list[Batch], seconds: float) -> Measured:
    """Measure a training step, after a warm-up, over whole steps."""
    for number in range(WARM_UP):
        step(*batches[number % len(batches)])
    steps, start, used = 0, time.perf_counter(), time.process_time()
    while (spent := time.perf_counter() - start) < seconds:
        step(*batches[steps % len(batches)])
        steps += 1
    used = time.process_time() - used
    return Measured(steps * len(batches[0][1]) / spent, used / spent)


def measure(batch_size: int, seconds: float, channels_last: bool) -> Measured:
    return timed(TorchReference(channels_last).step, digit_batches(8, batch_size), seconds)


def throughput(batch_size: int = 1024, seconds: float = 3.0, channels_last: bool = False) -> float:
    """Return PyTorch's training throughput on the reference network, in images per second."""
    return measure(batch_size, seconds, channels_last).images_per_second


def warn_if_busy(measured: list[Measured]) -> bool:
    """Say so, and return True, where other programs took the cores that PyTorch keeps at work."""
    got = statistics.median(m.cores_used for m in measured)
    busy = got < 0.85 * cores()
    if busy:
        print(
            f"This machine is busy: PyTorch got {got:.1f} of {cores()} cores, and it slows down "
            "by more than it is short of. Don't use these figures."
        )
    return busy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--batch-size", type=int, default=1024)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    found: dict[str, list[Measured]] = {"eager": [], "eager, channels_last": []}
    for _ in range(options.rounds):
        for name, values in found.items():
            values.append(measure(options.batch_size, options.seconds, "last" in name))
    title = f"PyTorch {torch.__version__}, {cores()} cores, batch {options.batch_size}"
    table = Table("configuration", title=title)
    for heading in ("images/s, median", "lowest", "highest", "cores used"):
        table.add_column(heading, justify="right")
    for name, values in found.items():
        rates = [value.images_per_second for value in values]
        figures = (statistics.median(rates), min(rates), max(rates))
        used = statistics.median(value.cores_used for value in values)
        table.add_row(name, *(f"{value:,.0f}" for value in figures), f"{used:.2f}")
    Console().print(table)
    warn_if_busy([value for values in found.values() for value in values])


if __name__ == "__main__":
    main()
