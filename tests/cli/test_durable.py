"""Runs that are killed, stopped, resumed and verified, as a user does it."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from pellucid import data, fingerprint, load_model
from pellucid.runs.finished import FinishedRun
from pellucid.training.checkpoints import checkpoint_paths
from tests.cli.console import QUICK, fails, invoke, process, read_until

needs_signals = pytest.mark.skipif(os.name == "nt", reason="signals can't be sent to a process")


@pytest.fixture(autouse=True)
def _no_pictures(monkeypatch):
    monkeypatch.setattr(FinishedRun, "draw", lambda *args: None)


@pytest.fixture
def many(noise):
    """Return options of a run that takes a while."""
    return [*noise, "--images", 100_000]


def printed_fingerprint(out):
    return re.search(r"^Fingerprint ([0-9a-f]{64})$", out, re.MULTILINE)[1]


@needs_signals
def test_a_run_killed_stopped_and_resumed_ends_as_one_in_one_go(many, tmp_path):
    code, out, err = invoke("train", *many, "--out", tmp_path / "whole")
    assert code == 0, err
    expected = printed_fingerprint(out)
    folder = tmp_path / "run"
    with process("train", *many, "--out", folder, "--checkpoint-every", 4) as killed:
        read_until(killed.stderr, "update ")
        killed.send_signal(signal.SIGSTOP)
        for options in ([], ["--overwrite"], ["--resume"]):
            line = fails("train", *many, "--out", folder, *options)
            assert line == (
                f"Another process is training into {folder}; wait until it ends, or name another "
                "folder."
            )
        killed.kill()
        killed.communicate()
    assert not (folder / "model.safetensors").exists()
    assert fails("train", *many, "--out", folder).startswith(
        f"{folder} already holds a run (checkpoints); name another folder with --out, go on with "
        "it with --resume, or replace it with --overwrite."
    )

    resume = ["train", "--out", folder, "--resume", "--checkpoint-every", "1h"]
    with process(*resume, "--workers", 1) as stopped:
        read_until(stopped.stderr, "update ")
        stopped.send_signal(signal.SIGTERM)
        out, err = stopped.communicate(timeout=60)
    assert (stopped.returncode, out) == (143, "")
    first, last = err.splitlines()[-2:]
    updates = load_model(folder / "model.safetensors").configuration["updates"]
    assert (
        first == f"Stopped after update {updates}; keeping what was learned. Go on with --resume."
    )
    assert last == "Stopped."
    assert 0 < updates < 98
    assert checkpoint_paths(folder / "checkpoints")[0].stem.endswith(f"{updates:08d}")
    assert invoke("verify", folder, "--last", 3)[0] == 0

    code, out, err = invoke(*resume)
    assert code == 0, err
    assert printed_fingerprint(out) == expected
    assert fingerprint(load_model(folder / "model.safetensors")) == expected
    metrics = json.loads((folder / "metrics.json").read_text())
    assert (metrics["fingerprint"], metrics["updates"]) == (expected, 98)
    assert f"update {updates}/98" not in err
    history = (folder / "history.csv").read_text().splitlines()
    whole = (tmp_path / "whole" / "history.csv").read_text().splitlines()
    assert [row.split(",")[:4] for row in history] == [row.split(",")[:4] for row in whole]
    code, out, err = invoke("verify", folder)
    assert (code, out) == (
        0, f"The bits agree: updates 1 to 98 trained anew, fingerprint {expected}.\n"
    )  # fmt: skip


SLOW = """
import sys, time
from pellucid import Adam
from pellucid.cli.main import main
update = Adam.update
def slow(self, step):
    if step.number == 2:
        print("at work", file=sys.stderr, flush=True)
        time.sleep(20)
    return update(self, step)
Adam.update = slow
main()
"""


@needs_signals
def test_a_second_sigterm_leaves_at_once(many, tmp_path):
    """In the middle of an update that takes long: its end would save what was learned."""
    command = [sys.executable, "-c", SLOW, "train", *map(str, many), "--out", tmp_path / "run"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as started:
        read_until(started.stderr, "at work")
        started.send_signal(signal.SIGTERM)
        time.sleep(0.5)  # two that come at once are one
        started.send_signal(signal.SIGTERM)
        _, err = started.communicate(timeout=60)
    assert (started.returncode, err) == (143, "Stopped.\n")
    assert not (tmp_path / "run" / "model.safetensors").exists()
    names = [path.stem for path in checkpoint_paths(tmp_path / "run" / "checkpoints")]
    assert names == ["checkpoint-00000000"]


@needs_signals
def test_sigterm_before_training(tmp_path):
    code = (
        "import signal; from pellucid.cli import main; from pellucid.runs import settings\n"
        "def load(*args): signal.raise_signal(signal.SIGTERM)\n"
        "settings.RunSettings.load = load\n"
        "import sys; sys.argv = ['pellucid', 'train', '--out', sys.argv[1]]; main.main()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (143, "", "Stopped.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Return a run whose data was named by a relative path, seen from another folder."""
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    digits = data.load("digits")
    np.savez(
        "mine.npz", x_train=digits.train_images, y_train=digits.train_labels,
        x_test=digits.test_images, y_test=digits.test_labels,
    )  # fmt: skip
    code, _, err = invoke("train", *QUICK, "--data", "mine.npz", "--out", tmp_path / "run")
    assert code == 0, err
    monkeypatch.chdir(tmp_path / "there")
    return tmp_path / "run"


def test_data_that_was_recorded_as_a_relative_path(elsewhere):
    for command in (["verify", elsewhere], ["train", "--out", elsewhere, "--resume"]):
        line = fails(*command)
        assert line.startswith(
            "The data of this run, mine.npz, can't be read; if it is elsewhere now, say where with "
            "--data. There is no data set or path 'mine.npz'."
        )
        code, _, err = invoke(*command, "--data", "../here/mine.npz")
        assert code == 0, err
