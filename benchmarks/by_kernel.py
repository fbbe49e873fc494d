"""Where a step's time goes: microseconds an image of every op of a network's program.

Each op of the plan runs alone, over and over, on one core and one chunk of images; multiply-adds
are counted from the shapes where an op has them.

    python benchmarks/by_kernel.py [--network reference|default]
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

from pellucid import presets
from pellucid.execution.sections import prepare
from pellucid.kernels.arena import new_arena
from pellucid.kernels.compile import kernel_name
from pellucid.kernels.execute import run_ops
from pellucid.kernels.plan import plan_for
from pellucid.kernels.vector import LANES

ROUNDS, REPEATS = 15, 40


def microseconds(ops: np.ndarray, arena: np.ndarray, theta: np.ndarray) -> float:
    """Return the median time of some ops on one chunk, an image."""
    gradient = np.zeros_like(theta)
    found = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(REPEATS):
            run_ops(ops, arena, theta, gradient)
        found.append((time.perf_counter() - start) / REPEATS)
    return statistics.median(found) / LANES * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=["reference", "default"], default="reference")
    name = parser.parse_args().network
    network = presets.reference() if name == "reference" else presets.default((28, 28), 10)
    prepare(network)
    plan = plan_for(network)
    arena, theta = new_arena(plan.size), network.initial_parameters(0)
    start = plan.image.start
    arena[start : start + 784 * LANES] = np.random.default_rng(0).random(784 * LANES)
    total = 0.0
    for phase in ("begin", "forward", "backward", "end"):
        for number, op in enumerate(getattr(plan, phase)):
            took = microseconds(op[None].copy(), arena, theta)
            total += took
            print(f"{phase:<9} {number}  {kernel_name(int(op[0])):<28} {took:8.3f} us an image")
    print(f"{'sum':<40} {total:8.3f} us an image; begin and end come once a section")


if __name__ == "__main__":
    main()
