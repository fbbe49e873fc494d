"""Scaling: workers, numbers of images, filters and image sizes. Pellucid alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from benchmarks.fresh import run_fresh
from benchmarks.processes import PAUSE, RemoteError
from benchmarks.results import Found, Table, pairs, spread
from benchmarks.settings import Save, Say, Settings
from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU, Trainer
from pellucid.measuring.images import digit_batches
from pellucid.measuring.rates import Rate, rate_of
from pellucid.measuring.work import training_work
from pellucid.network import presets

TITLE = "Scaling"

IMAGES = (10_000, 100_000, 1_000_000)
FILTERS = (4, 8, 16, 32, 64)
SIDES = (14, 28, 56, 112)


def run(settings: Settings, say: Say, save: Save) -> Found:
    found = Found()
    say("workers")
    for batch_size in (32, 1024) if settings.quick else (32, 128, 1024, 8192):
        _workers(batch_size, settings, found)
    say("numbers of images")
    _images(IMAGES[:1] if settings.quick else IMAGES, settings, found)
    say("filters")
    filters = {f"{count} filters": with_filters(count) for count in FILTERS}
    _networks("filters in the second convolution, 28 x 28 pixels", filters, settings, found)
    say("image sizes")
    sides = {f"{side} x {side} pixels": with_side(side) for side in SIDES}
    _networks("image sizes, 8 and 8 filters", sides, settings, found)
    return found


def with_filters(count: int) -> Network:
    """Return the reference network with ``count`` filters in its second convolution."""
    layers = list(presets.reference().layers)
    layers[2] = Conv2D(count, 5, scale=math.sqrt(2 * count))
    inputs = count * 100
    return Network(
        [*layers[:6], Dense(10, std=math.sqrt(2 / inputs), bias=0.1), *layers[7:]], (28, 28)
    )


def with_side(side: int) -> Network:
    """Return a network of two convolutions of 8 filters for images of a size."""
    return Network(
        [
            Conv2D(8, 3, padding="same", scale=4.0), ReLU(), MaxPool2D(2),
            Conv2D(8, 3, padding="same", scale=4.0), ReLU(), MaxPool2D(2),
            Flatten(), Dense(10, std=0.05),
        ],
        (side, side),
    )  # fmt: skip


def _in_turn(steps: dict[Any, Callable[[], object]], units: int, settings: Settings) -> Any:
    """Return every step's rates, in turn, after a warm-up."""
    import time

    for step in steps.values():
        step()
    rates: dict[Any, list[Rate]] = {name: [] for name in steps}
    for _ in range(settings.rounds):
        for name, step in steps.items():
            time.sleep(PAUSE)
            rates[name].append(rate_of(step, units, settings.seconds))
    return rates


def _workers(batch_size: int, settings: Settings, found: Found) -> None:
    """Measure a training step with every number of workers."""
    [batch] = digit_batches(1, batch_size)
    trainers = {n: Trainer(presets.reference(), workers=n) for n in settings.threads}
    steps: dict[Any, Callable[[], object]] = {
        n: (lambda t=t: t.step(*batch)) for n, t in trainers.items()
    }
    rates = _in_turn(steps, batch_size, settings)
    columns = ["workers", "images/s", "cores used", "over one worker"]
    table = Table(f"Workers, reference network, batches of {batch_size:,}", columns)
    one = [rate.per_second for rate in rates[1]]
    for count, values in rates.items():
        own = [rate.per_second for rate in values]
        times = spread(pairs(own, one))
        used = spread([rate.cores for rate in values]).median
        table.rows.append([str(count), spread(own).text(), f"{used:.2f}", times.text(" x", 2)])
        found.data.setdefault("workers", []).append(
            {"batch_size": batch_size, "workers": count, "images_per_second": own}
        )
        if count == 2 and batch_size == 1024:
            found.figures["two workers"] = times.median
    for trainer in trainers.values():
        trainer.close()
    found.tables.append(table)


def _images(counts: tuple[int, ...], settings: Settings, found: Found) -> None:
    """Train one pass over ever more images, each in a process of its own."""
    columns = ["images", "microseconds an image", "own memory, MB", "of it the images"]
    table = Table("One pass over a number of images, reference network", columns)
    table.note = "Own memory is what the pass adds to the process, beside the images themselves."
    for count in counts:
        try:
            rounds = [
                run_fresh(["-m", "benchmarks.one_pass", str(count)])[1]
                for _ in range(2 if settings.quick else 3)
            ]
        except RemoteError as error:
            found.failed.append(f"{count:,} images: {error}")
            continue
        each = spread([r["seconds"] / count * 1e6 for r in rounds])
        own = spread([r["megabytes"] for r in rounds])
        row = [f"{count:,}", each.text(digits=2), own.text(digits=0), f"{count * 784 / 1e6:,.0f}"]
        table.rows.append(row)
        found.data.setdefault("images", {})[str(count)] = rounds
    found.tables.append(table)


def _networks(
    what: str, networks: dict[str, Network], settings: Settings, found: Found
) -> None:  # fmt: skip
    """Measure training steps of some networks, per image and per multiply-add."""
    import numpy as np

    random, count = np.random.default_rng(0), 128
    labels = np.arange(count) % 10
    steps: dict[Any, Callable[[], object]] = {}
    trainers = []
    for name, network in networks.items():
        images = random.integers(0, 256, (count, *network.input_shape), dtype=np.uint8)
        trainer = Trainer(network, workers=1)
        trainers.append(trainer)
        steps[name] = lambda t=trainer, x=images: t.step(x, labels)
    rates = _in_turn(steps, count, settings)
    columns = ["network", "microseconds an image", "multiply-adds an image", "picoseconds each"]
    table = Table(f"One worker, batches of {count}: {what}", columns)
    for name, network in networks.items():
        each = [1e6 / rate.per_second for rate in rates[name]]
        work = training_work(network)
        cost = spread([value * 1e6 / work for value in each])
        table.rows.append(
            [name, spread(each).text(digits=1), f"{work:,}", cost.text(digits=1)]
        )  # fmt: skip
        found.data.setdefault(what, {})[name] = {"microseconds": each, "multiply_adds": work}
    found.tables.append(table)
