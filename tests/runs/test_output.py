"""What a run writes, and when what was there before makes way."""

import dataclasses
import json

import numpy as np
import pytest

from pellucid import Checkpoints, Preprocessing, data, fingerprint, load_model
from pellucid.errors import (
    CheckpointError,
    ExecutorError,
    ModelFileError,
)
from pellucid.execution.inference import evaluate
from pellucid.files import atomic as files
from pellucid.runs.run import reference_run
from tests.runs.examples import (
    FILES,
    QUICK,
    contents,
    rows,
    say_nothing,
    tiny_data,
    tree,
    use_data,
    use_executor,
)


def test_history_has_a_row_an_update(finished):
    folder, metrics, _ = finished
    history = rows(folder)
    assert [int(row["update"]) for row in history] == list(range(1, metrics.updates + 1))
    assert sum(int(row["images"]) for row in history) == metrics.images
    assert float(history[-1]["seconds"]) == metrics.seconds
    assert all(0 < float(row["loss"]) < 10 for row in history)


def test_the_model_is_what_was_tested(finished):
    folder, metrics, _ = finished
    model = load_model(folder / "model.safetensors")
    digits = data.load("digits")
    found = evaluate(model.network, model.parameters, digits.test_images, digits.test_labels)
    assert (found.accuracy, found.loss) == (metrics.accuracy, metrics.loss)
    assert fingerprint(model.parameters) == metrics.fingerprint
    assert model.classes == tuple("0123456789")
    assert model.configuration["data"] == "digits"
    assert model.configuration["updates"] == 8
    losses = [float(row["loss"]) for row in rows(folder)]
    assert model.configuration["loss_curve"] == [pytest.approx(np.mean(losses))]  # a part of a pass
    assert model.configuration["optimizer"]["learning_rate"] == QUICK.optimizer.learning_rate
    assert model.configuration["augmentation"]["rotation"] == [-45, 45]


def test_the_data_s_own_preprocessing_is_stored(tmp_path, monkeypatch, no_pictures):
    own = Preprocessing((12, 12), "dark-on-light", "resize")
    for dataset, expected in (
        (tiny_data(), Preprocessing((12, 12), "light-on-dark", "resize")),  # noise, no ink
        (dataclasses.replace(tiny_data(), preprocessing=own), own),
    ):
        use_data(monkeypatch, dataset)
        reference_run(QUICK, tmp_path, say_nothing, overwrite=True)
        assert load_model(tmp_path / "model.safetensors").preprocessing == expected


def test_overwrite_replaces_a_run_and_leaves_nothing_of_it(tmp_path):
    for name in FILES | {"notes.txt"}:
        (tmp_path / name).write_bytes(b"old")
    settings = dataclasses.replace(QUICK, augmentation=None)
    metrics = reference_run(settings, tmp_path, say_nothing, overwrite=True)
    assert json.loads((tmp_path / "metrics.json").read_text()) == dataclasses.asdict(metrics)
    after = contents(tmp_path)
    assert after.keys() == FILES - {"randomized.png"} | {"notes.txt"}
    assert [name for name, content in after.items() if content == b"old"] == ["notes.txt"]


@pytest.mark.parametrize("every", [Checkpoints("", every_updates=1), None])
@pytest.mark.parametrize("jobs", [None, 0, 5])
def test_an_executor_that_fails_before_an_update_leaves_the_old_run(old, monkeypatch, jobs, every):
    before = tree(old)
    use_executor(monkeypatch, jobs)
    settings = dataclasses.replace(QUICK, executor="dask://host:1")
    with pytest.raises(ExecutorError):
        reference_run(settings, old, say_nothing, overwrite=True, checkpoints=every)
    assert tree(old) == before


def test_an_executor_out_of_reach_leaves_no_folder(monkeypatch, no_data, tmp_path):
    use_executor(monkeypatch, None)
    with pytest.raises(ExecutorError):
        reference_run(QUICK, tmp_path / "new", say_nothing, checkpoints=Checkpoints(""))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_run(old, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    before = tree(old)
    monkeypatch.setattr(files, "_write", full)
    for every, error in ((Checkpoints(""), CheckpointError), (None, ModelFileError)):
        with pytest.raises(error, match="No space left on device"):
            reference_run(QUICK, old, say_nothing, overwrite=True, checkpoints=every)
        assert tree(old) == before


def test_the_old_run_makes_way_once_an_update_is_done(old, monkeypatch):
    use_executor(monkeypatch, 9)  # 8 an update
    settings = dataclasses.replace(QUICK, executor="dask://host:1")
    message = r"They are kept in .*model\.safetensors\. Go on with resume\.$"
    with pytest.raises(ExecutorError, match=message):
        reference_run(settings, old, say_nothing, overwrite=True, checkpoints=Checkpoints(""))
    assert tree(old).keys() == {
        "model.safetensors", "history.csv", "checkpoints/checkpoint-00000001.safetensors"
    }  # fmt: skip
    assert len(rows(old)) == 1


def test_without_checkpoints_the_old_ones_go_with_the_new_model(old):
    reference_run(QUICK, old, say_nothing, overwrite=True)
    assert tree(old).keys() == {"model.safetensors", "history.csv", "metrics.json"}
