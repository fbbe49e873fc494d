"""Inference: one image's latency, and throughput at 1,024 and 10,000 images, on equal weights."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.crews import OURS, Crew, Entry, in_turn, ratio, ratio_cells
from benchmarks.peers.inference_cases import INFERENCE
from benchmarks.processes import RemoteError
from benchmarks.results import Found, Table, spread
from benchmarks.settings import Save, Say, Settings
from pellucid.measuring.rates import Rate

TITLE = "Inference"

CASES = "benchmarks.peers.inference_cases:"
FAMILIES = {name: "PyTorch" if "orch" in name else name for name in INFERENCE}
NETWORKS = ("reference", "lenet", "wide")
TOLERANCE = 1e-4
"""How far probabilities may be apart."""


class Case(NamedTuple):
    """What all systems are measured on in turn; ``images`` is 1 for latency."""

    network: str
    is_float: bool
    images: int

    @property
    def name(self) -> str:
        what = "latency" if self.images == 1 else str(self.images)
        return f"{self.network}/{what}/{'floats' if self.is_float else 'bytes'}"

    @property
    def title(self) -> str:
        what = "one image's latency" if self.images == 1 else f"{self.images:,} images at once"
        return f"{self.network} network, {what}, {'floats in [0, 1]' if self.is_float else 'bytes'}"


def run(settings: Settings, say: Say, save: Save) -> Found:
    found = Found()
    networks = NETWORKS[:1] if settings.quick else NETWORKS
    with Crew(FAMILIES, settings.threads) as crew:
        for network in networks:
            for is_float in (False, True):
                wanted = [case for case in cases(network, is_float) if settings.wants(case.name)]
                ready = _prepare(network, is_float, crew, settings, found) if wanted else []
                for case in wanted:
                    say(case.title)
                    _measure(case, ready, crew, settings, found)
                    save(found)
            crew.everywhere(CASES + "drop_all")
    return found


def all_cases() -> list[Case]:
    """Return the cases of all networks."""
    return [case for network in NETWORKS for kind in (False, True) for case in cases(network, kind)]


def cases(network: str, is_float: bool) -> list[Case]:
    """Return what is measured of a network.

    Bytes are what images are; floats only where a bar is. The peers' activations of 10,000 images
    in the wide network are more than the memory.
    """
    if is_float:
        return [Case(network, True, 1)] if network == "reference" else []
    return [Case(network, False, n) for n in (1, 1024, 10_000) if network != "wide" or n <= 1024]


def _prepare(
    network: str, is_float: bool, crew: Crew, settings: Settings, found: Found
) -> list[Entry]:
    """Make the systems ready; keep those that give our probabilities."""
    outputs: dict[Entry, NDArray[np.float32]] = {}
    for name in INFERENCE:
        for threads in settings.threads:
            entry = Entry(name, threads)
            try:
                outputs[entry] = crew.remote(entry).call(
                    CASES + "prepare_inference", name, network, is_float, threads
                )
            except RemoteError as error:
                found.failed.append(f"{network}: {name}, {threads} threads: {error}")
    ours = next((values for entry, values in outputs.items() if entry.name == OURS), None)
    if ours is None:
        return []
    ready = []
    for entry, values in outputs.items():
        apart = float(np.abs(values - ours).max())
        if apart <= TOLERANCE:
            ready.append(entry)
        else:
            found.failed.append(f"{network}: {entry.name} differs from ours by {apart:.1e}")
    return ready


def _measure(case: Case, ready: list[Entry], crew: Crew, settings: Settings, found: Found) -> None:
    """Measure one case and add its table, data and figure."""

    def latencies(entry: Entry) -> list[float]:
        args = (entry.name, case.network, case.is_float, settings.seconds)
        return crew.remote(entry).measure(CASES + "measure_latency", *args)

    def rate(entry: Entry) -> Rate:
        args = (entry.name, *case, settings.seconds)
        return Rate(*crew.remote(entry).measure(CASES + "measure_inference", *args))

    if case.images == 1:
        measured, failed = in_turn(
            ready, latencies, lambda times: 1 / float(np.median(times)), settings.rounds,
            settings.cores,
        )  # fmt: skip
        rates = {e: [1 / float(np.median(t)) for t in v] for e, v in measured.items()}
        found.tables.append(_latency_table(case, measured, rates, settings.cores))
    else:
        measured, failed = in_turn(
            ready, rate, lambda value: value.per_second, settings.rounds, settings.cores
        )
        rates = {entry: [r.per_second for r in values] for entry, values in measured.items()}
        found.tables.append(_rate_table(case, measured, rates, settings.cores))
    found.failed += [f"{case.title}: {line}" for line in failed]
    found.data[case.name] = [
        {"system": entry.name, "threads": entry.threads, "per_second": values}
        for entry, values in rates.items()
    ]
    against = ratio(rates, "onnxruntime")
    if against is not None:
        found.figures[case.name] = against.median


def _latency_table(
    case: Case,
    measured: dict[Entry, list[list[float]]],
    rates: dict[Entry, list[float]],
    cores: int,
) -> Table:
    columns = ["system", "threads", "median, us", "99th percentile, us"]
    table = Table(case.title, [*columns, "theirs over ours, each at its best", "at all"])
    for entry, rounds in measured.items():
        medians = spread([float(np.median(times)) * 1e6 for times in rounds])
        slow = spread([float(np.percentile(times, 99)) * 1e6 for times in rounds])
        row = [entry.name, str(entry.threads), medians.text(digits=1), slow.text(digits=1)]
        table.rows.append(row + ratio_cells(entry, rates, cores))
    return table


def _rate_table(
    case: Case, measured: dict[Entry, list[Rate]], rates: dict[Entry, list[float]], cores: int
) -> Table:
    columns = ["system", "threads", "images/s", "cores used", "ours, each at its best", "at all"]
    table = Table(case.title, columns)
    for entry, values in measured.items():
        used = spread([value.cores for value in values]).median
        row = [entry.name, str(entry.threads), spread(rates[entry]).text(), f"{used:.2f}"]
        table.rows.append(row + ratio_cells(entry, rates, cores))
    return table
