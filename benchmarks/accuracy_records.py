"""How good, and how soon: accuracy and training time of what Pellucid recommends, over seeds.

    python -m benchmarks.accuracy_records [CASE ...] [--seeds 5] [--test] [--peer] [--photos FILE]

Each case trains on the data's training images less those held back, 10,000 of 50,000 and more, and
is tested on these: settings are chosen so. ``--test`` trains on all and tests on the test images,
once that is done. ``--photos`` names a set of color photos, such as CIFAR-10 as Parquet, for the
cases that need one. ``--peer`` trains the same network under the same schedule in PyTorch, in
float32 and bfloat16 with channels_last, and needs the environment that ``make bench`` makes.
Seconds are of training alone, on every core; nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid import (
    SGD,
    Adam,
    BatchNorm2D,
    CNNClassifier,
    Conv2D,
    Dense,
    GlobalMaxPool2D,
    MaxPool2D,
    Network,
    ReLU,
    Schedule,
    Trainer,
    data,
    presets,
)
from pellucid.network.layers import Layer
from pellucid.recipes import Brief, Recipe, named
from pellucid.recipes.named import augmentation_for
from pellucid.recipes.pace import images_within

Labeled = tuple[NDArray[np.uint8], NDArray[np.int64]]

HELD_BACK = 10_000


@dataclass(frozen=True)
class Case:
    """Something to train: a recipe, or the classifier as it is.

    Attributes
    ----------
    title : str
        What it is, and what is to be reached.
    data : str or None
        A name that :func:`pellucid.data.load` takes; None for the photos that are given.
    recipe : callable or None
        Takes what is known of the images; None for ``CNNClassifier()``.
    seconds : float or None
        Train for so long in place of the recipe's images.
    """

    title: str
    data: str | None
    recipe: Callable[[Brief], Recipe] | None = None
    seconds: float | None = None


def normalized(filters: int) -> list[Layer]:
    """Return a convolution, its norm and a ReLU."""
    return [Conv2D(filters, 3, padding="same", bias=False), BatchNorm2D(), ReLU()]


def small(brief: Brief) -> Recipe:
    """Five convolutions in fewer than 8,000 parameters."""
    layers = [
        *normalized(8), *normalized(12), MaxPool2D(2), *normalized(16), *normalized(16),
        MaxPool2D(2), *normalized(16), GlobalMaxPool2D(), Dense(brief.outputs),
    ]  # fmt: skip
    return Recipe(
        "small", Network(layers, brief.input_shape), Adam(0.01), Schedule(0.2, 0.8),
        augmentation_for("drawings", brief.input_shape, brief.images),
        images=20 * brief.images, batch_size=128,
    )  # fmt: skip


def soon(brief: Brief) -> Recipe:
    """One pass, as short a way to 99% as was found."""
    return Recipe(
        "soon", presets.default(brief.input_shape, brief.outputs), Adam(0.005),
        Schedule(0.3, 0.7), None, images=brief.images, batch_size=256,
    )  # fmt: skip


def residual(brief: Brief) -> Recipe:
    """Return the recipe for photographs."""
    return named("residual", brief)


CASES = {
    "mnist-soon": Case("MNIST, 99.0% as soon as can be", "mnist", soon),
    "mnist-small": Case("MNIST, fewer than 8,000 parameters", "mnist", small),
    "mnist": Case("MNIST, CNNClassifier()", "mnist"),
    "fashion": Case("Fashion-MNIST, CNNClassifier()", "fashion-mnist"),
    "photos-1min": Case("photos, one minute", None, residual, 60),
    "photos-3min": Case("photos, three minutes", None, residual, 180),
    "photos-10min": Case("photos, ten minutes", None, residual, 600),
}
"""Every case, by its name."""


def parts(known: data.Dataset, *, is_test: bool) -> tuple[Labeled, Labeled]:
    """Return what to train on and what to test on."""
    images, labels = np.asarray(known.train_images), known.train_labels
    if is_test:
        return (images, labels), (np.asarray(known.test_images), known.test_labels)
    order = np.random.default_rng(7).permutation(len(labels))
    held = min(HELD_BACK, len(labels) // 5)
    train, test = np.sort(order[held:]), np.sort(order[:held])
    return (images[train], labels[train]), (images[test], labels[test])


def classified(train: Labeled, test: Labeled, seed: int) -> tuple[float, float]:
    """Return the accuracy of the classifier as it is, and the seconds of its fit."""
    X, T = (images.transpose(0, 2, 3, 1) if images.ndim == 4 else images
            for images, _ in (train, test))  # fmt: skip
    start = time.perf_counter()
    fitted = CNNClassifier(random_state=seed).fit(X, train[1])
    return float(fitted.score(T, test[1])), time.perf_counter() - start


def trained(recipe: Recipe, train: Labeled, test: Labeled, seed: int) -> tuple[float, float]:
    """Return the accuracy of a recipe, and the seconds that training took."""
    with _trainer(recipe, seed) as trainer:
        history = trainer.fit(
            *train, total_images=recipe.images, batch_size=recipe.batch_size,
            schedule=recipe.schedule,
        )  # fmt: skip
        return trainer.evaluate(*test).accuracy, history.seconds


def _trainer(recipe: Recipe, seed: int) -> Trainer:
    return Trainer(
        recipe.network, optimizer=recipe.optimizer, clip_norm=recipe.clip_norm,
        average=recipe.average, augmentation=recipe.augmentation, sections=recipe.sections,
        seed=seed,
    )  # fmt: skip


def peer(
    recipe: Recipe, train: Labeled, test: Labeled, seed: int, *, bfloat16: bool
) -> tuple[float, float]:
    """Return the same of PyTorch."""
    # Peers are not installed where only --help or the tests run.
    from benchmarks.peers.torch_schedule import train_and_test

    return train_and_test(
        recipe.network, recipe.optimizer, recipe.schedule, recipe.augmentation, train, test,
        images=recipe.images, batch_size=recipe.batch_size, seed=seed, bfloat16=bfloat16,
    )  # fmt: skip


def shown(label: str, found: list[tuple[float, float]]) -> str:
    """Return a line of the accuracies and seconds of several seeds."""
    accuracies = [100 * accuracy for accuracy, _ in found]
    seconds = [took for _, took in found]
    each = " ".join(f"{accuracy:.2f}" for accuracy in accuracies)
    return (
        f"  {label:24} {np.mean(accuracies):.2f}% +- {np.std(accuracies):.2f} ({each}), "
        f"{np.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"
    )


def run(case: Case, known: data.Dataset, options: argparse.Namespace) -> None:
    """Train what a case asks for, with every seed, and print what came out."""
    train, test = parts(known, is_test=options.test)
    print(f"{case.title}: {len(train[1]):,} images, {len(test[1]):,} to test on", flush=True)
    seeds = range(options.seeds)
    if case.recipe is None:
        line = shown("CNNClassifier()", [classified(train, test, seed) for seed in seeds])
        print(line, flush=True)
        return
    recipe = case.recipe(Brief.of(*train, len(known.classes)))
    if case.seconds is not None:
        images = images_within(case.seconds, lambda: _trainer(recipe, 0), *train, recipe.batch_size)
        recipe = dataclasses.replace(recipe, images=images)
    passes = recipe.images / len(train[1])
    print(f"  {recipe.network.trained_size:,} parameters, {passes:.1f} passes", flush=True)
    print(shown("Pellucid", [trained(recipe, train, test, seed) for seed in seeds]), flush=True)
    if not options.peer or not isinstance(recipe.optimizer, SGD | Adam):
        return
    for bfloat16 in (False, True):
        found = [peer(recipe, train, test, seed, bfloat16=bfloat16) for seed in seeds]
        print(shown("PyTorch" + " bfloat16" * bfloat16, found), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}; or all")
    parser.add_argument("--seeds", type=int, default=5, help="seeds 0, 1, ... (default 5)")
    parser.add_argument("--test", action="store_true", help="train on all, and test on the test")
    parser.add_argument("--peer", action="store_true", help="PyTorch, under the same schedule")
    parser.add_argument("--photos", help="a set of color photos, for the cases that need one")
    options = parser.parse_args()
    for name in options.cases:
        if name not in CASES:
            parser.error(f"there is no case {name!r}; it must be one of {', '.join(CASES)}")
    for name in options.cases or CASES:
        case = CASES[name]
        source = case.data or options.photos
        if source is None:
            print(f"{case.title}: left out, for it needs --photos", flush=True)
            continue
        run(case, data.load(source), options)


if __name__ == "__main__":
    main()
