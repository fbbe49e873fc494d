"""A process that trains on MNIST and tests as it goes.

``python -m benchmarks.peers.to_accuracy`` with SYSTEM NETWORK FOLDER EPOCHS BATCH_SIZE RATE EVERY
GOAL THREADS prints a list of (update, seconds since the process was started, accuracy) as JSON.
Testing is not counted, and training ends where the goal is reached.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def pellucid_system(
    network: str, parameters: Array, rate: float, threads: int
) -> tuple[Any, Any, Any]:
    """Return functions for a step, the accuracy, and setting the learning rate."""
    from dataclasses import replace

    from pellucid import Adam, Trainer
    from pellucid.measuring.networks import NETWORKS

    trainer = Trainer(NETWORKS[network](), optimizer=Adam(rate), workers=threads)
    trainer.parameters = parameters

    def set_rate(value: float) -> None:
        trainer.optimizer = replace(trainer.optimizer, learning_rate=value)

    return trainer.step, lambda x, y: trainer.evaluate(x, y).accuracy, set_rate


def torch_system(
    network: str, parameters: Array, threads: int, channels_last: bool
) -> tuple[Any, Any, Any]:
    """The same in PyTorch."""
    import torch

    from benchmarks.peers.torch_training import TorchTraining
    from pellucid.measuring.networks import NETWORKS

    made = NETWORKS[network]()
    system = TorchTraining(made, threads, False, channels_last)
    system.load(made.views(parameters))

    def accuracy(images: Array, labels: Array) -> float:
        pixels = (
            torch.from_numpy(images).unsqueeze(1).to(torch.float32, memory_format=system.format)
        )
        with torch.inference_mode():
            return float((system.network(pixels / 255).argmax(1).numpy() == labels).mean())

    def set_rate(value: float) -> None:
        for group in system.optimizer.param_groups:
            group["lr"] = value

    return system.step, accuracy, set_rate


def train(
    step: Callable[..., float], accuracy: Callable[..., float], set_rate: Callable[[float], None],
    task: dict[str, Array], updates: int, batch_size: int, rate: float, every: int, start: float,
    goal: float = 1.0,
) -> list[tuple[int, float, float]]:  # fmt: skip
    """Train over ``updates`` batches in the task's order, the rate falling in a straight line."""
    curve, testing = [], 0.0
    for number in range(updates):
        chosen = task["order"][number * batch_size : (number + 1) * batch_size]
        set_rate(rate * (1 - number / updates))
        step(task["train_images"][chosen], task["train_labels"][chosen])
        if (number + 1) % every == 0 or number + 1 == updates:
            now = time.time()
            right = accuracy(task["test_images"], task["test_labels"])
            curve.append((number + 1, now - start - testing, float(right)))
            testing += time.time() - now
            if right >= goal:
                break
    return curve


def main() -> None:
    name, network, folder, epochs, batch_size, rate, every, goal, threads = sys.argv[1:]
    start = float(os.environ["BENCH_START"])
    with np.load(Path(folder) / "task.npz") as file:
        task = dict(file)
    parameters = np.load(Path(folder) / f"{network}.npy")
    if name == "Pellucid":
        system = pellucid_system(network, parameters, float(rate), int(threads))
    else:
        system = torch_system(network, parameters, int(threads), name.endswith("channels_last"))
    updates = int(float(epochs) * len(task["train_labels"])) // int(batch_size)
    curve = train(
        *system, task, updates, int(batch_size), float(rate), int(every), start, float(goal)
    )
    print(json.dumps(curve))


if __name__ == "__main__":
    main()
