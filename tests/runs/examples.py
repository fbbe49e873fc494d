"""Settings, data and executors for the tests of runs, and what a folder holds."""

import contextlib
import csv
import functools
import io

import numpy as np

from pellucid import data
from pellucid.errors import (
    ExecutorError,
)
from pellucid.files.locks import LOCK
from pellucid.runs import run
from pellucid.runs.settings import RunSettings
from tests.execution.digests import InlineExecutor

PICTURES = {"loss.png", "predictions.png", "confusion.png", "randomized.png", "filters.png"}
FILES = PICTURES | {"model.safetensors", "metrics.json", "history.csv", "report.html"}

QUICK = RunSettings(data="digits", images=1024, batch_size=128)

LONG = RunSettings(data="digits", images=3000, batch_size=128)
"""1,437 digits in 2.1 passes, a last batch of 184."""
UPDATES = 23

DIGITS = functools.cache(functools.partial(data.load, "digits"))


def contents(folder):
    """Return a folder's files; the lock's stays when a run ends, and is not the run's."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name != LOCK}


def rows(folder):
    return list(csv.DictReader(io.StringIO((folder / "history.csv").read_text())))


def tiny_data(side=12, channels=None, classes=2, count=40):
    shape = (count, side, side) if channels is None else (count, channels, side, side)
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    labels = np.arange(count) % classes
    names = tuple(f"class {k}" for k in range(classes))
    return data.Dataset("tiny", images, labels, images[:20], labels[:20], names, "made here")


def use_data(monkeypatch, dataset):
    monkeypatch.setattr(data, "load", lambda *args, **kwargs: dataset)


def say_nothing(line):
    pass


class FailingExecutor(InlineExecutor):
    """Works on so many jobs and then fails."""

    def __init__(self, jobs):
        super().__init__()
        self.left = jobs

    def submit(self, function, /, job):
        self.left -= 1
        if self.left < 0:
            raise OSError("the network is gone")
        return super().submit(function, job)


def use_executor(monkeypatch, jobs):
    @contextlib.contextmanager
    def open_executor(name, workers):
        if jobs is None:
            raise ExecutorError("It is out of reach.")
        yield FailingExecutor(jobs)

    monkeypatch.setattr(run, "open_executor", open_executor)


def tree(folder):
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and file.name not in (LOCK, "checkpoint-00000000.safetensors")
    }


def rewrite_history(folder, change):
    lines = (folder / "history.csv").read_text().splitlines()
    (folder / "history.csv").write_text("\n".join(change(lines)) + "\n")
