"""What a studio costs: training alone, in a studio that nobody looks at, and in one that is open.

Each is measured in a process of its own, in turn, as often as --rounds says. A page that is open is
one that only reads what it is told ("read"), or one in Chromium ("browser") on the same processors,
which paints as well as reads. Training goes as fast as it can; the time is that of all updates.
Beside it stand the processor's seconds of the process that trains and serves, and which share of
them was not training: what is done between two updates, looking at the network for those who watch,
and the server's thread. Where other programs work too, only that share says something.

    python -m benchmarks.studio [--rounds 5] [--images 1000000]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from pellucid import Trainer
from pellucid.runs.fitting import fit_arguments
from pellucid.runs.live import make_studio
from pellucid.runs.ready import make_ready, make_trainer
from pellucid.runs.settings import RunSettings
from pellucid.studio.server.app import Studio
from pellucid.studio.server.serving import opened, serve
from pellucid.studio.server.token import new_token
from pellucid.training import Update

MODES = ("alone", "nobody", "read", "browser")
WARM = 20_000
Seconds = tuple[float, float, float]
"""By the clock, of the processor, and of these what was not training."""


def say(line: str) -> None:
    print(line, file=sys.stderr)


def alone(settings: RunSettings) -> Seconds:
    """Return the seconds that a trainer takes."""
    ready = make_ready(settings, say)
    arguments = fit_arguments(ready.settings, ready.dataset, ready.held_back)
    with make_trainer(ready.network, ready.settings) as trainer:
        _warm(trainer, arguments)
        begun = _clocks()
        trainer.fit(**arguments)
        return (*_since(begun), 0.0)


def _warm(trainer: Trainer, arguments: dict[str, object]) -> None:
    other = Trainer(trainer.network, optimizer=trainer.optimizer, augmentation=trainer.augmentation)
    with other:
        other.fit(**{**arguments, "total_images": WARM})  # type: ignore[arg-type]


def in_studio(settings: RunSettings, visit: Callable[[str], None] | None) -> Seconds:
    """Return the seconds that it takes in a studio, which somebody visits or nobody does."""
    ready = make_ready(settings, say)
    with make_trainer(ready.network, ready.settings) as trainer:
        _warm(trainer, fit_arguments(ready.settings, ready.dataset, ready.held_back))
    studio = make_studio(settings, say)
    training = studio.training
    assert training is not None
    training.pause()
    address, server = _served(studio)
    if visit is not None:
        visit(address)
        while training.snapshot is None:
            time.sleep(0.01)
        time.sleep(2)  # until the page has compared itself with Python
    between = 0.0
    after = training._after

    def timed(update: Update) -> bool:
        nonlocal between
        begun = time.process_time()
        ends = after(update)
        between += time.process_time() - begun
        return ends

    training._after = timed  # type: ignore[method-assign]
    served, begun = server(), _clocks()
    training.go()
    while not training.ended:
        time.sleep(0.002)
    return (*_since(begun), between + server() - served)


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(begun: tuple[float, float]) -> tuple[float, float]:
    wall, processor = _clocks()
    return wall - begun[0], processor - begun[1]


def _served(studio: Studio) -> tuple[str, Callable[[], float]]:
    """Serve a studio; return its address, and what says how long its thread has computed."""
    listening, found = opened("127.0.0.1", 0), []
    up = threading.Event()

    def ready(address: str) -> None:
        found.append(address)
        up.set()

    more = (studio, listening, "127.0.0.1", new_token(), ready)
    thread = threading.Thread(target=serve, args=more, daemon=True)
    thread.start()
    up.wait(20)
    clock = time.pthread_getcpuclockid(thread.ident or 0)
    return found[0], lambda: time.clock_gettime(clock)


def read(address: str) -> None:
    """Follow a studio in a process of its own, and do nothing with what it tells."""
    code = (
        "import sys, urllib.request\n"
        "for line in urllib.request.urlopen(sys.argv[1] + 'events'): pass"
    )
    subprocess.Popen([sys.executable, "-c", code, address], stderr=subprocess.DEVNULL)
    with urllib.request.urlopen(address) as page:
        page.read()


def browse(address: str) -> None:
    """Open a studio in Chromium."""
    from tests.studio.server.visitor import Visitor

    Visitor(Path(tempfile.mkdtemp()), 1440, 900).visit(address)


def one(mode: str, settings: RunSettings) -> Seconds:
    """Return the seconds of all updates."""
    if mode == "alone":
        return alone(settings)
    return in_studio(settings, {"nobody": None, "read": read, "browser": browse}[mode])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--one", choices=MODES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(*one(options.one, RunSettings(images=options.images)), flush=True)
        os._exit(0)  # the server goes with its process
    modes = options.modes.split(",")
    seconds: dict[str, list[Seconds]] = {mode: [] for mode in modes}
    for _ in range(options.rounds):
        for mode in modes:
            told = ["--images", str(options.images), "--one", mode]
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.studio", *told],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            found = tuple(map(float, done.stdout.split()[-3:]))
            seconds[mode].append((found[0], found[1], found[2]))
            say(f"{mode}: {found[0]:.2f} s, processor {found[1]:.2f} s, beside {found[2]:.3f} s")
    first: float | None = None
    for mode in modes:
        wall, processor, beside = map(statistics.median, zip(*seconds[mode], strict=True))
        first = first or wall
        print(
            f"{mode:8} {wall:7.2f} s {wall / first - 1:+7.1%}   processor {processor:7.2f} s, "
            f"of it beside training {beside:6.3f} s, {beside / (processor - beside):.2%}"
        )


if __name__ == "__main__":
    main()
