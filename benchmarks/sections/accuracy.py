"""Time to an accuracy on MNIST: from the start of the process, same network and schedule."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fresh import run_fresh
from benchmarks.processes import RemoteError
from benchmarks.results import Found, Table, pairs, spread
from benchmarks.settings import Save, Say, Settings
from pellucid import data
from pellucid.errors import PellucidError
from pellucid.measuring.networks import NETWORKS

TITLE = "Time to accuracy on MNIST"

GOALS = (0.93252, 0.97, 0.985)
SYSTEMS = ("Pellucid", "PyTorch eager", "PyTorch channels_last")
NETWORKS_AND_EPOCHS = {"reference": 2, "lenet": 4}
BATCH_SIZE, LEARNING_RATE, EVERY = 256, 0.006, 20


def run(settings: Settings, say: Say, save: Save) -> Found:
    found = Found()
    try:
        digits = data.load("mnist")
    except PellucidError as error:
        found.failed.append(str(error))
        return found
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_task(folder, digits)
        for network, epochs in NETWORKS_AND_EPOCHS.items():
            say(f"{network} network")
            parameters = NETWORKS[network]().initial_parameters(0)
            np.save(folder / f"{network}.npy", parameters)
            _network(network, 0.05 if settings.quick else epochs, folder, settings, found)
    return found


def write_task(folder: Path, digits: data.Dataset) -> None:
    """Write what both sides read alike: images, labels, and the order of the images."""
    epochs = max(NETWORKS_AND_EPOCHS.values())
    random, count = np.random.default_rng(0), len(digits.train_images)
    np.savez(
        folder / "task.npz",
        train_images=digits.train_images, train_labels=digits.train_labels,
        test_images=digits.test_images, test_labels=digits.test_labels,
        order=np.concatenate([random.permutation(count) for _ in range(epochs)]),
    )  # fmt: skip


def _network(
    network: str, epochs: float, folder: Path, settings: Settings, found: Found
) -> None:  # fmt: skip
    curves: dict[str, list[list[list[float]]]] = {name: [] for name in SYSTEMS}
    for _ in range(1 if settings.quick else 3):
        for name, own in curves.items():
            arguments = ["-m", "benchmarks.peers.to_accuracy", name, network, str(folder)]
            arguments += [str(epochs), str(BATCH_SIZE), str(LEARNING_RATE), str(EVERY)]
            arguments += [str(GOALS[-1]), str(settings.cores)]
            try:
                own.append(run_fresh(arguments)[1])
            except RemoteError as error:
                found.failed.append(f"{network}, {name}: {error}")
    table = Table(f"Seconds to an accuracy, {network} network", ["accuracy", *SYSTEMS, "ratio"])
    table.note = (
        f"Batches of {BATCH_SIZE}, Adam, the learning rate falling from {LEARNING_RATE} to 0 "
        f"over {epochs:g} passes; equal parameters and order of images; tested after every {EVERY} "
        "updates, which is not counted. A run ends with the last goal. The ratio is to the faster "
        "one of PyTorch's, run by run."
    )
    for goal in GOALS:
        times = {name: [reached(curve, goal) for curve in own] for name, own in curves.items()}
        whole = {n: [t for t in own if t is not None] for n, own in times.items()}
        cells = [
            spread(own).text(digits=1) if own and len(own) == len(times[n]) else "not reached"
            for n, own in whole.items()
        ]
        row = [f"{goal:.3%}", *cells]
        ours, *theirs = (whole[name] for name in SYSTEMS)
        fastest = min(
            (own for own in theirs if own), key=lambda own: spread(own).median, default=[]
        )
        if ours and fastest:
            ratio = spread(pairs(fastest, ours))
            row.append(ratio.text(" x", 1))
            found.figures[f"{network}/{goal:.3%}"] = ratio.median
        table.rows.append([*row, *[""] * (len(table.columns) - len(row))])
    best = {name: max((c[2] for c in own[0]), default=0.0) for name, own in curves.items() if own}
    table.rows.append(["highest", *(f"{best.get(name, 0):.2%}" for name in SYSTEMS), ""])
    found.tables.append(table)
    found.data[network] = curves


def reached(curve: list[list[Any]], goal: float) -> float | None:
    """Return the seconds at which a curve of (update, seconds, accuracy) first reaches a goal."""
    return next((seconds for _, seconds, accuracy in curve if accuracy >= goal), None)
