"""Runs that are killed, stopped, resumed and verified, as a user does it."""

import contextlib
import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from pellucid import data, fingerprint, load_model
from pellucid.cli import checkpoints as cli_checkpoints
from pellucid.cli import main as cli
from pellucid.errors import ExecutorError
from pellucid.runs import run
from pellucid.runs.settings import RunSettings
from pellucid.training.checkpoints import checkpoint_paths
from tests.command_line.console import QUICK, fails, invoke, process
from tests.command_line.test_process import read_until

NOTES = ("Data: ", "update ", "Testing", "Compiling")

needs_signals = pytest.mark.skipif(os.name == "nt", reason="signals can't be sent to a process")


@pytest.fixture(autouse=True)
def _no_pictures(monkeypatch):
    monkeypatch.setattr(run, "_draw", lambda *args: None)


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    """Return options that name a small file of noise: a process loads it faster than digits."""
    path = tmp_path_factory.mktemp("data") / "noise.npz"
    images = np.random.default_rng(0).integers(0, 256, (60, 28, 28), dtype=np.uint8)
    labels = np.arange(60) % 2
    np.savez(path, x_train=images, y_train=labels, x_test=images[:20], y_test=labels[:20])
    return ["--data", path, "--no-randomize", "--images", 100_000]


def printed_fingerprint(out):
    return re.search(r"^Fingerprint ([0-9a-f]{64})$", out, re.MULTILINE)[1]


@needs_signals
def test_a_run_killed_stopped_and_resumed_ends_as_one_in_one_go(noise, tmp_path):
    code, out, err = invoke("train", *noise, "--out", tmp_path / "whole")
    assert code == 0, err
    expected = printed_fingerprint(out)
    folder = tmp_path / "run"
    with process("train", *noise, "--out", folder, "--checkpoint-every", 4) as killed:
        read_until(killed.stderr, "update ")
        killed.send_signal(signal.SIGSTOP)
        for options in ([], ["--overwrite"], ["--resume"]):
            line = fails("train", *noise, "--out", folder, *options)
            assert line == (
                f"Another process is training into {folder}; wait until it ends, or name another "
                "folder."
            )
        killed.kill()
        killed.communicate()
    assert not (folder / "model.safetensors").exists()
    assert fails("train", *noise, "--out", folder).startswith(
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
def test_a_second_sigterm_leaves_at_once(noise, tmp_path):
    """In the middle of an update that takes long: its end would save what was learned."""
    command = [sys.executable, "-c", SLOW, "train", *map(str, noise), "--out", tmp_path / "run"]
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


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "_draw", lambda *args: None)
        code, _, err = invoke("train", *QUICK, "--out", folder, "--checkpoint-every", 3)
    assert code == 0, err
    return folder


@pytest.fixture
def copy(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "copy")


def test_checkpoints_are_written_and_kept(finished):
    names = [path.stem for path in checkpoint_paths(finished / "checkpoints")]
    assert names == ["checkpoint-00000008", "checkpoint-00000006", "checkpoint-00000003"]


def test_verify(finished, copy):
    code, out, _ = invoke("verify", finished)
    assert code == 0
    assert out.startswith("The bits agree: updates 1 to 8 trained anew, fingerprint ")
    assert invoke("verify", finished, "--last", 2, "--workers", 3)[:2] == (
        0, out.replace("1 to 8", "7 to 8")
    )  # fmt: skip
    history = (copy / "history.csv").read_text()
    (copy / "history.csv").write_text(history.replace("\n5,128,", "\n5,128,1"))
    code, out, _ = invoke("verify", copy)
    assert code == 1
    assert out.startswith("The bits differ, first in update 5: its loss was 1")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--last", "9"], "--last is 9; the run has 8 updates, so 1 to 8."),
        (["--last", "6"], "leave out --last to train the whole run anew."),
        (["--data", "minst"], "There is no data set or path 'minst'."),
        (["--data", "digits8"], "digits8 is not the data of this run: its fingerprint is "),
    ],
    ids=" ".join,
)
def test_what_can_t_be_verified(finished, options, message):
    assert message in fails("verify", finished, *options)


def test_verify_no_run(tmp_path):
    assert fails("verify", tmp_path).startswith(f"{tmp_path} holds no run: there is neither model")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--seed", "1"], "seed is 0 there and 1 here."),
        (
            ["--batch-size", "64", "--images", "2000"],
            "total_images is 1024 there and 2000 here; bat",
        ),
        (["--no-randomize"], "augmentation is {"),
        (["--learning-rate", "0.1"], "learning_rate is 0.05 there and 0.1 here"),
    ],
    ids=" ".join,
)
def test_resume_refuses_what_differs(copy, options, message):
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    line = fails("train", "--out", copy, "--resume", *options)
    assert line.startswith("Can't resume, for this is another run than the checkpoint's: ")
    assert message in line
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == before


def test_resume_takes_the_run_s_options_and_those_that_agree(copy):
    expected = json.loads((copy / "metrics.json").read_text())
    for options in ([], QUICK, ["--workers", "3"]):
        code, out, err = invoke("train", "--out", copy, "--resume", *options)
        assert code == 0, err
        assert printed_fingerprint(out) == expected["fingerprint"]


def test_resume_from_other_data(copy, monkeypatch):
    """The set of that name has changed since."""
    digits = data.load("digits")
    other = dataclasses.replace(digits, train_images=255 - digits.train_images)
    monkeypatch.setattr(data, "load", lambda *args, **settings: other)
    assert "the data's images differ" in fails("train", "--out", copy, "--resume")


def test_nothing_to_resume(tmp_path):
    assert fails("train", "--out", tmp_path, "--resume") == (
        f"Can't resume the run in {tmp_path}: There is no checkpoint in "
        f"{tmp_path / 'checkpoints'}. Leave out --resume to begin anew."
    )
    assert fails("train", "--out", tmp_path, "--resume", "--checkpoint-every", "never") == (
        "--resume needs checkpoints; leave out --checkpoint-every never."
    )
    for options, message in [
        (["--checkpoint-every", "soon"], "--checkpoint-every is 'soon'; it must be a number of up"),
        (["--keep", "0"], "--keep is 0; it must be a whole number of at least 1."),
    ]:
        assert fails("train", *options).startswith(message)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_checkpoint_is_one_line(copy):
    newest = checkpoint_paths(copy / "checkpoints")[0]
    content = bytearray(newest.read_bytes())
    content[-9] ^= 1
    newest.write_bytes(content)
    expected = json.loads((copy / "metrics.json").read_text())["fingerprint"]
    code, out, err = invoke("train", "--out", copy, "--resume")
    assert (code, printed_fingerprint(out)) == (0, expected)
    notes = [line for line in err.splitlines() if not line.startswith(NOTES)]
    assert notes == [
        f"Can't load the checkpoint {newest}: it is damaged: its content does not have the SHA-256 "
        "that it names. Using checkpoint-00000006.safetensors instead."
    ]


def test_all_checkpoints_are_damaged(copy):
    for path in checkpoint_paths(copy / "checkpoints"):
        path.write_bytes(b"")
    line = fails("train", "--out", copy, "--resume")
    assert line.startswith(f"Can't resume the run in {copy}: There is no usable checkpoint in ")
    assert line.endswith(" Begin anew with --overwrite, or in another folder with --out.")


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


def test_resume_keeps_the_executor_unless_another_is_given(copy, monkeypatch):
    asked = []

    def reference_run(settings, *args, **options):
        asked.append((settings.executor, settings.workers))
        raise KeyboardInterrupt

    options = dataclasses.replace(RunSettings(), executor="processes", workers=3).to_options()
    monkeypatch.setattr(cli_checkpoints, "resumed_options", lambda out: dict(options))
    monkeypatch.setattr(cli, "reference_run", reference_run)
    for more in ([], ["--workers", 2], ["--executor", "mpi"]):
        invoke("train", "--out", copy, "--resume", *more)
    assert asked == [("processes", 3), ("processes", 2), ("mpi", None)]


def test_resume_where_the_recorded_executor_is_gone(copy, monkeypatch):
    @contextlib.contextmanager
    def open_executor(name, workers):
        raise ExecutorError("It is out of reach.")
        yield

    monkeypatch.setattr(run, "open_executor", open_executor)
    assert fails("train", "--out", copy, "--resume") == (
        "It is out of reach. Or go on with another executor: --executor threads."
    )


def test_overwrite_begins_anew(copy):
    code, _, err = invoke("train", *QUICK, "--seed", 5, "--out", copy, "--overwrite")
    assert code == 0, err
    assert [path.stem[-1] for path in checkpoint_paths(copy / "checkpoints")] == ["8", "0"]
    assert invoke("verify", copy)[0] == 0


def test_never(tmp_path):
    code, _, err = invoke("train", *QUICK, "--out", tmp_path / "run", "--checkpoint-every", "never")
    assert code == 0, err
    assert not (tmp_path / "run" / "checkpoints").exists()
    assert invoke("verify", tmp_path / "run")[0] == 0
