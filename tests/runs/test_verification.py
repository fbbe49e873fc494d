"""A run trained anew agrees with itself, and with nothing else."""

import dataclasses
import json

import numpy as np
import pytest

from pellucid import (
    BatchNorm2D,
    Checkpoints,
    Conv2D,
    Dense,
    Flatten,
    MeanAverage,
    Network,
    data,
    fingerprint,
    load_model,
    presets,
    save_model,
)
from pellucid.errors import CheckpointError, ConfigurationError, DataError
from pellucid.runs import verification as module
from pellucid.runs.finished import FinishedRun
from pellucid.runs.run import reference_run
from pellucid.runs.verification import Verification, verify_run
from tests.runs.examples import DIGITS, LONG, QUICK, UPDATES, rewrite_history, say_nothing


@pytest.mark.parametrize("workers", [None, 1, 3])
def test_a_run_agrees_with_itself(long_run, workers):
    before = {path: path.read_bytes() for path in long_run.rglob("*") if path.is_file()}
    found = verify_run(long_run, say_nothing, workers=workers)
    assert found.same
    assert (found.first, found.updates) == (1, UPDATES)
    assert str(found) == (
        f"The bits agree: updates 1 to 23 trained anew, fingerprint "
        f"{fingerprint(load_model(long_run / 'model.safetensors'))}."
    )
    assert {path: path.read_bytes() for path in long_run.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(("last", "first"), [(3, 21), (4, 16), (8, 16), (23, 1)])
def test_the_last_updates_from_a_checkpoint(long_run, last, first):
    found = verify_run(long_run, say_nothing, last=last)
    assert found.same
    assert (found.first, found.updates) == (first, UPDATES - first + 1)


def test_an_average_with_statistics_agrees_with_itself_and_with_its_checkpoint(
    tmp_path, monkeypatch
):
    def normalized(shape, classes):
        return Network([Conv2D(2, 5, stride=3), BatchNorm2D(), Flatten(), Dense(classes)], shape)

    monkeypatch.setattr(presets, "reference", normalized)
    monkeypatch.setattr(FinishedRun, "draw", lambda *args: None)
    settings = dataclasses.replace(QUICK, average=MeanAverage(0.5), validation_share=0.1)
    reference_run(settings, tmp_path, say_nothing, checkpoints=Checkpoints("", every_updates=3))
    assert verify_run(tmp_path, say_nothing).same
    model = load_model(tmp_path / "model.safetensors")
    (tmp_path / "history.csv").unlink()
    found = verify_run(tmp_path, say_nothing, last=2)
    assert found.same
    assert found.fingerprint_found != fingerprint(model)
    (tmp_path / "model.safetensors").unlink()
    assert verify_run(tmp_path, say_nothing).same


def test_from_the_checkpoint_before_the_first_update(copy):
    for path in (copy / "checkpoints").glob("*.safetensors"):
        path.unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FinishedRun, "draw", lambda *args: None)
        checkpoints = Checkpoints("", every_updates=1000, keep=9)
        reference_run(LONG, copy, say_nothing, overwrite=True, checkpoints=checkpoints)
    found = verify_run(copy, say_nothing, last=5)
    assert found.same
    assert (found.first, found.updates) == (1, UPDATES)


def test_a_checkpoint_too_far_back(long_run):
    with pytest.raises(CheckpointError, match=r"goes back so far\. The last updates must begin at"):
        verify_run(long_run, say_nothing, last=9)
    for last in (0, 24, -1):
        with pytest.raises(ConfigurationError, match=f"last is {last}; the run has 23 updates, so"):
            verify_run(long_run, say_nothing, last=last)


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
    monkeypatch.setattr(module, "made_with", lambda: {"numba": "9.9"})
    lines = []
    assert verify_run(copy, lines.append).same
    assert lines[0].startswith("The run was made by other versions (numba: ")


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


def test_a_verification_of_nothing_else_is_the_same():
    assert Verification(1, 1, None, None, "a", "a").same
    assert not Verification(1, 1, None, None, "a", "b").same
    assert not Verification(1, 1, None, None, "a", "a", "metrics.json has 2 updates").same
