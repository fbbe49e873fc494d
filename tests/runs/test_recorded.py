"""What a run's files say of it, whatever of them is there."""

import dataclasses
import shutil

import pytest

from pellucid import Checkpoints, fingerprint, load_model, save_model
from pellucid.errors import ModelFileError
from pellucid.runs.finished import FinishedRun
from pellucid.runs.run import reference_run
from pellucid.runs.verification import verify_run
from pellucid.training.checkpoints import checkpoint_paths
from tests.runs.examples import LONG, UPDATES, rewrite_history, say_nothing


def test_a_run_that_was_killed_is_verified_as_far_as_it_came(copy):
    (copy / "model.safetensors").unlink()
    (copy / "history.csv").unlink()
    checkpoint_paths(copy / "checkpoints")[0].unlink()
    found = verify_run(copy, say_nothing)
    assert found.same
    assert (found.first, found.updates) == (1, 20)
    assert verify_run(copy, say_nothing, last=5).updates == 5


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
    """Of a history that is not there the checkpoint's is right; one that lacks a row is wrong."""
    if lines:
        rewrite_history(copy, lambda old: old[: 1 + lines])
    else:
        (copy / "history.csv").unlink()
    said = []
    found = verify_run(copy, said.append)
    assert found.same == (lines == 0)
    assert found.updates == UPDATES
    if lines:
        assert str(found) == (
            "The bits differ: updates 1 to 23 agree, but history.csv has 22 updates, and the "
            "newest checkpoint 23."
        )
    assert said[0].endswith(
        f"The newest checkpoint is verified instead; 'pellucid train --out {copy} --resume' writes "
        "both anew."
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FinishedRun, "draw", lambda *args: None)
        reference_run(LONG, copy, say_nothing, checkpoints=Checkpoints(""), resume=True)
    said.clear()
    assert verify_run(copy, said.append).same
    assert said == []


@pytest.mark.parametrize("has_history", [True, False])
@pytest.mark.parametrize("updates", [UPDATES, 8])
def test_the_model_of_another_run(copy, has_history, updates):
    model = load_model(copy / "model.safetensors")
    configuration = model.configuration | {"updates": updates}
    parameters = model.network.initial_parameters(7)
    another = dataclasses.replace(model, parameters=parameters, configuration=configuration)
    save_model(copy / "model.safetensors", another)
    if not has_history:
        (copy / "history.csv").unlink()
    found = verify_run(copy, say_nothing)
    assert not found.same
    assert f"{fingerprint(another)}" in str(found)


@pytest.mark.parametrize("content", ["", "[]", "{}"])
def test_metrics_that_are_none(copy, content):
    (copy / "metrics.json").write_text(content)
    with pytest.raises(ModelFileError, match=r"metrics\.json can't be read: it is not what a run"):
        verify_run(copy, say_nothing)
    (copy / "metrics.json").unlink()
    assert verify_run(copy, say_nothing).same
