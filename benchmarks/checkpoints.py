"""What durability costs: a checkpoint, and an update's fingerprint, against an update.

    python -m benchmarks.checkpoints [--pairs 9]

Prints ratios, medians of pairs measured in turn, so that a busy machine matters less.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from pellucid import Checkpoints, Dense, Flatten, Network, ReLU, Trainer, fingerprint
from pellucid.files.fingerprints import array_fingerprint
from pellucid.network import presets
from pellucid.training.checkpoint_file import save_checkpoint
from pellucid.training.checkpoints import newest_checkpoint

BATCH = 1024

NETWORKS = {
    "reference": presets.reference(),
    "default, 28 x 28": presets.default((28, 28), 10),
    "10 million parameters": Network(
        [Flatten(), Dense(3000), ReLU(), Dense(2500), ReLU(), Dense(10)], (28, 28)
    ),
}


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def shares(trainer, images, labels, place, pairs):
    """Return a checkpoint's size in megabytes, and what it and a fingerprint take of an update."""
    trainer.fit(images, labels, batch_size=BATCH, checkpoints=Checkpoints(place))
    checkpoint, path = newest_checkpoint(place, print), Path(place) / "a.safetensors"
    writes, prints = [], []
    for _ in range(pairs):
        update = seconds(lambda: trainer.step(images, labels))
        writes.append(seconds(lambda: save_checkpoint(path, checkpoint)) / update)
        prints.append(seconds(lambda: fingerprint(trainer)) / update)
    return path.stat().st_size / 1e6, statistics.median(writes), statistics.median(prints)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=9, help="medians of (default 9)")
    pairs = parser.parse_args().pairs
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (60_000, 28, 28), dtype=np.uint8)
    labels = random.integers(0, 10, len(images))
    print(f"{'network':<22} {'MB':>7} {'checkpoint':>11} {'fingerprint':>12}  of an update")
    for name, network in NETWORKS.items():
        with tempfile.TemporaryDirectory() as place, Trainer(network) as trainer:
            size, write, digest = shares(trainer, images[:BATCH], labels[:BATCH], place, pairs)
        print(f"{name:<22} {size:>7.2f} {write:>11.1%} {digest:>12.2%}")
    rate = images.nbytes / seconds(lambda: array_fingerprint(images)) / 1e9
    print(f"data are fingerprinted at {rate:.1f} GB/s")


if __name__ == "__main__":
    main()
