"""A training that is killed, really and again and again, and must end as if nothing had happened.

A nursery process imports Pellucid and loads its kernels once; each life of the training is a fork
of it that trains from the newest checkpoint until SIGKILL. As a command it is a soak::

    python -m tests.training.kills --kills 1000
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

STEPS = ("half written", "before flush", "before rename", "after rename", "while pruning")
"""Where in a checkpoint's write a life can be made to end."""


# The nursery's side.


def bits(trainer):
    """Return what must be the same at the end, as one hash."""
    state, digest = trainer.state, hashlib.sha256()
    for array in (state.parameters, state.vectors["m"], state.vectors["v"], state.average):
        digest.update(array.tobytes())
    for u in trainer.history.updates:
        digest.update(f"{u.update} {u.images} {u.loss!r} {u.accuracy!r} {u.fingerprint}\n".encode())
    return f"{digest.hexdigest()} {state.t} {state.next_pass} {len(trainer.history)}"


def train(folder, workers):
    from pellucid import AdamW, Augmentation, Checkpoints, MeanAverage, Schedule, Trainer
    from pellucid.training.checkpoints import checkpoint_paths
    from tests.training.examples import NETWORK, bright_corners

    # 15,000 images of 70 in batches of 50 and, at the end, of 30 more.
    call = {"total_images": 15_030, "batch_size": 50, "schedule": Schedule(0.3, 0.4)}
    with Trainer(
        NETWORK,
        optimizer=AdamW(0.01),
        clip_norm=0.5,
        average=MeanAverage(0.3),
        augmentation=Augmentation(),
        workers=workers,
    ) as trainer:
        if folder is not None:
            call["checkpoints"] = Checkpoints(folder, every_updates=3)
            call["resume"] = bool(checkpoint_paths(folder))
        trainer.fit(*bright_corners(70), sample_weight=range(1, 71), **call)
        return bits(trainer)


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def break_write(step, number):
    """Let this process die in a step of the ``number``-th checkpoint that it writes."""
    from pellucid.files import atomic as files
    from pellucid.training.checkpoints import CheckpointFolder

    writes = 0
    write, flush, rename = files._write, files._flush, files._rename

    def broken_write(file, data):
        nonlocal writes
        writes += 1
        if step == "half written" and writes == number:
            file.write(data[: len(data) // 2])
            file.flush()
            die()
        write(file, data)

    def broken_flush(file):
        if step == "before flush" and writes == number:
            die()
        flush(file)

    def broken_rename(temporary, target):
        if step == "before rename" and writes == number:
            die()
        rename(temporary, target)
        if step == "after rename" and writes == number:
            die()

    def broken_prune(self, *args):
        if step == "while pruning" and writes == number:
            die()
        prune(self, *args)

    prune = CheckpointFolder._prune
    files._write, files._flush, files._rename = broken_write, broken_flush, broken_rename
    CheckpointFolder._prune = broken_prune


def live(order):
    """Be born, train, and say how it ended: ``{"bits": ...}``, or ``{"signal": 9}``."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            if order["step"] is not None:
                break_write(order["step"], order["number"])
            os.write(writing, train(order["folder"], order["workers"]).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    ends = None if order["seconds"] is None else time.monotonic() + order["seconds"]
    killed = False
    while os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if ends is not None and not killed and time.monotonic() >= ends:
            os.kill(child, signal.SIGKILL)
            killed = True
        time.sleep(0.0005)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    if os.WIFSIGNALED(status):
        return {"signal": os.WTERMSIG(status)}
    return {"exit": os.waitstatus_to_exitcode(status), "bits": said}


def nursery():
    train(None, 1)  # kernels are loaded, and no thread is left
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(live(json.loads(line))), flush=True)


# The test's side.


class Nursery:
    """Starts lives of the training, and kills them."""

    def __enter__(self):
        command = [
            sys.executable,
            "-m",
            __name__ if __name__ != "__main__" else MODULE,
            "--nursery",
        ]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
        assert self._process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *error):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def live(self, folder, *, seconds=None, step=None, number=1, workers=2):
        """Train in a folder until the end, or until killed after a time or in a write's step."""
        order = {
            "folder": folder and str(folder), "seconds": seconds, "step": step, "number": number,
            "workers": workers,
        }  # fmt: skip
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


@dataclass
class Kills:
    """What happened.

    Attributes
    ----------
    at_random : int
        Kills at a random moment.
    in_write : dict
        Kills in each step of a checkpoint's write.
    resumed_from : list of int
        The newest checkpoint's update at the start of every life.
    wrong : list of str
        Ends that were not those of a training in one go.
    ended : int
        Trainings that came to their end.
    """

    at_random: int = 0
    in_write: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STEPS, 0))
    resumed_from: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    ended: int = 0

    @property
    def total(self):
        return self.at_random + sum(self.in_write.values())


def kill_again_and_again(folder, kills, seed=0, say=lambda line: None):
    """Train, kill and resume until so many lives were killed; return what happened."""
    from pellucid.training.checkpoints import checkpoint_paths

    chance, found = random.Random(seed), Kills()
    with Nursery() as lives:
        start = time.monotonic()
        expected = lives.live(None)["bits"]
        span = time.monotonic() - start
        while True:
            run = folder / f"run-{found.ended}"
            paths = checkpoint_paths(run)
            found.resumed_from.append(int(paths[0].stem[-8:]) if paths else 0)
            how = {"workers": chance.choice((1, 2, 3))}
            if found.total >= kills:
                pass  # the last one may live to its end
            elif len(found.resumed_from) % 3 == 0:
                step = min(STEPS, key=found.in_write.get)
                how |= {"step": step, "number": chance.randint(1, 4)}
            else:
                how["seconds"] = chance.uniform(0, span)
            end = lives.live(run, **how)
            if end.get("signal") == signal.SIGKILL:
                if "step" in how:
                    found.in_write[how["step"]] += 1
                else:
                    found.at_random += 1
                continue
            found.ended += 1
            if end.get("bits") != expected:
                found.wrong.append(f"{end} is not {expected}")
            say(f"{found.total} kills, {found.ended} trainings ended, {len(found.wrong)} wrong")
            if found.total >= kills:
                return found


MODULE = "tests.training.kills"

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--nursery", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.nursery:
        nursery()
    else:
        with tempfile.TemporaryDirectory() as place:
            outcome = kill_again_and_again(Path(place), options.kills, options.seed, print)
        print(f"{outcome.at_random} kills at random moments, in a checkpoint's write:")
        print(*(f"  {step}: {count}" for step, count in outcome.in_write.items()), sep="\n")
        print(*outcome.wrong, sep="\n")
        sys.exit(bool(outcome.wrong))
