"""A whole training by PyTorch: the network, optimizer, schedule and randomizing of one of ours."""

from __future__ import annotations

import math
import time

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.peers.torch_network import torch_network
from benchmarks.peers.torch_training import moved_images
from pellucid import SGD, Adam, Augmentation, Network
from pellucid.training.optimizers.optimizer import Optimizer
from pellucid.training.schedules.base import BaseSchedule

__all__ = ["train_and_test"]


def train_and_test(
    network: Network,
    optimizer: Optimizer,
    schedule: BaseSchedule,
    augmentation: Augmentation | None,
    train: tuple[NDArray[np.uint8], NDArray[np.int64]],
    test: tuple[NDArray[np.uint8], NDArray[np.int64]],
    *,
    images: int,
    batch_size: int,
    seed: int,
    bfloat16: bool,
) -> tuple[float, float]:
    """Return the accuracy on the test images, and the seconds that training took."""
    torch.manual_seed(seed)
    module = torch_network(network).to(memory_format=torch.channels_last)
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    steps = _optimizer(module, optimizer)
    pixels, labels = (torch.from_numpy(np.ascontiguousarray(array)) for array in train)
    pixels = pixels.view(-1, *network.input_shape)
    updates, loss = math.ceil(images / batch_size), nn.CrossEntropyLoss()
    module.train()
    start, order = time.perf_counter(), torch.empty(0, dtype=torch.int64)
    for update in range(1, updates + 1):
        while len(order) < batch_size:
            order = torch.cat([order, torch.randperm(len(labels))])
        batch, order = order[:batch_size], order[batch_size:]
        shown = pixels[batch].to(torch.float32).div_(255)
        if augmentation is not None:
            shown = randomized(shown, augmentation)
        shown = shown.contiguous(memory_format=torch.channels_last)
        for group in steps.param_groups:
            group["lr"] = optimizer.learning_rate * schedule.factor(update, updates)
        steps.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16):
            found = loss(module(shown), labels[batch])
        found.backward()
        steps.step()
    took = time.perf_counter() - start
    return _accuracy(module, test, network.input_shape), took


def _optimizer(module: nn.Module, ours: Optimizer) -> torch.optim.Optimizer:
    if isinstance(ours, SGD):
        decaying = [p for p in module.parameters() if p.ndim > 1]
        others = [p for p in module.parameters() if p.ndim <= 1]
        return torch.optim.SGD(
            [{"params": decaying, "weight_decay": ours.weight_decay}, {"params": others}],
            lr=ours.learning_rate, momentum=ours.momentum, nesterov=ours.nesterov,
        )  # fmt: skip
    assert isinstance(ours, Adam)
    return torch.optim.Adam(
        module.parameters(), ours.learning_rate, (ours.beta1, ours.beta2), ours.eps, fused=True
    )


def randomized(images: Tensor, how: Augmentation) -> Tensor:
    """Return images in [0, 1], scaled, turned and shifted, or mirrored and shifted by pixels."""
    count, _, height, width = images.shape
    if how.mirror:
        flipped = (torch.rand(count) < how.mirror).view(-1, 1, 1, 1)
        images = torch.where(flipped, images.flip(3), images)
    if how.whole_shift:
        most = int(how.shift[1])
        padded = functional.pad(images, [most] * 4, mode="replicate")
        places = torch.randint(0, 2 * most + 1, (2, count))
        rows = places[0][:, None] + torch.arange(height)
        columns = places[1][:, None] + torch.arange(width)
        return padded[
            torch.arange(count)[:, None, None], :, rows[:, :, None], columns[:, None, :]
        ].permute(0, 3, 1, 2)

    def drawn(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count)

    scale, angle = drawn(*how.scale), torch.deg2rad(drawn(*how.rotation))
    return moved_images(images, scale, angle, drawn(*how.shift), drawn(*how.shift))


@torch.no_grad()
def _accuracy(
    module: nn.Module, test: tuple[NDArray[np.uint8], NDArray[np.int64]], shape: tuple[int, ...]
) -> float:
    module.eval()
    right = 0
    for start in range(0, len(test[1]), 1000):
        pixels = torch.from_numpy(np.ascontiguousarray(test[0][start : start + 1000]))
        shown = pixels.view(-1, *shape).to(torch.float32) / 255
        right += int((module(shown).argmax(1).numpy() == test[1][start : start + 1000]).sum())
    return right / len(test[1])
