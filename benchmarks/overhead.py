"""Where the time around the kernels goes: Python's share of one image's latency and small steps.

Each call is timed, then profiled (which makes Python look slower than it is); the table lists the
functions that took most of the time in themselves, in microseconds a call.

    python -m benchmarks.overhead [--calls 1000] [--lines 12]
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import time
from collections.abc import Callable

from pellucid import Adam, CNNClassifier, Trainer, predict_proba
from pellucid.measuring.images import digit_batches
from pellucid.network import presets


def cases() -> dict[str, Callable[[], object]]:
    """Return what is looked at, by name, each ready to be called."""
    network = presets.reference()
    parameters = network.initial_parameters(0)
    [(images, labels)] = digit_batches(1, 256)
    classifier = CNNClassifier(network=network, max_iter=1, n_jobs=1).fit(images, labels)
    found: dict[str, Callable[[], object]] = {
        "predict_proba, one image": lambda: predict_proba(network, parameters, images[:1], 1),
        "CNNClassifier.predict_proba, one image": lambda: classifier.predict_proba(images[:1]),
    }
    for workers in (1, 2):
        trainer = Trainer(network, optimizer=Adam(0.001), workers=workers)
        found[f"Trainer.step, batch of 32, {workers} workers"] = lambda t=trainer: t.step(
            images[:32], labels[:32]
        )
    return found


def microseconds(call: Callable[[], object], calls: int) -> tuple[float, float]:
    """Return the median and the least time of a call."""
    times = []
    for _ in range(calls):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e6)
    return statistics.median(times), min(times)


def slowest(call: Callable[[], object], calls: int, lines: int) -> list[tuple[float, float, str]]:
    """Return (own microseconds a call, calls a call, function) of the slowest functions."""
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(calls):
        call()
    profile.disable()
    found = [
        (own / calls * 1e6, count / calls, f"{file.rsplit('pellucid', 1)[-1]}:{line} {name}")
        for (file, line, name), (_, count, own, _, _) in pstats.Stats(profile).stats.items()  # type: ignore[attr-defined]
    ]
    return sorted(found, reverse=True)[:lines]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--lines", type=int, default=12)
    options = parser.parse_args()
    for name, call in cases().items():
        call()
        median, least = microseconds(call, options.calls)
        print(f"\n{name}: median {median:,.1f} us, least {least:,.1f} us")
        for own, count, function in slowest(call, options.calls, options.lines):
            print(f"  {own:8.1f} us  {count:6.1f} calls  {function}")


if __name__ == "__main__":
    main()
