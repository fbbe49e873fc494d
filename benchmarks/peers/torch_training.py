"""PyTorch's training step: eager, channels_last, compiled, in bfloat16; whole batches randomized.

Everything that Pellucid's step does is inside: uint8 images to float32 in [0, 1], randomizing,
forward, cross-entropy, backward, Adam, and the loss as a Python number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.peers.torch_network import load_parameters, torch_network
from pellucid import Network


def moved_images(images: Tensor, scale: Tensor, angle: Tensor, dx: Tensor, dy: Tensor) -> Tensor:
    """Return images scaled, turned by radians and shifted by pixels, each by its own."""
    count, _, height, width = images.shape
    # From an output pixel back to the input: undo the shift, the rotation and the scaling.
    cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
    rows = [
        cos, sin * (height / width), -(cos * dx + sin * dy) * (2 / width),
        -sin * (width / height), cos, (sin * dx - cos * dy) * (2 / height),
    ]  # fmt: skip
    grid = functional.affine_grid(
        torch.stack(rows, 1).view(count, 2, 3), list(images.shape), align_corners=False
    )
    return functional.grid_sample(images, grid, align_corners=False)


def randomize(images: Tensor) -> Tensor:
    """Return (n, C, H, W) images in [0, 1], scaled, turned, shifted and with noise, all at once.

    One draw a pixel serves mask and noise: given u < p, u / p is uniform again.
    """
    count = len(images)
    draws = torch.rand(5, count)
    scale = 0.9 + 0.2 * draws[0]
    angle = (draws[1] - 0.5) * (math.pi / 2)
    dx, dy = (draws[2] - 0.5) * 4, (draws[3] - 0.5) * 4
    moved = moved_images(images, scale, angle, dx, dy)
    chance = (0.3 * draws[4]).view(count, 1, 1, 1)
    uniform = torch.rand_like(moved)
    noise = torch.where(uniform < chance, uniform / chance - 0.5, 0.0)
    return (moved + noise).clamp_(0, 1)


class TorchTraining:
    """Cross-entropy and Adam on one network."""

    def __init__(
        self,
        network: Network,
        threads: int,
        randomize: bool,
        channels_last: bool = False,
        compiled: bool = False,
        bfloat16: bool = False,
    ) -> None:
        torch.set_num_threads(threads)
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        self.network = torch_network(network).to(memory_format=self.format)
        self.randomize, self.bfloat16 = randomize, bfloat16
        # The fused Adam is the fastest that PyTorch has on a CPU.
        self.optimizer = torch.optim.Adam(
            self.network.parameters(), lr=0.001, eps=1e-10, fused=True
        )
        self.shape = (-1, *network.input_shape)
        self.loss = nn.CrossEntropyLoss()
        self.forward: Callable[[Tensor, Tensor], Tensor] = (
            torch.compile(self._forward, dynamic=False) if compiled else self._forward
        )

    def load(self, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        load_parameters(self.network, arrays.values())

    def step(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
        """Do one update; return the mean loss of the batch before it, in nats per image."""
        self.optimizer.zero_grad()
        loss = self.forward(torch.from_numpy(images), torch.from_numpy(labels))
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def _forward(self, images: Tensor, labels: Tensor) -> Tensor:
        pixels = images.view(self.shape).to(torch.float32, memory_format=self.format) / 255
        if self.randomize:
            pixels = randomize(pixels).contiguous(memory_format=self.format)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bfloat16):
            return self.loss(self.network(pixels), labels)
