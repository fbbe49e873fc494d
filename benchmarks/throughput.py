"""Pellucid beside PyTorch on the reference network: training images per second.

    python benchmarks/throughput.py [--rounds 5] [--seconds 3] [--json FILE] [--least RATIO]

One process measures the systems in turn, A B A B, so that a machine that slows down slows all of
them; each ratio is of two measurements of the same round. Before that, both start from the same
parameters and must give the same loss on the first batch.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numba
import torch
from rich.console import Console
from rich.table import Table
from torch_reference import (
    Batch,
    Measured,
    TorchReference,
    cores,
    digit_batches,
    timed,
    warn_if_busy,
)

from pellucid import Adam, Augmentation, Trainer, presets

OURS = "Pellucid"
PEER = "PyTorch eager"
PAUSE = 0.3
TOLERANCE = 1e-5

Step = Callable[..., float]


def make_trainer(augmentation: Augmentation | None = None) -> Trainer:
    return Trainer(
        presets.reference(),
        optimizer=Adam(learning_rate=0.01),
        augmentation=augmentation,
        sections=8,
        workers=None,
        seed=0,
    )


def check_parity(batch: Batch) -> float:
    """Return the largest relative difference of the first losses; stop where it is too large."""
    trainer = make_trainer()
    arrays = {k: v.copy() for k, v in presets.reference().views(trainer.parameters).items()}
    ours = trainer.step(*batch)
    worst = 0.0
    for channels_last in (False, True):
        peer = TorchReference(channels_last)
        peer.load(arrays)
        theirs = peer.step(*batch)
        difference = abs(ours - theirs) / abs(theirs)
        if not difference <= TOLERANCE:
            sys.exit(
                f"The two don't compute the same: from equal parameters, the loss of the first "
                f"batch is {ours!r} with Pellucid and {theirs!r} with PyTorch."
            )
        worst = max(worst, difference)
    return worst


def measure(
    systems: dict[str, Step], batches: list[Batch], rounds: int, seconds: float
) -> dict[str, list[Measured]]:
    """Return each system's measurements, one a round."""
    found: dict[str, list[Measured]] = {name: [] for name in systems}
    for _ in range(rounds):
        for name, step in systems.items():
            # Let the threads of the system before fall asleep.
            time.sleep(PAUSE)
            found[name].append(timed(step, batches, seconds))
    return found


def ratios(found: dict[str, list[Measured]]) -> dict[str, list[float]]:
    """Return Pellucid's figure over each peer's, round by round."""
    return {
        name: [
            a.images_per_second / b.images_per_second
            for a, b in zip(found[OURS], values, strict=True)
        ]
        for name, values in found.items()
        if name != OURS
    }


def show(found: dict[str, list[Measured]], title: str) -> None:
    table = Table("system", title=title)
    for heading in ("images/s", "thousands", "cores", "ratio", "each round"):
        table.add_column(heading, justify="right")
    pairs = ratios(found)
    for name, values in found.items():
        rates = [value.images_per_second for value in values]
        spread = f"{min(rates) / 1000:.1f} to {max(rates) / 1000:.1f}"
        median = f"{statistics.median(rates):,.0f}"
        used = f"{statistics.median(value.cores_used for value in values):.2f}"
        times = pairs.get(name)
        faster = f"{statistics.median(times):.2f} x" if times else ""
        each = f"{min(times):.2f} to {max(times):.2f}" if times else ""
        table.add_row(name, median, spread, used, faster, each)
    Console().print(table)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--batch-size", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument(
        "--randomize", action="store_true", help="randomize the images (Pellucid only)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    parser.add_argument(
        "--least",
        type=float,
        metavar="RATIO",
        help="fail unless Pellucid is this many times as fast as PyTorch eager, in the median",
    )
    return parser.parse_args()


def main() -> None:
    options = parse()
    batches = digit_batches(8, options.batch_size)
    difference = check_parity(batches[0])
    print(f"parity: the first losses differ by {difference:.1e} (relative)")
    trainer = make_trainer(Augmentation() if options.randomize else None)
    systems: dict[str, Step] = {
        OURS: trainer.step,
        PEER: TorchReference().step,
        "channels_last": TorchReference(channels_last=True).step,
    }
    found = measure(systems, batches, options.rounds, options.seconds)
    extra = ", Pellucid randomizes" if options.randomize else ""
    show(
        found,
        f"PyTorch {torch.__version__}, {cores()} cores, batch {options.batch_size}{extra}, medians",
    )
    busy = warn_if_busy([m for name, values in found.items() if name != OURS for m in values])
    if options.json:
        result = {
            "images_per_second": {
                name: [value.images_per_second for value in values]
                for name, values in found.items()
            },
            "cores_used": {
                name: [value.cores_used for value in values] for name, values in found.items()
            },
            "ratios": ratios(found),
            "parity": difference,
            "batch_size": options.batch_size,
            "seconds": options.seconds,
            "randomize": options.randomize,
            "cores": cores(),
            "machine": platform.machine(),
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numba": numba.__version__,
        }
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    if options.least is not None:
        reached = statistics.median(ratios(found)[PEER])
        if busy:
            sys.exit("A busy machine can't say whether --least is reached.")
        if reached < options.least:
            sys.exit(f"Pellucid is {reached:.2f} times as fast; {options.least} was asked for.")


if __name__ == "__main__":
    main()
