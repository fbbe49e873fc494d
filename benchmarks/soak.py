"""Train on a Dask cluster of this machine while its workers are killed, one after another.

Every so many seconds a worker is killed (SIGKILL) and another is started. In the end the parameters
must have the bits that the same updates give on threads, and memory must not have grown: of the
driver, the scheduler, and the workers that were there for long.

    python -m benchmarks.soak --minutes 20
    python -m benchmarks.soak --minutes 0.25 --every 6      # as the tests do

Linux only: memory is read from /proc.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from benchmarks.local_cluster import LocalCluster
from pellucid import Augmentation, Trainer, open_executor
from pellucid.network import presets
from pellucid.training import Update

IMAGES = 20_000
BATCH = 1024
WORKERS = 3
FIRST = 3
"""The update after which workers begin to be killed: by then all have been set up."""
MANY = 10**8
GROWTH = 1.1
"""How much more memory the last third of the samples may show than the second."""
SLACK = 16.0
"""Megabytes that never count as growth."""
LONG = 2.0
"""Minutes that a run needs before workers' memory says anything: a new one's only grows."""
SETTLED = ("driver", "scheduler")
"""Processes that are there from first to last, so that even a short run shows how they grow."""
SHORT_SLACK = 4.0
"""Megabytes that these may grow in a short run; a copy of the parameters an update is more."""


def data() -> tuple[np.ndarray, np.ndarray]:
    numbers = np.random.default_rng(0)
    images = numbers.integers(0, 256, (IMAGES, 28, 28), dtype=np.uint8)
    return images, numbers.integers(0, 10, IMAGES)


def megabytes(process: int | str) -> float:
    """Return what of a process's memory is its own, in MB: pages of files don't count."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ProcessLookupError(process)


class Unrest(threading.Thread):
    """Kills and replaces workers, and notes how much memory each process has."""

    def __init__(self, cluster: LocalCluster, every: float) -> None:
        super().__init__(daemon=True)
        self.cluster, self.every = cluster, every
        self.killed = 0
        self.begun = time.monotonic()
        self.samples: dict[str, list[float]] = {"driver": [], "scheduler": [], "workers": []}
        self.end = threading.Event()

    def run(self) -> None:
        self.begun = time.monotonic()
        chosen, next_kill = random.Random(0), self.begun + self.every
        while not self.end.wait(min(1.0, self.every / 4)):
            self.sample()
            if time.monotonic() >= next_kill:
                self.cluster.kill(chosen.choice(self.cluster.workers))
                self.cluster.start_worker()
                self.killed += 1
                next_kill += self.every

    def sample(self) -> None:
        self.samples["driver"].append(megabytes("self"))
        self.samples["scheduler"].append(megabytes(self.cluster.scheduler.pid))
        # The oldest worker shows growth best; a new one is still small.
        self.samples["workers"].append(max(megabytes(w.pid) for w in self.cluster.workers))


def growth(samples: list[float]) -> tuple[float, float]:
    """Return the medians of the second and of the last third: the first is the start."""
    third = max(1, len(samples) // 3)
    return statistics.median(samples[third : 2 * third]), statistics.median(samples[-third:])


def has_grown(name: str, middle: float, last: float, minutes: float) -> bool:
    """Return whether a process holds more in the end than it should."""
    if minutes >= LONG:
        return last > GROWTH * middle + SLACK
    return name in SETTLED and last > middle + SHORT_SLACK


def soak(minutes: float, every: float, leak: int = 0) -> dict[str, object]:
    """Train for some minutes; return what happened."""
    images, labels = data()
    temporary = Path(tempfile.gettempdir())
    with (
        LocalCluster(WORKERS) as cluster,
        open_executor(cluster.name) as executor,
        Trainer(presets.reference(), augmentation=Augmentation(), executor=executor) as trainer,
    ):
        executor._client.wait_for_workers(WORKERS, timeout=60)  # type: ignore[union-attr]
        unrest, leaked = Unrest(cluster, every), []

        def on_update(update: Update) -> bool:
            leaked.extend(trainer.parameters.copy() for _ in range(leak))
            if update.update == FIRST:
                unrest.start()
            return update.update > FIRST and time.monotonic() > unrest.begun + 60 * minutes

        try:
            trainer.fit(
                images, labels, total_images=MANY, batch_size=BATCH, on_update=on_update
            )  # fmt: skip
        finally:
            unrest.end.set()
            if unrest.is_alive():
                unrest.join()
        found = trainer.parameters.copy()
        updates = len(trainer.history)
    with Trainer(presets.reference(), augmentation=Augmentation()) as trainer:
        trainer.fit(
            images, labels, total_images=MANY, batch_size=BATCH,
            on_update=lambda update: update.update == updates,
        )  # fmt: skip
        expected = trainer.parameters.copy()
    return {
        "minutes": minutes,
        "updates": updates,
        "killed": unrest.killed,
        "same bits": hashlib.sha256(found).hexdigest() == hashlib.sha256(expected).hexdigest(),
        "memory": {name: growth(samples) for name, samples in unrest.samples.items()},
        "files left": len([*temporary.glob(f"pellucid-images-*-{os.getpid()}-*")]),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=20.0, help="how long to train")
    parser.add_argument("--every", type=float, default=30.0, help="seconds between two kills")
    parser.add_argument(
        "--leak", type=int, default=0,
        help="keep so many copies of the parameters with every update, to see that it is told",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, help="also write what happened to this file")
    arguments = parser.parse_args()
    found = soak(arguments.minutes, arguments.every, arguments.leak)
    bits = "the same bits as" if found["same bits"] else "OTHER BITS THAN"
    print(
        f"{found['updates']:,} updates in {found['minutes']:g} minutes, {found['killed']} workers "
        f"killed, {bits} on threads, {found['files left']} temporary files left."
    )
    flat = True
    for name, (middle, last) in found["memory"].items():  # type: ignore[attr-defined]
        grown = has_grown(name, middle, last, arguments.minutes)
        flat = flat and not grown
        note = ", GROWN" if grown else ""
        print(f"{name:<10} {middle:7.1f} MB in the middle, {last:7.1f} MB at the end{note}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return 0 if found["same bits"] and flat and not found["files left"] else 1


if __name__ == "__main__":
    sys.exit(main())
