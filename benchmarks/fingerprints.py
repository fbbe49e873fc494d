"""Fingerprints of a dozen trainings: whether a change of the code has changed any bits.

``python -m benchmarks.fingerprints --out before.json`` before a change, and afterwards
``python -m benchmarks.fingerprints --compare before.json``, on the same machine: it names what
differs, and ends with exit code 1. It takes a minute. A training's fingerprint is that of its
parameters; of predictions and image gradients it is that of the arrays.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

import pellucid
from pellucid import (
    Adam,
    Augmentation,
    CNNClassifier,
    Conv2D,
    Dense,
    Flatten,
    MaxPool2D,
    Network,
    ReLU,
    Schedule,
    Sigmoid,
    Trainer,
)
from pellucid.network import presets

conv2d, dense = partial(Conv2D, init="seed"), partial(Dense, init="seed")
"""Layers that start as all did when the first fingerprints were taken."""

CASES: dict[str, Callable[[], str]] = {}


def case(function: Callable[[], str]) -> Callable[[], str]:
    """Add a function to the cases, under its name."""
    CASES[function.__name__.replace("_", " ")] = function
    return function


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, help="write the fingerprints here, as JSON")
    parser.add_argument("--compare", type=Path, help="the JSON to compare with")
    parser.add_argument("--mnist", action="store_true", help="the reference run too, 81,000 images")
    options = parser.parse_args()
    if options.mnist:
        case(the_reference_run)
    found = {}
    for name, function in CASES.items():
        found[name] = function()
        print(f"{name:<44} {found[name][:16]}", flush=True)
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n")
    if options.compare:
        before = json.loads(options.compare.read_text())
        changed = [name for name, value in before.items() if found.get(name, value) != value]
        print("\n".join(f"{name}: other bits" for name in changed) or "The same bits.")
        sys.exit(bool(changed))


def digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return scikit-learn's digits as bytes, (1797, 8, 8)."""
    images, labels = load_digits(return_X_y=True)
    return (images.reshape(-1, 8, 8) * 15).astype(np.uint8), labels


def photos(count: int = 512) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return blocks of color on noise, (count, 3, 32, 32), in four classes."""
    random = np.random.default_rng(0)
    labels = np.arange(count) % 4
    images = random.integers(0, 160, (count, 3, 32, 32), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[label % 3, 8 * label : 8 * label + 8, 4:28] = 255
    return images, labels


def trained(layers: list, images: NDArray, labels: NDArray, **how) -> str:  # type: ignore[type-arg]
    """Return the fingerprint of a short training."""
    made = {name: how.pop(name) for name in ("augmentation", "seed", "sections") if name in how}
    shape = images.shape[1:]
    settings = {"epochs": 2, "batch_size": 128, **how}
    with Trainer(Network(layers, shape), optimizer=Adam(0.01), **made) as trainer:
        trainer.fit(images, labels, **settings)
        return pellucid.fingerprint(trainer)


SMALL = [conv2d(5, 3), ReLU(), MaxPool2D(2), Flatten(), dense(10)]


@case
def every_kind_of_layer() -> str:
    layers = [
        conv2d(6, 3, padding="same"), Sigmoid(), MaxPool2D(3, 2), ReLU(), conv2d(9, (2, 3), 1, 2),
        ReLU(), Flatten(), dense(20), Sigmoid(), dense(10),
    ]  # fmt: skip
    return trained(layers, *digits())


@case
def floats() -> str:
    images, labels = digits()
    return trained(SMALL, images.astype(np.float32) / 255, labels)


@case
def randomized_bytes() -> str:
    return trained(SMALL, *digits(), augmentation=Augmentation(), seed=3)


@case
def weights_of_images() -> str:
    images, labels = digits()
    return trained(SMALL, images, labels, sample_weight=1.0 + labels, schedule=Schedule(0.2, 0.5))


@case
def three_sections() -> str:
    return trained(SMALL, *digits(), sections=3)


@case
def a_mapped_file() -> str:
    images, labels = digits()
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder, "images.npy"), images)
        return trained(SMALL, np.load(Path(folder, "images.npy"), mmap_mode="r"), labels)


@case
def color_with_fewer_multiplications() -> str:
    layers = [
        conv2d(16, 3, padding="same"), ReLU(), conv2d(16, 3, padding="same"), ReLU(), MaxPool2D(2),
        conv2d(24, 5, padding="same"), ReLU(), MaxPool2D(2), Flatten(), dense(32), ReLU(), dense(4),
    ]  # fmt: skip
    return trained(layers, *photos(), epochs=1)


@case
def strides_of_color() -> str:
    layers = [
        conv2d(8, 3, stride=2, padding="same"), ReLU(), conv2d(12, (5, 3), stride=(1, 2)), ReLU(),
        MaxPool2D((2, 1)), conv2d(7, 1), Sigmoid(), Flatten(), dense(4),
    ]  # fmt: skip
    return trained(layers, *photos(), epochs=1)


@case
def a_large_image() -> str:
    images, labels = photos(64)
    layers = [conv2d(5, 7, padding=3), ReLU(), MaxPool2D(2), conv2d(5, 4), ReLU(), MaxPool2D(3, 2)]
    return trained([*layers, Flatten(), dense(4)], images.repeat(2, 2).repeat(3, 3), labels)


@case
def dense_alone() -> str:
    return trained([Flatten(), dense(64), ReLU(), dense(33), Sigmoid(), dense(10)], *digits())


@case
def the_wider_preset() -> str:
    network = presets.default((8, 8), 10)
    return trained(list(network.layers), *digits())


@case
def the_estimators_default() -> str:
    X, y = load_digits(return_X_y=True)
    return pellucid.fingerprint(CNNClassifier(random_state=0).fit(X, y))


@case
def the_estimator_in_parts() -> str:
    X, y = load_digits(return_X_y=True)
    classifier = CNNClassifier(random_state=1)
    for start in range(0, 1200, 300):
        classifier.partial_fit(X[start : start + 300], y[start : start + 300], classes=range(10))
    return pellucid.fingerprint(classifier)


@case
def worker_processes() -> str:
    images, labels = digits()
    with pellucid.open_executor("processes", workers=2) as executor:
        trainer = Trainer(Network(SMALL, (8, 8)), augmentation=Augmentation(), executor=executor)
        trainer.fit(images, labels, batch_size=256)
        return pellucid.fingerprint(trainer)


@case
def predictions_and_image_gradients() -> str:
    images, labels = photos(96)
    parts = []
    for layers in (
        [conv2d(16, 3, padding="same"), ReLU(), MaxPool2D(2), Flatten(), dense(4)],
        [conv2d(6, 5, stride=2), Sigmoid(), MaxPool2D(3, 2), Flatten(), dense(9), ReLU(), dense(4)],
    ):
        network = Network(layers, (3, 32, 32))
        parameters = network.initial_parameters(1)
        many = pellucid.predict_proba(network, parameters, images)
        few = pellucid.predict_proba(network, parameters, images[:5])
        gradients = pellucid.image_gradients(network, parameters, images[:40], labels[:40])
        parts += [many.ravel(), few.ravel(), gradients.ravel()]
    return pellucid.fingerprint(np.concatenate(parts))


def the_reference_run() -> str:
    """What ``pellucid train`` trains with no options."""
    found = pellucid.data.load("mnist")
    settings = {"optimizer": Adam(0.05), "augmentation": Augmentation()}
    with Trainer(presets.reference(), **settings) as trainer:
        schedule = Schedule(warmup=0.3, cooldown=0.3)
        trainer.fit(found.train_images, found.train_labels, total_images=81_000, schedule=schedule)
        return pellucid.fingerprint(trainer)


if __name__ == "__main__":
    main()
