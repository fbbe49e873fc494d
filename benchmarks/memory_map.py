"""Train from a memory map and from memory, and compare memory and speed.

A set of random digits is written as IDX files. Each way of training runs in a process of its own
and prints a line: how long loading took, the most memory that belonged to the process alone, the
most with the mapped pages that the system may take back, and images per second. The table
has the medians of several rounds.

    python -m benchmarks.memory_map --images 500000

Linux only, for how memory is read.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.memory import Watch, megabytes
from pellucid import Adam, Augmentation, Trainer, data
from pellucid.network import presets

WAYS = ("in memory", "mapped, first time", "mapped, again", "mapped, disk cache emptied")
FIGURES = ("load", "own", "peak", "rate", "loss")
BLOCK = 10_000


def write_set(folder: Path, images: int) -> None:
    """Write the digits, enlarged and shifted at random, again and again, as IDX files."""
    digits = data.load("digits")
    random = np.random.default_rng(0)
    for kind, count in (("train", images), ("t10k", BLOCK)):
        with (
            (folder / f"{kind}-images-idx3-ubyte").open("wb") as pixels,
            (folder / f"{kind}-labels-idx1-ubyte").open("wb") as labels,
        ):
            pixels.write(bytes([0, 0, 8, 3]) + struct.pack(">3I", count, 28, 28))
            labels.write(bytes([0, 0, 8, 1]) + struct.pack(">I", count))
            for start in range(0, count, BLOCK):
                length = min(BLOCK, count - start)
                chosen = random.integers(0, len(digits.train_labels), length)
                shift = tuple(random.integers(-2, 3, 2).tolist())
                moved = np.roll(digits.train_images[chosen], shift, (1, 2))
                pixels.write(moved.tobytes())
                labels.write(digits.train_labels[chosen].astype(np.uint8).tobytes())


def empty_disk_cache(images: np.ndarray) -> None:
    """Ask the system to forget a mapped file, so that the next use reads the disk."""
    while images is not None and not isinstance(images, np.memmap):
        images = images.base
    with Path(images.filename).open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure(folder: Path, way: str) -> None:
    """Load and train in this process, and print the figures as JSON."""
    # What every way needs is there before the watch begins: imports and compiled kernels.
    small = data.load("digits")
    options = {"optimizer": Adam(0.01), "augmentation": Augmentation()}
    with Trainer(presets.reference(), **options) as trainer:
        trainer.fit(small.train_images, small.train_labels)
    before, watch, started = megabytes("RssAnon"), Watch(), time.perf_counter()
    found = data.load(folder, memory_map=way != "in memory")
    loaded = time.perf_counter() - started
    if "emptied" in way:
        empty_disk_cache(found.train_images)
    with Trainer(presets.reference(), **options) as trainer:
        history = trainer.fit(found.train_images, found.train_labels)
    figures = {
        "load": loaded,
        "own": watch.stop() - before,
        "peak": megabytes("VmHWM"),
        "rate": history.images / history.seconds,
        "loss": history.losses[-1],
    }
    print(json.dumps({name: float(value) for name, value in figures.items()}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=5, help="medians of (default 5)")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        measure(arguments.folder, arguments.way)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "set"
        folder.mkdir()
        write_set(folder, arguments.images)
        print(f"{arguments.images:,} images, {arguments.images * 784 / 1e6:,.0f} MB of pixels")
        rounds = [
            {way: run(way, folder, number) for way in WAYS} for number in range(arguments.rounds)
        ]
    print(f"{'way':<27} {'load s':>7} {'own MB':>7} {'peak RSS MB':>12} {'images/s':>9}  loss")
    for way in WAYS:
        middle = {name: statistics.median(found[way][name] for found in rounds) for name in FIGURES}
        print(
            f"{way:<27} {middle['load']:>7.2f} {middle['own']:>7.0f} {middle['peak']:>12,.0f} "
            f"{middle['rate']:>9,.0f}  {middle['loss']:.6f}"
        )


def run(way: str, folder: Path, number: int) -> dict[str, float]:
    """Measure one way in a process of its own; every round has a cache of its own."""
    environment = os.environ | {"PELLUCID_CACHE": str(folder.parent / f"cache{number}")}
    command = [sys.executable, "-m", "benchmarks.memory_map", "--way", way, "--folder", str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
