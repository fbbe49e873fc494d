"""The share of the machine's peak: a network's multiply-adds over time, against sgemm's rate."""

from __future__ import annotations

import time

from benchmarks.processes import PAUSE, Remote
from benchmarks.results import Found, Table, pairs, spread
from benchmarks.settings import Save, Say, Settings
from pellucid.measuring.networks import NETWORKS
from pellucid.measuring.rates import Rate
from pellucid.measuring.work import training_work

TITLE = "Share of the machine's peak, one core"

TRAINING = "benchmarks.peers.training_cases:"
INFERENCE = "benchmarks.peers.inference_cases:"
BATCH = 1024


def run(settings: Settings, say: Say, save: Save) -> Found:
    found = Found()
    say("sgemm and training, one core")
    columns = ["what", "images a core-second", "GFLOP/s, done densely", "share of sgemm's rate"]
    table = Table(TITLE, columns)
    table.note = (
        "A multiply-add is two operations. They are counted as if all were done; where max pooling "
        "and ReLU make gradients zero, the kernels may skip them."
    )
    rates: dict[str, list[float]] = {"sgemm": []}
    work: dict[str, int] = {}
    with Remote(1) as remote:
        for network, make in NETWORKS.items():
            remote.call(
                TRAINING + "prepare_training", "Pellucid", network, BATCH, False, 1, 2
            )  # fmt: skip
            remote.call(INFERENCE + "prepare_inference", "Pellucid", network, False, 1)
            work[f"{network}, training"] = training_work(make())
            work[f"{network}, inference"] = make().multiply_adds
        for _ in range(settings.rounds):
            time.sleep(PAUSE)
            rates["sgemm"].append(
                remote.call("pellucid.measuring.sgemm:sgemm_rate", settings.seconds)
            )  # fmt: skip
            for network in NETWORKS:
                training = remote.call(
                    TRAINING + "measure_training", "Pellucid", network, BATCH, False,
                    settings.seconds,
                )  # fmt: skip
                inference = remote.call(
                    INFERENCE + "measure_inference", "Pellucid", network, False, BATCH,
                    settings.seconds,
                )  # fmt: skip
                rates.setdefault(f"{network}, training", []).append(Rate(*training).per_core_second)
                rates.setdefault(f"{network}, inference", []).append(
                    Rate(*inference).per_core_second
                )
    sgemm = rates["sgemm"]
    table.rows.append(["sgemm", "", spread([2e-9 * rate for rate in sgemm]).text(digits=0), ""])
    for name, count in work.items():
        done = [rate * count for rate in rates[name]]
        share = spread([100 * value for value in pairs(done, sgemm)])
        row = [name, spread(rates[name]).text(), spread([2e-9 * d for d in done]).text(digits=0)]
        table.rows.append([*row, share.text(" %")])
        found.figures[name] = share.median
    found.tables.append(table)
    found.data = {"rates": rates, "multiply_adds": work}
    return found
