"""One image in C: what Pellucid exports, what emx-onnx-cgen makes, and onnxruntime, one thread."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.peers.c_inference import Latency, builds, measure
from benchmarks.processes import Remote, RemoteError
from benchmarks.results import Found, Table, spread
from benchmarks.settings import Save, Say, Settings
from pellucid import predict_proba
from pellucid.measuring.images import digit_batches
from pellucid.measuring.networks import NETWORKS

TITLE = "One image in C"

CASES = "benchmarks.peers.inference_cases:"
NAMES = ("reference", "wide")
PEER = "onnxruntime"
TOLERANCE = 1e-4
"""How far probabilities may be apart."""


def run(settings: Settings, say: Say, save: Save) -> Found:
    found = Found()
    for name in NAMES[:1] if settings.quick else NAMES:
        say(f"{name} network")
        with tempfile.TemporaryDirectory() as folder, Remote(1) as remote:
            _measure(name, Path(folder), remote, settings, found)
        save(found)
    return found


def _measure(
    name: str, folder: Path, remote: Remote, settings: Settings, found: Found
) -> None:  # fmt: skip
    network = NETWORKS[name]()
    parameters = network.initial_parameters(0)
    image = digit_batches(1, 1)[0][0]
    ours = predict_proba(network, parameters, image)[0]
    programs, failed = builds(network, parameters, folder)
    found.failed += [f"{name}: {line}" for line in failed]
    times: dict[str, list[Latency]] = {}
    try:
        remote.call(CASES + "prepare_inference", PEER, name, False, 1)
        times[PEER] = []
    except RemoteError as error:
        found.failed.append(f"{name}: {PEER}: {error}")
    for _ in range(settings.rounds):
        for system, program in programs.items():
            try:
                latency, said = measure(program, image, settings.seconds)
            except (subprocess.CalledProcessError, OSError) as error:
                found.failed.append(f"{name}: {system}: {error}")
                continue
            if np.abs(said - ours).max() > TOLERANCE:
                found.failed.append(f"{name}: {system} says something else")
                continue
            times.setdefault(system, []).append(latency)
        if PEER in times:
            took = remote.call(CASES + "measure_latency", PEER, name, False, settings.seconds)
            latency = Latency(float(np.median(took)), float(np.percentile(took, 99)))
            times[PEER].append(latency)
    _report(name, times, found)


def _report(name: str, times: dict[str, list[Latency]], found: Found) -> None:
    """Add the table of a network, its data, and how many times as long onnxruntime takes."""
    title = f"{name} network, one image in C, one thread"
    table = Table(title, ["system", "median, us", "99th percentile, us", f"{PEER}'s over its"])
    for system, rounds in times.items():
        if not rounds:
            continue
        medians = spread([1e6 * latency.median for latency in rounds])
        slow = spread([1e6 * latency.slow for latency in rounds])
        share = ""
        if times.get(PEER):
            pairs = zip(times[PEER], rounds, strict=False)
            ratios = spread([peer.median / own.median for peer, own in pairs])
            share = f"{ratios.median:.2f} ({ratios.low:.2f} to {ratios.high:.2f})"
            if system.startswith("Pellucid"):
                key = f"{name}/C"
                found.figures[key] = max(ratios.median, found.figures.get(key, 0.0))
        table.rows.append([system, medians.text(digits=1), slow.text(digits=1), share])
    found.tables.append(table)
    found.data[f"{name}/C"] = [
        {"system": system, "seconds": [latency.median for latency in rounds]}
        for system, rounds in times.items()
    ]
