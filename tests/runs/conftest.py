"""A finished run, and what keeps tests of runs quick."""

import dataclasses
import shutil

import pytest

from pellucid import Checkpoints, data
from pellucid.runs.finished import FinishedRun
from pellucid.runs.run import reference_run
from tests.runs.examples import (
    DIGITS,
    LONG,
    PICTURES,
    QUICK,
    say_nothing,
)


@pytest.fixture(autouse=True)
def _digits_are_loaded_once(monkeypatch):
    real = data.load

    def load(name, **settings):
        return DIGITS() if name == "digits" else real(name, **settings)

    monkeypatch.setattr(data, "load", load)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "first"
    lines = []
    metrics = reference_run(QUICK, folder, lines.append)
    return folder, metrics, lines


@pytest.fixture
def no_pictures(monkeypatch):
    monkeypatch.setattr(FinishedRun, "draw", lambda *args: None)


@pytest.fixture
def no_data(monkeypatch):
    def load(*args, **kwargs):
        raise AssertionError("data was loaded although a setting is wrong")

    monkeypatch.setattr(data, "load", load)


@pytest.fixture
def old(finished, tmp_path, no_pictures):
    """Return the folder of a run with all of its files, checkpoints too."""
    settings = dataclasses.replace(QUICK, seed=1)
    checkpoints = Checkpoints("", every_updates=3)
    reference_run(settings, tmp_path / "old", say_nothing, checkpoints=checkpoints)
    for name in PICTURES:
        (tmp_path / "old" / name).write_bytes(b"old")
    return tmp_path / "old"


@pytest.fixture(scope="session")
def long_run(tmp_path_factory):
    """Return the folder of a run of more than two passes, with its checkpoints."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FinishedRun, "draw", lambda *args: None)
        reference_run(
            LONG, folder, say_nothing, checkpoints=Checkpoints("", every_updates=5, keep=3)
        )
    return folder


@pytest.fixture
def copy(long_run, tmp_path):
    """Return a copy of that folder, to be changed."""
    return shutil.copytree(long_run, tmp_path / "copy")
