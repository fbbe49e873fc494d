"""A sweep over networks: no combination of sizes may fall off a cliff, against PyTorch eager."""

from __future__ import annotations

import math
import random
from typing import Any

from benchmarks.crews import OURS, Crew, Entry
from benchmarks.processes import Remote, RemoteError
from benchmarks.results import Found, Table
from benchmarks.settings import Save, Say, Settings
from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU
from pellucid.errors import NetworkError
from pellucid.measuring.work import training_work
from pellucid.network.layers import Layer

TITLE = "Sweep over networks"

CASES = "benchmarks.peers.sweep_cases:"
PEER = "PyTorch eager"
BATCH = 128
COUNT = 200
"""How many networks; with --quick a handful."""

FIRST, SECOND = (1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 64), (0, 1, 3, 5, 7, 8, 16, 20, 32, 64)
SIZES, STRIDES, PADDINGS = (1, 2, 3, 4, 5, 6, 7), (1, 2, 3), ("valid", "same", 1)
POOLS = (None, (2, 2), (3, 2), (2, 1), (3, 3))
INPUTS = ((1, 28, 28), (3, 32, 32), (1, 8, 8), (3, 17, 23))
ROUNDS = 3
APART = 1e-4
"""How far the losses of the first batch may be apart, relatively."""

MOST_WORK = 60e6
"""Multiply-adds an image: beyond it a network takes too long to be one of many."""


def networks(count: int, seed: int = 0) -> list[Network]:
    """Return networks in which every single value, and most pairs of values, come up.

    Values are dealt like cards: each list is shuffled and dealt to its end before it is shuffled
    again, so all come up equally often, in combinations that chance makes.
    """
    chance = random.Random(seed)
    decks: dict[str, list[Any]] = {}

    def deal(name: str, values: tuple[Any, ...]) -> Any:
        if not decks.get(name):
            decks[name] = chance.sample(values, len(values))
        return decks[name].pop()

    found: list[Network] = []
    while len(found) < count:
        layers: list[Layer] = []
        for at, filters in ((1, deal("first", FIRST)), (2, deal("second", SECOND))):
            if filters == 0:
                continue
            size, stride = deal(f"size{at}", SIZES), deal(f"stride{at}", STRIDES)
            padding, pool = deal(f"padding{at}", PADDINGS), deal(f"pool{at}", POOLS)
            scale = math.sqrt(2 * filters)
            layers += [Conv2D(filters, size, stride=stride, padding=padding, scale=scale), ReLU()]
            if pool is not None:
                layers.append(MaxPool2D(*pool))
        layers += [Flatten(), Dense(deal("hidden", (10, 16, 33, 64, 128)), std=0.05), ReLU()]
        try:
            network = Network([*layers, Dense(10)], deal("input", INPUTS))
        except NetworkError:
            continue  # the image is too small for it
        if training_work(network) <= MOST_WORK:
            found.append(network)
    return found


def run(settings: Settings, say: Say, save: Save) -> Found:
    found = Found()
    made = networks(8 if settings.quick else COUNT)
    seconds = 0.02 if settings.quick else 0.06
    rows: list[dict[str, Any]] = []
    # PyTorch with one thread as well: for small networks it is faster so.
    entries = [Entry(OURS, settings.cores), Entry(PEER, 1), Entry(PEER, settings.cores)]
    with Crew({OURS: OURS, PEER: PEER}, settings.threads) as crew:
        for number, network in enumerate(made):
            if number % 40 == 0:
                say(f"network {number + 1} of {len(made)}")
            try:
                row = _one(network, {entry: crew.remote(entry) for entry in entries}, seconds)
            except RemoteError as error:
                found.failed.append(f"{name_of(network)}: {error}")
                continue
            rows.append(row)
            if row["apart"] > APART:
                found.failed.append(f"{row['network']}: first losses differ by {row['apart']:.0e}")
    if rows:
        _summary(rows, found)
    return found


def _one(network: Network, remotes: dict[Entry, Remote], seconds: float) -> dict[str, Any]:
    """Measure one network on both sides, in turn; PyTorch's is its better number of threads."""
    values = network.to_dict()
    losses = [
        remote.call(CASES + "prepare", entry.name, values, BATCH, entry.threads)
        for entry, remote in remotes.items()
    ]
    rates = [
        [remote.call(CASES + "measure", seconds)[0] for remote in remotes.values()]
        for _ in range(ROUNDS)
    ]
    ratios = sorted(ours / max(theirs) for ours, *theirs in rates)
    return {
        "network": name_of(network), "ratio": ratios[ROUNDS // 2], "ratios": ratios,
        "images_per_second": rates, "apart": max(abs(a / losses[0] - 1) for a in losses),
        "multiply_adds": training_work(network),
    }  # fmt: skip


def name_of(network: Network) -> str:
    """Return a network in one line."""
    from pellucid.network.summary import describe

    shape = " x ".join(map(str, network.input_shape))
    kept = [layer for layer in network.layers if not isinstance(layer, ReLU | Flatten)]
    return f"{shape}: {', '.join(describe(layer) for layer in kept)}"


def _summary(rows: list[dict[str, Any]], found: Found) -> None:
    rows.sort(key=lambda row: row["ratio"])
    table = Table(f"The ten worst of {len(rows)} networks", ["network", "ratio", "of three"])
    for row in rows[:10]:
        low, _, high = row["ratios"]
        table.rows.append(
            [row["network"], f"{row['ratio']:.2f} x", f"{low:.2f} to {high:.2f}"]
        )  # fmt: skip
    ratios = [row["ratio"] for row in rows]
    below = sum(ratio < 1 for ratio in ratios)
    table.note = (
        f"Training steps, batches of {BATCH}, against {PEER} with one thread or all, whichever is "
        "faster; above 1 we are faster. "
        f"Median {ratios[len(ratios) // 2]:.1f} x, best {ratios[-1]:.1f} x, {below} of "
        f"{len(rows)} below 1."
    )
    found.tables.append(table)
    found.figures = {"worst": ratios[0], "median": ratios[len(ratios) // 2], "below": float(below)}
    found.data["networks"] = rows
