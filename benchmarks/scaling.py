"""What each executor costs, and what that means for more workers than this machine has.

Measures the time of updates on threads, processes, a Dask cluster and MPI, all on this machine, in
turn; the parameters of a simple model; and predicts throughput for 1 to 1,024 workers and networks
of 6 thousand to 10 million parameters. The model is checked against a run of 8 worker processes.

    python -m benchmarks.scaling                     # some minutes; docs/scaling.md has the result
    python -m benchmarks.scaling --json scaling.json
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil

from benchmarks.local_cluster import LocalCluster
from pellucid import Adam, Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU, Trainer, open_executor
from pellucid.execution.sections import Procedure, section_step, whole_section
from pellucid.network.presets import reference
from pellucid.training import Update
from pellucid.training.optimizers.optimizer import Step

SAME = {"padding": "same"}
NETWORKS = {
    "6 thousand": reference(),
    "60 thousand": Network(
        [Conv2D(6, 5, **SAME), ReLU(), MaxPool2D(2), Conv2D(16, 5), ReLU(), MaxPool2D(2),
         Flatten(), Dense(120), ReLU(), Dense(84), ReLU(), Dense(10)], (28, 28)),
    "420 thousand": Network(
        [Conv2D(32, 3, **SAME), ReLU(), MaxPool2D(2), Conv2D(64, 3, **SAME), ReLU(), MaxPool2D(2),
         Flatten(), Dense(128), ReLU(), Dense(10)], (28, 28)),
    "10 million": Network(
        [Flatten(), Dense(2600), ReLU(), Dense(3000), ReLU(), Dense(10)], (28, 28)),
}  # fmt: skip
WORKERS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
BATCHES = (1024, 65_536)
PER_IMAGE = 40
"""Bytes that an image costs when its number is sent: index, label, weight, identity."""
CHECKED = 8

Times = dict[str, dict[int, list[tuple[float, float]]]]
"""By executor and batch, for every round: seconds an update, and processor seconds of all."""


class Where(NamedTuple):
    """Threads or an executor, how many workers, and the processes beside this one."""

    executor: Any
    workers: int
    processes: Callable[[], list[int]] = list


def data(count: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
    return images, random.integers(0, 10, count)


def processor_seconds(processes: Iterable[int]) -> float:
    """Return the processor time that this process and others have used."""
    times = [psutil.Process(process).cpu_times() for process in processes]
    return time.process_time() + sum(t.user + t.system for t in times)


def update_seconds(where: Where, batch: int, updates: int) -> tuple[float, float]:
    """Return the median time of an update, after two that are not counted, and the processor time
    of all processes together."""
    images, labels = data(batch)
    used = {}

    def on_update(update: Update) -> None:
        if update.update in (2, updates + 2):
            used[update.update] = processor_seconds(where.processes())

    with Trainer(reference(), workers=where.workers, executor=where.executor) as trainer:
        history = trainer.fit(
            images, labels, total_images=batch * (updates + 2), batch_size=batch,
            on_update=on_update,
        )  # fmt: skip
    elapsed = np.diff([update.seconds for update in history.updates])[1:]
    return statistics.median(elapsed), (used[updates + 2] - used[2]) / updates


def in_turn(places: dict[str, Where], rounds: int) -> Times:
    """Time updates everywhere, one after another, again and again."""
    times: Times = {name: {batch: [] for batch in BATCHES} for name in places}
    for _ in range(rounds):
        for batch in BATCHES:
            for name, where in places.items():
                updates = 12 if batch == BATCHES[0] else 3
                times[name][batch].append(update_seconds(where, batch, updates))
    return times


def open_places(stack: contextlib.ExitStack, workers: int) -> dict[str, Where]:
    """Start threads, processes and a cluster with as many workers."""
    pool: Any = stack.enter_context(open_executor("processes", workers))
    cluster = stack.enter_context(LocalCluster(workers))
    dask: Any = stack.enter_context(open_executor(cluster.name))
    dask._client.wait_for_workers(workers, timeout=120)
    return {
        f"threads {workers}": Where(None, workers),
        f"processes {workers}": Where(pool, workers, lambda: list(pool._processes)),
        f"dask {workers}": Where(
            dask, workers, lambda: [p.pid for p in (cluster.scheduler, *cluster.workers)]
        ),
    }


def measure_executors(rounds: int, repeats: int) -> tuple[Times, dict[str, dict[str, float]]]:
    """Return the times of updates on one and two workers, and what jobs cost on two."""
    with contextlib.ExitStack() as stack:
        places = {**open_places(stack, 1), **open_places(stack, 2)}
        times = in_turn(places, rounds)
        pool, dask = places["processes 2"], places["dask 2"]
        return times, {
            "processes": job_costs(pool.executor, None, repeats),
            "dask": job_costs(dask.executor, dask.processes()[0], repeats),
        }


def measure_mpi(rounds: int) -> Times | None:
    """Time threads and MPI in turn in a program of three ranks; None where there is no MPI."""
    beside = shutil.which("mpiexec", path=str(Path(sys.executable).parent))
    mpiexec = beside or shutil.which("mpiexec")
    if mpiexec is None:
        return None
    told = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe"}  # fmt: skip
    python = [sys.executable, "-m", "mpi4py.futures", "-m", "benchmarks.scaling"]
    done = subprocess.run(
        [mpiexec, "-n", "3", *python, "--as-rank", "--rounds", str(rounds)],
        env={**os.environ, **told}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        print(f"MPI: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    found = json.loads(done.stdout.splitlines()[-1])
    return {name: {int(b): t for b, t in times.items()} for name, times in found.items()}


def as_rank(rounds: int) -> None:
    with open_executor("mpi") as executor:
        print(
            json.dumps(in_turn({"threads 2": Where(None, 2), "mpi 2": Where(executor, 2)}, rounds))
        )


def echo(array: np.ndarray) -> np.ndarray:
    return array


def job_costs(executor: Executor, scheduler: int | None, repeats: int) -> dict[str, float]:
    """Return the seconds that an update, a job, and a byte there or back cost on an executor.

    Jobs and bytes pass through the driver, and with Dask through its scheduler too, one after
    another. What counts is the processor time of the busier of the two: on a machine that is shared
    with others, the clock would count their work as well.
    """

    def seconds(jobs: int, size: int, rounds: int) -> tuple[float, float]:
        array = np.zeros(size, np.uint8)
        start, elapsed = used(), []
        for _ in range(rounds):
            began = time.perf_counter()
            for future in [executor.submit(echo, array) for _ in range(jobs)]:
                future.result()
            elapsed.append(time.perf_counter() - began)
        return max(np.subtract(used(), start)) / rounds, min(elapsed)

    def used() -> tuple[float, float]:
        mine = time.process_time()
        if scheduler is None:
            return mine, 0.0
        times = psutil.Process(scheduler).cpu_times()
        return mine, times.user + times.system

    small, large = 4 * reference().size, 1 << 25
    seconds(8, small, 5)  # all workers begin
    _, alone = seconds(1, small, 10 * repeats)
    job, _ = seconds(8, small, 10 * repeats)
    both, _ = seconds(2, large, repeats)
    return {
        "update": max(0.0, alone - job / 8),
        "job": job / 8,
        "byte": (both - job / 4) / (2 * 2 * large),
    }


def median_of(once: Callable[[], Any], repeats: int) -> float:
    """Return the median processor time of something that one thread does."""
    found = []
    for _ in range(repeats + 1):
        start = time.thread_time()
        once()
        found.append(time.thread_time() - start)
    return statistics.median(found[1:])


def network_costs(network: Network, repeats: int) -> dict[str, float]:
    """Return the seconds that an image takes on one core, and that the driver takes to add up one
    gradient and to update the parameters."""
    count = 512 if network.size < 1e6 else 64
    images, labels = data(count)
    parameters, section = network.initial_parameters(), whole_section(labels)
    procedure = Procedure(network)
    total, gradient = np.zeros(network.size, np.float32), np.ones(network.size, np.float32)
    step = Step(parameters, Adam().begin(network.size), total, 1.0, 1, 0.01)

    def add() -> None:
        np.add(total, gradient, out=total)

    return {
        "parameters": network.size,
        "image": median_of(lambda: section_step(procedure, parameters, images[:, None], section),
                         repeats) / count,
        "sum": median_of(add, 5 * repeats),
        "adam": median_of(lambda: Adam().update(step), repeats),
    }  # fmt: skip


def predict(
    network: dict[str, float], executor: dict[str, float], workers: int, batch: int,
    cores: int | None = None,
) -> dict[str, float]:  # fmt: skip
    """Return the parts of an update's time, in seconds.

    The driver sends one job to each worker and gets it back, one after another; the workers compute
    at the same time, on ``cores`` cores if they share them; the driver adds up the sections'
    gradients, of which there is one for each worker but at least 8, and updates the parameters.
    """
    sections = max(8, workers)
    sent = workers * 4 * network["parameters"] + PER_IMAGE * batch
    returned = sections * 4 * network["parameters"]
    return {
        "computing": batch * network["image"] / min(workers, cores or workers),
        "jobs": executor["update"] + workers * executor["job"],
        "bytes": (sent + returned) * executor["byte"],
        "sums": (sections - 1) * network["sum"],
        "adam": network["adam"],
    }


def check(
    costs: dict[str, dict[str, float]], network: dict[str, float], rounds: int
) -> dict[str, dict[int, tuple[float, float]]]:
    """Return the predicted and the measured time of an update on 8 worker processes.

    This machine may be shared. So 8 threads are timed in turn with the processes: by how much they
    are slower than their processor time says, the prediction is slower too.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found: dict[str, dict[int, tuple[float, float]]] = {}
    with contextlib.ExitStack() as stack:
        places = open_places(stack, CHECKED)
        in_turn(places, 1)  # all processes begin
        times = {name: walls(found) for name, found in in_turn(places, rounds).items()}
    for name in costs:
        found[name] = {}
        for batch in BATCHES:
            idle = batch * network["image"] / min(CHECKED, cores or 1)
            slower = np.array(times[f"threads {CHECKED}"][batch]) / idle
            parts = sum(predict(network, costs[name], CHECKED, batch, cores).values())
            expected = statistics.median(slower * parts)
            found[name][batch] = (expected, statistics.median(times[f"{name} {CHECKED}"][batch]))
    return found


def walls(found: dict[int, list[tuple[float, float]]]) -> dict[int, list[float]]:
    """Return the seconds by the clock, by batch."""
    return {batch: [wall for wall, _ in times] for batch, times in found.items()}


def show_times(times: Times) -> None:
    print(f"{'':<22}by the clock, over threads   processor time of all, over threads")
    for batch in BATCHES:
        for name, found in times.items():
            threads = np.array(times[f"threads {name.split()[1]}"][batch])
            mine = 1e3 * np.array(found[batch])
            wall, cpu = np.median(mine, axis=0)
            more_wall, more_cpu = np.median(mine - 1e3 * threads, axis=0)
            print(f"  {batch:>6,}  {name:<12}{wall:9.2f} ms {more_wall:+9.2f} ms  {cpu:15.2f} ms "
                  f"{more_cpu:+9.2f} ms")  # fmt: skip


def show_efficiency(times: Times) -> None:
    print("\nEfficiency of two workers: the rate of two over twice that of one")
    for kind in ("threads", "processes", "dask"):
        for batch in BATCHES:
            one, two = walls(times[f"{kind} 1"])[batch], walls(times[f"{kind} 2"])[batch]
            print(f"  {batch:>6,}  {kind:<12}{statistics.median(np.divide(one, two)) / 2:9.2f}")


def show_prediction(
    name: str, executor: dict[str, float], networks: dict[str, dict[str, float]]
) -> None:
    print(f"\nPredicted images a second on {name}, batch {BATCHES[1]:,}, and what takes longest:")
    print("  workers " + "".join(f"{network:>24}" for network in networks))
    for workers in WORKERS:
        cells = []
        for network in networks.values():
            parts = predict(network, executor, workers, BATCHES[1])
            rate = BATCHES[1] / sum(parts.values())
            cells.append(f"{rate:>13,.0f} {max(parts, key=lambda part: parts[part]):<10}")
        print(f"  {workers:>7} " + "".join(cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="of everything, in turn")
    parser.add_argument(
        "--quick", action="store_true", help="small batches and no MPI, to see that all of it runs"
    )
    parser.add_argument("--json", type=Path, help="also write what was measured to this file")
    parser.add_argument("--as-rank", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.as_rank:
        as_rank(arguments.rounds)
        return
    if arguments.quick:
        global BATCHES, CHECKED
        BATCHES, CHECKED = (64, 256), 2
        for name in list(NETWORKS)[2:]:
            del NETWORKS[name]
    repeats = 2 * arguments.rounds + 1
    times, costs = measure_executors(arguments.rounds, repeats)
    print("\nAn update on one and two workers (medians of rounds):")
    show_times(times)
    show_efficiency(times)
    mpi = None if arguments.quick else measure_mpi(arguments.rounds)
    if mpi is not None:
        print("\nMPI, in a run of its own (processor time: the driver's alone):")
        show_times(mpi)
    networks = {name: network_costs(network, repeats) for name, network in NETWORKS.items()}
    print("\nThe model's parameters:")
    for name, found in networks.items():
        print(f"  {name:<14} {found['parameters']:>10,} parameters, {1 / found['image']:>9,.0f} "
              f"images/s a core, sum {4e-9 * found['parameters'] / found['sum']:.1f} GB/s, "
              f"Adam {1e3 * found['adam']:.2f} ms")  # fmt: skip
    for name, cost in costs.items():
        print(f"  {name:<14} {1e3 * cost['update']:.2f} ms an update, {1e3 * cost['job']:.2f} ms a "
              f"job, {1e-6 / cost['byte']:,.0f} MB/s")  # fmt: skip
    checked = check(costs, networks["6 thousand"], arguments.rounds)
    print(f"\n{CHECKED} worker processes on this machine, milliseconds an update:")
    for name, by_batch in checked.items():
        for batch, (expected, measured) in by_batch.items():
            print(f"  {batch:>6,}  {name:<12} predicted {1e3 * expected:8.1f}  measured "
                  f"{1e3 * measured:8.1f}  ratio {measured / expected:.2f}")  # fmt: skip
    for name, cost in costs.items():
        show_prediction(name, cost, networks)
    if arguments.json:
        found = {"times": times, "mpi": mpi, "networks": networks, "executors": costs,
                 "checked": checked}  # fmt: skip
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
