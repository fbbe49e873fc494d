"""Fingerprints of short trainings, which are the same on every processor.

``python -m benchmarks.same_bits`` trains, and compares with the table in ``same_bits.json``: it
names what differs, and ends with exit code 1. ``--write`` makes the table anew, for a change that
means to change bits. It takes a few seconds where kernels are compiled already. What is trained on
is made of whole numbers, so nothing of the machine is in it.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pellucid
from pellucid import (
    GELU,
    SGD,
    Adam,
    AdamW,
    Augmentation,
    AveragePool2D,
    BinaryCrossEntropy,
    Conv2D,
    CosineSchedule,
    CrossEntropy,
    Dense,
    Dropout,
    ExponentialAverage,
    Flatten,
    GlobalAveragePool2D,
    GroupNorm,
    Huber,
    LeakyReLU,
    MaxPool2D,
    Network,
    OneCycleSchedule,
    ReLU,
    Schedule,
    Sigmoid,
    SiLU,
    StepSchedule,
    Tanh,
    Trainer,
)
from pellucid.network import presets

TABLE = Path(__file__).with_suffix(".json")

CASES: dict[str, Callable[[], str]] = {}

PHOTO = Augmentation(
    mirror=0.5, border="reflect", crop=(0.5, 1.0), crop_aspect=(0.75, 1.25), erase=0.5, mixup=0.3,
    brightness=(0.8, 1.2), contrast=(0.8, 1.2), saturation=(0.7, 1.3), hue=(-0.1, 0.1),
)  # fmt: skip


def case(function: Callable[[], str]) -> Callable[[], str]:
    """Add a function to the cases, under its name."""
    CASES[function.__name__.replace("_", " ")] = function
    return function


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true", help="make the table anew")
    parser.add_argument("cases", nargs="*", help="only these, by the beginning of their names")
    options = parser.parse_args()
    names = [name for name in CASES if not options.cases or name.startswith(tuple(options.cases))]
    print(platform.machine(), flush=True)
    found = {}
    for name in names:
        found[name] = CASES[name]()
        print(f"{name:<44} {found[name]}", flush=True)
    if options.write:
        TABLE.write_text(json.dumps(found, indent=1) + "\n")
    changed = [name for name in names if table()[name] != found[name]]
    print("\n".join(f"{name}: other bits" for name in changed) or "The same bits.")
    sys.exit(bool(changed))


def table() -> dict[str, str]:
    """Return the fingerprints that every processor comes to."""
    found: dict[str, str] = json.loads(TABLE.read_text())
    return found


def images(count: int, *shape: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return bright bars on noise, in four classes."""
    random = np.random.default_rng(0)
    labels = np.arange(count) % 4
    pixels = random.integers(0, 160, (count, *shape), dtype=np.uint8)
    for image, label in zip(pixels, labels, strict=True):
        image[..., 2 * label : 2 * label + 3, 3:-3] = 255
    return pixels, labels


def trained(network: Network, targets: NDArray[Any] | None = None, **how: Any) -> str:
    """Return the fingerprint of some updates, and of what is predicted then."""
    pixels, labels = images(120, *network.input_shape)
    made = {name: how.pop(name) for name in [*how] if name != "schedule"}
    with Trainer(network, seed=7, **made) as trainer:
        trainer.fit(pixels, labels if targets is None else targets, epochs=2, batch_size=48, **how)
        many = pellucid.predict_proba(network, trainer.averaged, pixels[:40])
        one = pellucid.predict_proba(network, trainer.averaged, pixels[:1])
        losses = np.array([update.loss for update in trainer.history.updates])
        parts = [trainer.parameters, trainer.averaged, many.ravel(), one.ravel(), losses]
        return pellucid.fingerprint(np.concatenate(parts))


@case
def the_reference_network() -> str:
    return trained(
        presets.reference(), optimizer=Adam(0.05), augmentation=Augmentation(),
        schedule=Schedule(warmup=0.3, cooldown=0.3),
    )  # fmt: skip


@case
def a_residual_network_with_batch_norm() -> str:
    return trained(
        presets.residual((3, 16, 16), 4), optimizer=AdamW(0.01), schedule=CosineSchedule(0.2),
        clip_norm=1.0,
    )  # fmt: skip


@case
def photos_randomized_and_mixed() -> str:
    layers = [
        Conv2D(16, 3, padding="same"), ReLU(), Conv2D(24, 3, padding="same"), ReLU(), MaxPool2D(2),
        Conv2D(32, 3, padding="same"), ReLU(), MaxPool2D(2), Flatten(), Dense(40), ReLU(), Dense(4),
    ]  # fmt: skip
    return trained(
        Network(layers, (3, 32, 32), CrossEntropy(0.1)), optimizer=SGD(0.01, momentum=0.9),
        augmentation=PHOTO, schedule=OneCycleSchedule(), average=ExponentialAverage(0.9),
    )  # fmt: skip


@case
def other_layers_and_several_labels() -> str:
    layers = [
        Conv2D(8, 5, stride=2, padding=2), GroupNorm(4), SiLU(), Conv2D(16, 3, groups=8), GELU(),
        AveragePool2D(2), Conv2D(7, (2, 3), dilation=2, padding="same"), Tanh(), Dropout(0.2),
        LeakyReLU(0.1), GlobalAveragePool2D(), Dense(9), Sigmoid(), Dense(4),
    ]  # fmt: skip
    targets = np.random.default_rng(1).integers(0, 2, (120, 4))
    return trained(
        Network(layers, (2, 26, 23), BinaryCrossEntropy()), targets, optimizer=Adam(0.02),
        schedule=StepSchedule(0.3, 0.5),
    )  # fmt: skip


@case
def numbers_of_large_images() -> str:
    layers = [
        Conv2D(6, 7, padding=3), ReLU(), MaxPool2D(3, 2), Conv2D(10, 5), ReLU(), MaxPool2D(2),
        Flatten(), Dense(2),
    ]  # fmt: skip
    targets = np.random.default_rng(2).integers(-3, 4, (120, 2)).astype(np.float32)
    return trained(
        Network(layers, (1, 90, 70), Huber()), targets, optimizer=SGD(1e-3, weight_decay=1e-2),
        schedule=Schedule(0.1),
    )  # fmt: skip


if __name__ == "__main__":
    main()
