"""A process that does one update and ends: ``python -m benchmarks.peers.first_update SYSTEM``.

It imports what the update needs and nothing else, so that its time is the wait for the first step.
"""

from __future__ import annotations

import sys

import numpy as np


def pellucid_update(images: np.ndarray, labels: np.ndarray) -> float:
    from pellucid import Trainer
    from pellucid.network import presets

    with Trainer(presets.reference()) as trainer:
        return trainer.step(images, labels)


def torch_update(images: np.ndarray, labels: np.ndarray) -> float:
    import torch
    from torch import nn

    network = nn.Sequential(
        nn.Conv2d(1, 5, 5), nn.ReLU(), nn.Conv2d(5, 5, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(500, 10), nn.ReLU(), nn.Linear(10, 10),
    )  # fmt: skip
    optimizer = torch.optim.Adam(network.parameters(), fused=True)
    pixels = torch.from_numpy(images).unsqueeze(1).to(torch.float32) / 255
    loss = nn.CrossEntropyLoss()(network(pixels), torch.from_numpy(labels))
    loss.backward()
    optimizer.step()
    return loss.item()


if __name__ == "__main__":
    random = np.random.default_rng(0)
    batch = random.integers(0, 256, (1024, 28, 28), dtype=np.uint8), np.arange(1024) % 10
    print({"pellucid": pellucid_update, "torch": torch_update}[sys.argv[1]](*batch))
