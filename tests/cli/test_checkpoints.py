"""The options about checkpoints: how often, how many, and going on from one."""

import contextlib
import dataclasses
import json
import re
from pathlib import Path

import pytest

from pellucid import CNNClassifier, data, runs
from pellucid.cli.checkpoints import checkpoints_of
from pellucid.errors import ConfigurationError, ExecutorError
from pellucid.runs import run
from pellucid.runs.finished import FinishedRun
from pellucid.runs.settings import RunSettings
from pellucid.training import Checkpoints
from pellucid.training.checkpoints import checkpoint_paths
from tests.cli.console import QUICK, fails, invoke

NOTES = ("Data: ", "update ", "Testing", "Compiling")
FOLDER = Path("run/checkpoints")


@pytest.fixture(autouse=True)
def _no_pictures(monkeypatch):
    monkeypatch.setattr(FinishedRun, "draw", lambda *args: None)


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        ("100", {"every_updates": 100}),
        ("30s", {"every_seconds": 30.0}),
        ("0.5s", {"every_seconds": 0.5}),
        ("5 min", {"every_seconds": 300.0}),
        ("1h", {"every_seconds": 3600.0}),
    ],
)
def test_updates_and_times(every, expected):
    assert checkpoints_of(Path("run"), every, 2) == Checkpoints(FOLDER, keep=2, **expected)


def test_never():
    assert checkpoints_of(Path("run"), "never", 3) is None


@pytest.mark.parametrize(
    "every", ["", "0", "0s", "-5", "1.5", "30 seconds", "nan", "1e3", "²", "9" * 400, "s"]
)
def test_what_is_neither(every):
    with pytest.raises(ConfigurationError, match=r"^checkpoint_every is '.*'; it must be a number"):
        checkpoints_of(Path("run"), every, 3)
    with pytest.raises(ConfigurationError, match=r"^keep is 0; it must be a"):
        checkpoints_of(Path("run"), "30s", 0)


def test_checkpoints_are_written_and_kept(finished):
    names = [path.stem for path in checkpoint_paths(finished / "checkpoints")]
    assert names == ["checkpoint-00000008", "checkpoint-00000006", "checkpoint-00000003"]


def printed_fingerprint(out):
    return re.search(r"^Fingerprint ([0-9a-f]{64})$", out, re.MULTILINE)[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--seed", "1"], "seed is 0 there and 1 here."),
        (
            ["--batch-size", "64", "--images", "2000"],
            "total_images is 1024 there and 2000 here; bat",
        ),
        (["--randomize", "none"], "augmentation is {"),
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


def test_how_to_go_on_with_more_images_is_offered(copy):
    line = fails("train", "--out", copy, "--resume", "--images", 4096)
    assert "total_images is 1024 there and 4096 here" in line
    assert "train it from the beginning, with --overwrite or another --out; or " in line
    assert line.endswith(
        f"CNNClassifier.load({str(copy / 'model.safetensors')!r}).partial_fit(X, y)."
    )
    digits = data.load("digits")
    classifier = CNNClassifier.load(copy / "model.safetensors")
    classifier.partial_fit(digits.train_images, digits.train_labels)  # as the line says
    assert classifier.loss_curve_[-1] < 2.4
    assert "from the beginning" not in fails("train", "--out", copy, "--resume", "--seed", 1)


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


@pytest.mark.parametrize("what", ["test_images", "test_labels"])
def test_resume_with_other_test_images(copy, monkeypatch, what):
    digits = data.load("digits")
    other = dataclasses.replace(digits, **{what: getattr(digits, what)[::-1]})
    monkeypatch.setattr(data, "load", lambda *args, **settings: other)
    assert fails("train", "--out", copy, "--resume") == (
        "Can't resume, for this is another run than the checkpoint's: the data's test images or "
        "their labels differ. Give it the data of that run, or begin anew in another folder."
    )


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
    assert notes[0] == (
        f"Can't load the checkpoint {newest}: it is damaged: its content does not have the SHA-256 "
        "that it names. Using checkpoint-00000006.safetensors instead."
    )
    assert not any("damaged" in line for line in notes[1:])


def test_all_checkpoints_are_damaged(copy):
    for path in checkpoint_paths(copy / "checkpoints"):
        path.write_bytes(b"")
    line = fails("train", "--out", copy, "--resume")
    assert line.startswith(f"Can't resume the run in {copy}: There is no usable checkpoint in ")
    assert line.endswith(" Begin anew with --overwrite, or in another folder with --out.")


def test_resume_keeps_the_executor_unless_another_is_given(copy, monkeypatch):
    asked = []

    def reference_run(settings, *args, **options):
        asked.append((settings.executor, settings.workers))
        raise KeyboardInterrupt

    settings = dataclasses.replace(RunSettings(), executor="processes", workers=3)
    monkeypatch.setattr(runs, "resumed_settings", lambda out: settings)
    monkeypatch.setattr(runs, "reference_run", reference_run)
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


def test_a_run_without_checkpoints(tmp_path):
    code, _, err = invoke("train", *QUICK, "--out", tmp_path / "run", "--checkpoint-every", "never")
    assert code == 0, err
    assert not (tmp_path / "run" / "checkpoints").exists()
    assert invoke("verify", tmp_path / "run")[0] == 0
