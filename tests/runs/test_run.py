"""A run from its settings to its end, however that comes."""

import dataclasses
import json
import signal

import numpy as np
import pytest

from pellucid import fingerprint, load_model
from pellucid.errors import (
    DivergenceError,
    ExecutorError,
)
from pellucid.runs import run
from pellucid.runs.run import reference_run
from pellucid.runs.settings import RunSettings
from pellucid.training import Adam, Trainer
from tests.runs.examples import (
    FILES,
    QUICK,
    contents,
    rows,
    say_nothing,
    use_executor,
)


def test_a_run_writes_its_files_and_no_others(finished):
    folder, _, _ = finished
    assert contents(folder).keys() == FILES


def test_it_says_what_goes_on(finished):
    _, _, lines = finished
    assert lines[0] == (
        "Data: digits, 1,437 training and 360 test images (bundled with scikit-learn)."
    )
    assert "Testing, and drawing the pictures." in lines


def test_81000_images_are_79_updates(tmp_path, no_pictures):
    metrics = reference_run(RunSettings(data="digits"), tmp_path, say_nothing)
    assert (metrics.images, metrics.updates) == (81_000, 79)
    sizes = [int(row["images"]) for row in rows(tmp_path)]
    assert sizes == [1024] * 78 + [1128]
    assert metrics.accuracy > 0.9


def test_same_bits_for_any_number_of_workers(tmp_path, no_pictures):
    found = {
        workers: reference_run(
            dataclasses.replace(QUICK, workers=workers), tmp_path / str(workers), say_nothing
        )
        for workers in (1, 2, 3)
    }
    assert [metrics.workers for metrics in found.values()] == [1, 2, 3]
    assert len({metrics.fingerprint for metrics in found.values()}) == 1
    assert len({metrics.loss for metrics in found.values()}) == 1


def test_the_seed_matters(finished, tmp_path, no_pictures):
    other = reference_run(dataclasses.replace(QUICK, seed=1), tmp_path, say_nothing)
    assert other.seed == 1
    assert other.fingerprint != finished[1].fingerprint


def test_divergence_keeps_the_model_and_its_history(tmp_path):
    settings = dataclasses.replace(QUICK, optimizer=Adam(learning_rate=1e30))
    (tmp_path / "metrics.json").write_bytes(b"of an earlier run")
    with pytest.raises(DivergenceError, match=r"lower the learning rate .* They are kept in .*\.$"):
        reference_run(settings, tmp_path, say_nothing, overwrite=True)
    assert contents(tmp_path).keys() == {"model.safetensors", "history.csv"}
    assert np.isfinite(load_model(tmp_path / "model.safetensors").parameters).all()
    assert len(rows(tmp_path)) >= 1


def test_divergence_in_the_last_update(tmp_path):
    settings = dataclasses.replace(QUICK, images=128, optimizer=Adam(learning_rate=1e30))
    with pytest.raises(DivergenceError, match=r"loss on the test images is (nan|inf); lower the"):
        reference_run(settings, tmp_path, say_nothing)
    assert contents(tmp_path).keys() == {"model.safetensors", "history.csv"}


def test_ctrl_c_keeps_what_was_learned(tmp_path, monkeypatch, no_pictures):
    whole = run.show_progress

    class InterruptedProgress:
        def __init__(self, updates, images, **settings):
            self.progress = whole(updates, images, **settings)

        def __enter__(self):
            on_update = self.progress.__enter__()

            def interrupting(update):
                on_update(update)
                if update.update == 3:
                    signal.raise_signal(signal.SIGINT)

            return interrupting

        def __exit__(self, *error):
            return self.progress.__exit__(*error)

    monkeypatch.setattr(run, "show_progress", InterruptedProgress)
    lines = []
    metrics = reference_run(QUICK, tmp_path, lines.append)
    assert metrics.interrupted is True
    assert (metrics.updates, metrics.images) == (3, 3 * 128)
    assert json.loads((tmp_path / "metrics.json").read_text()) == dataclasses.asdict(metrics)
    assert len(rows(tmp_path)) == 3
    model = load_model(tmp_path / "model.safetensors")
    assert fingerprint(model.parameters) == metrics.fingerprint
    assert "Stopped after update 3; keeping what was learned." in lines


def test_ctrl_c_while_testing_keeps_the_model(tmp_path, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "evaluate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        reference_run(QUICK, tmp_path, say_nothing)
    assert contents(tmp_path).keys() == {"model.safetensors", "history.csv"}
    assert load_model(tmp_path / "model.safetensors").configuration["updates"] == 8


def test_processes_give_the_same_bits(finished, no_pictures, tmp_path):
    settings = dataclasses.replace(QUICK, executor="processes", workers=2)
    metrics = reference_run(settings, tmp_path / "run", lambda line: None)
    assert metrics.fingerprint == finished[1].fingerprint
    assert (metrics.executor, finished[1].executor) == ("processes", "threads")


def test_an_executor_that_fails_keeps_what_was_learned(monkeypatch, no_pictures, tmp_path):
    use_executor(monkeypatch, 30)
    settings = dataclasses.replace(QUICK, executor="dask://host:1")
    folder = tmp_path / "run"
    with pytest.raises(ExecutorError, match=r"OSError: the network is gone\. .* They are kept in "):
        reference_run(settings, folder, lambda line: None)
    monkeypatch.undo()
    assert load_model(folder / "model.safetensors").configuration["updates"] == len(rows(folder))
    assert len(rows(folder)) == 3  # 8 sections an update
    assert not (folder / "metrics.json").exists()


def test_files_of_killed_trainings_are_removed_at_the_start(tmp_path, monkeypatch, no_pictures):
    called = []
    monkeypatch.setattr(run, "remove_abandoned_files", lambda: called.append(1))
    reference_run(QUICK, tmp_path, say_nothing)
    assert called == [1]
