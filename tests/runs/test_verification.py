"""A run trained anew agrees with itself, and with nothing else."""

import dataclasses
import functools
import json
import shutil

import numpy as np
import pytest

from pellucid import Augmentation, Checkpoints, data, fingerprint, load_model, save_model
from pellucid.errors import CheckpointError, ConfigurationError, DataError, ModelFileError
from pellucid.runs import run
from pellucid.runs import verification as module
from pellucid.runs.run import reference_run
from pellucid.runs.settings import RunSettings
from pellucid.runs.verification import Verification, verify_run
from pellucid.training.checkpoints import checkpoint_paths

DIGITS = functools.cache(functools.partial(data.load, "digits"))
# 1,437 digits in 2.1 passes, a last batch of 184.
SETTINGS = RunSettings(data="digits", images=3000, batch_size=128, augmentation=Augmentation())
UPDATES = 23


def say_nothing(line):
    pass


@pytest.fixture(autouse=True)
def _digits_are_loaded_once(monkeypatch):
    real = data.load
    monkeypatch.setattr(
        data, "load", lambda name, **kw: DIGITS() if name == "digits" else real(name, **kw)
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "whole"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "_draw", lambda *args: None)
        reference_run(
            SETTINGS, folder, say_nothing, checkpoints=Checkpoints("", every_updates=5, keep=3)
        )
    return folder


@pytest.fixture
def copy(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "copy")


def rewrite_history(folder, change):
    lines = (folder / "history.csv").read_text().splitlines()
    (folder / "history.csv").write_text("\n".join(change(lines)) + "\n")


@pytest.mark.parametrize("workers", [None, 1, 3])
def test_a_run_agrees_with_itself(finished, workers):
    before = {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()}
    found = verify_run(finished, say_nothing, workers=workers)
    assert found.same
    assert (found.first, found.updates) == (1, UPDATES)
    assert str(found) == (
        f"The bits agree: updates 1 to 23 trained anew, fingerprint "
        f"{fingerprint(load_model(finished / 'model.safetensors'))}."
    )
    assert {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(("last", "first"), [(3, 21), (4, 16), (8, 16), (23, 1)])
def test_the_last_updates_from_a_checkpoint(finished, last, first):
    found = verify_run(finished, say_nothing, last=last)
    assert found.same
    assert (found.first, found.updates) == (first, UPDATES - first + 1)


def test_from_the_checkpoint_before_the_first_update(copy):
    for path in (copy / "checkpoints").glob("*.safetensors"):
        path.unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "_draw", lambda *args: None)
        checkpoints = Checkpoints("", every_updates=1000, keep=9)
        reference_run(SETTINGS, copy, say_nothing, overwrite=True, checkpoints=checkpoints)
    found = verify_run(copy, say_nothing, last=5)
    assert found.same
    assert (found.first, found.updates) == (1, UPDATES)


def test_a_checkpoint_too_far_back(finished):
    with pytest.raises(CheckpointError, match=r"goes back so far\. The last updates must begin at"):
        verify_run(finished, say_nothing, last=9)
    for last in (0, 24, -1):
        with pytest.raises(ConfigurationError, match=f"last is {last}; the run has 23 updates, so"):
            verify_run(finished, say_nothing, last=last)


def test_a_loss_that_differs_in_its_last_digit(copy):
    def change(lines):
        number, images, loss, *rest = lines[7].split(",")
        other = repr(float(np.nextafter(float(loss), 9.0)))
        return [*lines[:7], ",".join((number, images, other, *rest)), *lines[8:]]

    rewrite_history(copy, change)
    found = verify_run(copy, say_nothing)
    assert not found.same
    assert found.found.update == 7
    assert str(found).startswith("The bits differ, first in update 7: its loss was ")
    assert str(found).endswith(" now.")


def test_parameters_that_differ_where_the_loss_does_not(copy):
    def change(lines):
        return [*lines[:20], lines[20][:-1] + ("0" if lines[20][-1] != "0" else "1"), *lines[21:]]

    rewrite_history(copy, change)
    for last in (None, 8):
        found = verify_run(copy, say_nothing, last=last)
        assert not found.same
        assert str(found).startswith(
            "The bits differ, first in update 20: its loss is the same, but the parameters after it"
        )
    # Started behind it, training never meets it; but the checkpoint is of another history.
    assert verify_run(copy, say_nothing, last=3).found.update == 20


def test_another_batch(copy):
    rewrite_history(copy, lambda lines: [lines[0], lines[1].replace(",128,", ",64,"), *lines[2:]])
    assert str(verify_run(copy, say_nothing)).startswith(
        "The bits differ, first in update 1: it had 64 images and has 128 now."
    )


def test_a_model_that_is_not_what_its_history_gives(copy):
    model = load_model(copy / "model.safetensors")
    parameters = model.parameters.copy()
    parameters.view(np.uint32)[5] ^= 1
    save_model(copy / "model.safetensors", dataclasses.replace(model, parameters=parameters))
    found = verify_run(copy, say_nothing)
    assert not found.same
    assert found.found is None
    assert str(found).startswith("The bits differ: updates 1 to 23 agree, but they give the finger")


def test_a_run_with_another_seed(copy):
    """What the model says of itself decides; so it is caught at once."""
    model = load_model(copy / "model.safetensors")
    configuration = model.configuration | {"seed": 1}
    save_model(copy / "model.safetensors", dataclasses.replace(model, configuration=configuration))
    found = verify_run(copy, say_nothing)
    assert not found.same
    assert found.found.update == 1


def test_a_run_that_was_killed_is_verified_as_far_as_it_came(copy):
    (copy / "model.safetensors").unlink()
    (copy / "history.csv").unlink()
    checkpoint_paths(copy / "checkpoints")[0].unlink()
    found = verify_run(copy, say_nothing)
    assert found.same
    assert (found.first, found.updates) == (1, 20)
    assert verify_run(copy, say_nothing, last=5).updates == 5


def test_data_that_differ_or_are_not_there(copy, monkeypatch):
    digits = DIGITS()
    labels = digits.train_labels.copy()
    labels[:2] = labels[1::-1]
    other = dataclasses.replace(digits, train_labels=labels)
    with monkeypatch.context() as patch:
        patch.setattr(data, "load", lambda *args, **kwargs: other)
        with pytest.raises(
            DataError, match=r"^digits is not the data of this run: its fingerprint"
        ):
            verify_run(copy, say_nothing)
    with pytest.raises(DataError, match="There is no data set or path 'nowhere'"):
        verify_run(copy, say_nothing, data="nowhere")


def test_data_that_moved(copy, tmp_path):
    d = DIGITS()
    np.savez(
        tmp_path / "moved.npz", x_train=d.train_images, y_train=d.train_labels,
        x_test=d.test_images, y_test=d.test_labels,
    )  # fmt: skip
    assert verify_run(copy, say_nothing, data=str(tmp_path / "moved.npz")).same


def test_other_versions_are_told(copy, monkeypatch):
    monkeypatch.setattr(module, "current_versions", lambda: {"numba": "9.9"})
    lines = []
    assert verify_run(copy, lines.append).same
    assert lines[0].startswith("The run was made by other versions (")


def test_folders_that_hold_no_run(tmp_path, copy):
    with pytest.raises(ModelFileError, match=r"holds no run: there is neither model\.safetensors"):
        verify_run(tmp_path / "none", say_nothing)
    shutil.rmtree(copy / "checkpoints")
    model = load_model(copy / "model.safetensors")
    rewrite_history(copy, lambda lines: lines[:-1])
    with pytest.raises(ModelFileError, match=r"has 22 updates, but model\.safetensors was trained"):
        verify_run(copy, say_nothing)
    (copy / "history.csv").write_text("no history")
    with pytest.raises(ModelFileError, match=r"history\.csv can't be read: It is no history"):
        verify_run(copy, say_nothing)
    (copy / "history.csv").unlink()
    with pytest.raises(ModelFileError, match=r"There is no .*history\.csv, so there is nothing"):
        verify_run(copy, say_nothing)
    (copy / "history.csv").write_text("update,images,loss,accuracy,seconds,fingerprint\n")
    configuration = model.configuration | {"updates": 0}
    save_model(copy / "model.safetensors", dataclasses.replace(model, configuration=configuration))
    with pytest.raises(ModelFileError, match="there is nothing to verify"):
        verify_run(copy, say_nothing)
    save_model(copy / "model.safetensors", dataclasses.replace(model, configuration={"updates": 0}))
    with pytest.raises(ModelFileError, match="does not say how it was trained, so it can't be"):
        verify_run(copy, say_nothing)


@pytest.mark.parametrize("lines", [0, 22])
def test_a_run_that_was_killed_between_model_and_history(copy, lines):
    if lines:
        rewrite_history(copy, lambda old: old[: 1 + lines])
    else:
        (copy / "history.csv").unlink()
    said = []
    found = verify_run(copy, said.append)
    assert found.same
    assert found.updates == UPDATES
    assert said[0].endswith(
        f"The newest checkpoint is verified instead; 'pellucid train --out {copy} --resume' writes "
        "both anew."
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "_draw", lambda *args: None)
        reference_run(SETTINGS, copy, say_nothing, checkpoints=Checkpoints(""), resume=True)
    said.clear()
    assert verify_run(copy, said.append).same
    assert said == []


def test_an_accuracy_that_differs(copy):
    def change(lines):
        number, images, loss, accuracy, *rest = lines[7].split(",")
        other = repr(float(accuracy) / 2)
        return [*lines[:7], ",".join((number, images, loss, other, *rest)), *lines[8:]]

    rewrite_history(copy, change)
    assert str(verify_run(copy, say_nothing)).startswith(
        "The bits differ, first in update 7: its accuracy was 0."
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"fingerprint": "ab12"},
            "agree, but metrics.json has the fingerprint ab12, and the model",
        ),
        (
            {"updates": 22},
            "The bits differ: updates 1 to 23 agree, but metrics.json has 22 updates.",
        ),
    ],
)
def test_metrics_that_are_not_the_run_s(copy, changes, message):
    values = json.loads((copy / "metrics.json").read_text())
    (copy / "metrics.json").write_text(json.dumps(values | changes))
    found = verify_run(copy, say_nothing)
    assert not found.same
    assert message in str(found)


@pytest.mark.parametrize("content", ["", "[]", "{}"])
def test_metrics_that_are_none(copy, content):
    (copy / "metrics.json").write_text(content)
    with pytest.raises(ModelFileError, match=r"metrics\.json can't be read: it is not what a run"):
        verify_run(copy, say_nothing)
    (copy / "metrics.json").unlink()
    assert verify_run(copy, say_nothing).same


def test_a_verification_of_nothing_else_is_the_same():
    assert Verification(1, 1, None, None, "a", "a").same
    assert not Verification(1, 1, None, None, "a", "b").same
    assert not Verification(1, 1, None, None, "a", "a", "metrics.json has 2 updates").same
