import contextlib
import csv
import dataclasses
import functools
import io
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid import Checkpoints, Preprocessing, data, fingerprint, load_model
from pellucid.errors import (
    CheckpointError,
    ConfigurationError,
    DataError,
    DivergenceError,
    ExecutorError,
    ModelFileError,
    RunExistsError,
)
from pellucid.execution.inference import evaluate
from pellucid.files import atomic as files
from pellucid.files.locks import LOCK
from pellucid.images.augmentation import Augmentation
from pellucid.runs import run
from pellucid.runs.run import reference_run
from pellucid.runs.settings import RunSettings
from pellucid.training import Adam, Schedule, Trainer
from tests.execution.digests import InlineExecutor

PICTURES = {"loss.png", "predictions.png", "confusion.png", "randomized.png", "filters.png"}
FILES = PICTURES | {"model.safetensors", "metrics.json", "history.csv"}

QUICK = RunSettings(data="digits", images=1024, batch_size=128)

DIGITS = functools.cache(functools.partial(data.load, "digits"))


def contents(folder):
    """Return a folder's files; the lock's stays when a run ends, and is not the run's."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name != LOCK}


def rows(folder):
    return list(csv.DictReader(io.StringIO((folder / "history.csv").read_text())))


@pytest.fixture(autouse=True)
def _digits_are_loaded_once(monkeypatch):
    real = data.load

    def load(name, **settings):
        return DIGITS() if name == "digits" else real(name, **settings)

    monkeypatch.setattr(data, "load", load)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "first"
    lines = []
    metrics = reference_run(QUICK, folder, lines.append)
    return folder, metrics, lines


@pytest.fixture
def no_pictures(monkeypatch):
    monkeypatch.setattr(run, "_draw", lambda *args: None)


@pytest.fixture
def no_data(monkeypatch):
    def load(*args, **kwargs):
        raise AssertionError("data was loaded although a setting is wrong")

    monkeypatch.setattr(data, "load", load)


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


def test_a_run_writes_its_files_and_no_others(finished):
    folder, _, _ = finished
    assert contents(folder).keys() == FILES


def test_metrics(finished):
    folder, metrics, _ = finished
    assert json.loads((folder / "metrics.json").read_text()) == metrics
    assert 0 < metrics["accuracy"] <= 1
    assert metrics["loss"] > 0
    assert (metrics["images"], metrics["updates"], metrics["test_images"]) == (1024, 8, 360)
    assert metrics["images_per_second"] == pytest.approx(1024 / metrics["seconds"])
    assert metrics["parameters"] == 5880
    assert (metrics["data"], metrics["data_source"]) == ("digits", "bundled with scikit-learn")
    assert metrics["data_fingerprint"] == data.load("digits").fingerprint()
    assert metrics["fingerprint"] == fingerprint(load_model(folder / "model.safetensors"))
    assert metrics["seed"] == 0
    assert metrics["workers"] >= 1
    assert metrics["interrupted"] is False


def test_history_has_a_row_an_update(finished):
    folder, metrics, _ = finished
    history = rows(folder)
    assert [int(row["update"]) for row in history] == list(range(1, metrics["updates"] + 1))
    assert sum(int(row["images"]) for row in history) == metrics["images"]
    assert float(history[-1]["seconds"]) == metrics["seconds"]
    assert all(0 < float(row["loss"]) < 10 for row in history)


def test_the_model_is_what_was_tested(finished):
    folder, metrics, _ = finished
    model = load_model(folder / "model.safetensors")
    digits = data.load("digits")
    found = evaluate(model.network, model.parameters, digits.test_images, digits.test_labels)
    assert (found.accuracy, found.loss) == (metrics["accuracy"], metrics["loss"])
    assert fingerprint(model.parameters) == metrics["fingerprint"]
    assert model.classes == tuple("0123456789")
    assert model.configuration["data"] == "digits"
    assert model.configuration["updates"] == 8
    losses = [float(row["loss"]) for row in rows(folder)]
    assert model.configuration["loss_curve"] == [pytest.approx(np.mean(losses))]  # a part of a pass
    assert model.configuration["optimizer"]["learning_rate"] == QUICK.optimizer.learning_rate
    assert model.configuration["augmentation"]["rotation"] == [-45, 45]


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_pictures_can_be_looked_at(finished, name):
    with Image.open(finished[0] / name) as picture:
        picture.load()
        assert picture.format == "PNG"
        assert min(picture.size) >= 300
        assert max(picture.size) <= 3000
        assert len(np.unique(np.asarray(picture))) > 10


def test_it_says_what_goes_on(finished):
    _, _, lines = finished
    assert lines[0] == (
        "Data: digits, 1,437 training and 360 test images (bundled with scikit-learn)."
    )
    assert lines[-1] == "Testing, and drawing the pictures."


def test_81000_images_are_79_updates(tmp_path, no_pictures):
    metrics = reference_run(RunSettings(data="digits"), tmp_path, say_nothing)
    assert (metrics["images"], metrics["updates"]) == (81_000, 79)
    sizes = [int(row["images"]) for row in rows(tmp_path)]
    assert sizes == [1024] * 78 + [1128]
    assert metrics["accuracy"] > 0.9


def test_same_bits_for_any_number_of_workers(tmp_path, no_pictures):
    found = {
        workers: reference_run(
            dataclasses.replace(QUICK, workers=workers), tmp_path / str(workers), say_nothing
        )
        for workers in (1, 2, 3)
    }
    assert [metrics["workers"] for metrics in found.values()] == [1, 2, 3]
    assert len({metrics["fingerprint"] for metrics in found.values()}) == 1
    assert len({metrics["loss"] for metrics in found.values()}) == 1


def test_the_seed_matters(finished, tmp_path, no_pictures):
    other = reference_run(dataclasses.replace(QUICK, seed=1), tmp_path, say_nothing)
    assert other["seed"] == 1
    assert other["fingerprint"] != finished[1]["fingerprint"]


def test_an_existing_run_is_refused_and_untouched(finished, no_data):
    folder = finished[0]
    before = contents(folder)
    with pytest.raises(RunExistsError) as caught:
        reference_run(QUICK, folder, say_nothing)
    assert str(caught.value).startswith(f"{folder} already holds a run (model.safetensors, ")
    assert str(caught.value).endswith("name another folder with out, or replace it with "
                                      "overwrite.")  # fmt: skip
    assert contents(folder) == before


def test_a_picture_of_somebody_else_is_not_overwritten(tmp_path, no_data):
    (tmp_path / "loss.png").write_bytes(b"mine")
    with pytest.raises(RunExistsError, match=r"already holds loss\.png; name another folder"):
        reference_run(QUICK, tmp_path, say_nothing)
    assert contents(tmp_path) == {"loss.png": b"mine"}


def test_overwrite_replaces_a_run_and_leaves_nothing_of_it(tmp_path):
    for name in FILES | {"notes.txt"}:
        (tmp_path / name).write_bytes(b"old")
    settings = dataclasses.replace(QUICK, augmentation=None)
    metrics = reference_run(settings, tmp_path, say_nothing, overwrite=True)
    assert json.loads((tmp_path / "metrics.json").read_text()) == metrics
    after = contents(tmp_path)
    assert after.keys() == FILES - {"randomized.png"} | {"notes.txt"}
    assert [name for name, content in after.items() if content == b"old"] == ["notes.txt"]


@pytest.mark.parametrize("below", ["", "sub", "sub/sub"])
def test_a_file_is_no_folder(tmp_path, no_data, below):
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(ConfigurationError, match=r"file is a file; out must name a folder\.$"):
        reference_run(QUICK, tmp_path / "file" / below, say_nothing)
    assert (tmp_path / "file").read_bytes() == b"mine"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_folder_that_is_read_only(tmp_path, no_data):
    tmp_path.chmod(0o500)
    with pytest.raises(ConfigurationError, match=r"can't be written: .* is read-only; name anot"):
        reference_run(QUICK, tmp_path / "run", say_nothing)


def test_a_folder_that_the_system_calls_read_only(tmp_path, no_data, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    with pytest.raises(ConfigurationError, match=r"can't be written: .* is read-only; name anot"):
        reference_run(QUICK, tmp_path / "new" / "run", say_nothing)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"images": 0}, "images is 0; at least 1 is needed."),
        ({"images": 10**30}, "which is more than 10,000,000 updates of batch_size 128; use fewer."),
        (
            {"batch_size": 7},
            "batch_size is 7, but each of the 8 sections needs an image; use a larger batch_size "
            "or fewer sections.",
        ),
        ({"sections": 0}, "sections is 0; it must be a whole number of at least 1."),
        ({"workers": 0}, "workers is 0; it must be a whole number of at least 1"),
        ({"seed": -1}, "seed is -1; it must be a whole number"),
        ({"seed": 2**64}, f"seed is {2**64}; it must be a whole number"),
    ],
)
def test_wrong_settings_are_told_before_data_is_fetched(tmp_path, no_data, settings, message):
    with pytest.raises(ConfigurationError) as caught:
        reference_run(dataclasses.replace(QUICK, **settings), tmp_path / "run", say_nothing)
    assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_images_that_are_too_small(tmp_path, monkeypatch):
    use_data(monkeypatch, tiny_data(side=9))
    with pytest.raises(DataError) as caught:
        reference_run(QUICK, tmp_path / "run", say_nothing)
    assert str(caught.value) == (
        "The images of tiny are 9 x 9, too small for the reference network; it needs 10 x 10 at "
        "least."
    )
    assert list(tmp_path.iterdir()) == []


def test_the_smallest_images(tmp_path, monkeypatch):
    use_data(monkeypatch, tiny_data(side=10))
    reference_run(QUICK, tmp_path, say_nothing)
    assert contents(tmp_path).keys() == FILES


def test_a_single_class_is_told_with_the_data_s_name(tmp_path, monkeypatch):
    whole = tiny_data()
    one = dataclasses.replace(
        whole, train_labels=whole.train_labels * 0, test_labels=whole.test_labels * 0,
        classes=("cat",),
    )  # fmt: skip
    use_data(monkeypatch, one)
    with pytest.raises(DataError, match="tiny has only the class 'cat'; a network needs two to t"):
        reference_run(QUICK, tmp_path / "run", say_nothing)


def test_no_test_images(tmp_path, monkeypatch):
    whole = tiny_data()
    nothing = dataclasses.replace(
        whole, test_images=whole.test_images[:0], test_labels=whole.test_labels[:0]
    )
    use_data(monkeypatch, nothing)
    with pytest.raises(DataError, match="tiny needs both training and test images; one of them"):
        reference_run(QUICK, tmp_path / "run", say_nothing)
    assert list(tmp_path.iterdir()) == []


def test_color_pictures_are_not_treated_as_digits(tmp_path, monkeypatch):
    use_data(monkeypatch, tiny_data(channels=3))
    metrics = reference_run(QUICK, tmp_path, say_nothing)
    assert contents(tmp_path).keys() == FILES
    model = load_model(tmp_path / "model.safetensors")
    assert model.preprocessing.fit == "resize"
    assert model.preprocessing.polarity == "light-on-dark"
    assert model.classes == ("class 0", "class 1")
    assert metrics["parameters"] == model.network.size


def test_without_data_it_is_mnist_or_what_is_there_instead(tmp_path, monkeypatch, no_pictures):
    asked = []

    def load(name, *, fallback, **options):
        asked.append((name, fallback))
        return tiny_data()

    monkeypatch.setattr(data, "load", load)
    reference_run(dataclasses.replace(QUICK, data=None), tmp_path / "1", say_nothing)
    reference_run(dataclasses.replace(QUICK, data="mnist"), tmp_path / "2", say_nothing)
    assert asked == [("mnist", True), ("mnist", False)]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"size": None, "preprocessing": None, "skip_bad": False, "test_share": 0.2}),
        ({"size": (12, 14)}, {"size": (12, 14), "preprocessing": None}),
        ({"fit": "mnist"}, {"size": None, "preprocessing": Preprocessing((28, 28))}),
        ({"fit": "mnist", "size": (12, 14)}, {"preprocessing": Preprocessing((12, 14))}),
        ({"skip_bad": True, "test_share": 0.5}, {"skip_bad": True, "test_share": 0.5}),
    ],
)
def test_how_to_read_reaches_the_reader(monkeypatch, settings, expected):
    asked = {}
    monkeypatch.setattr(data, "load", lambda name, **options: asked.update(options))
    dataclasses.replace(QUICK, **settings).load(say_nothing)
    assert {name: asked[name] for name in expected} == expected


def test_the_data_s_own_preprocessing_is_stored(tmp_path, monkeypatch, no_pictures):
    own = Preprocessing((12, 12), "dark-on-light", "resize")
    for dataset, expected in (
        (tiny_data(), Preprocessing((12, 12))),
        (dataclasses.replace(tiny_data(), preprocessing=own), own),
    ):
        use_data(monkeypatch, dataset)
        reference_run(QUICK, tmp_path, say_nothing, overwrite=True)
        assert load_model(tmp_path / "model.safetensors").preprocessing == expected


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
    assert metrics["interrupted"] is True
    assert (metrics["updates"], metrics["images"]) == (3, 3 * 128)
    assert json.loads((tmp_path / "metrics.json").read_text()) == metrics
    assert len(rows(tmp_path)) == 3
    model = load_model(tmp_path / "model.safetensors")
    assert fingerprint(model.parameters) == metrics["fingerprint"]
    assert "Stopped after update 3; keeping what was learned." in lines


def test_ctrl_c_while_testing_keeps_the_model(tmp_path, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "evaluate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        reference_run(QUICK, tmp_path, say_nothing)
    assert contents(tmp_path).keys() == {"model.safetensors", "history.csv"}
    assert load_model(tmp_path / "model.safetensors").configuration["updates"] == 8


def test_settings_are_json_ready():
    settings = RunSettings(workers=2, schedule=Schedule(0.1, 0.2), augmentation=Augmentation())
    values = json.loads(json.dumps(settings.to_dict()))
    assert values["schedule"] == {"warmup": 0.1, "cooldown": 0.2}
    assert values["augmentation"]["shift"] == [-2, 2]
    assert RunSettings(augmentation=None).to_dict()["augmentation"] is None


# Executors.


def test_processes_give_the_same_bits(finished, no_pictures, tmp_path):
    settings = dataclasses.replace(QUICK, executor="processes", workers=2)
    metrics = reference_run(settings, tmp_path / "run", lambda line: None)
    assert metrics["fingerprint"] == finished[1]["fingerprint"]
    assert (metrics["executor"], finished[1]["executor"]) == ("processes", "threads")


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


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"executor": "dask"}, "executor is 'dask'; it must be threads, processes, dask://HOST"),
        ({"executor": "mpi", "workers": 2}, "workers is 2, but with executor mpi the workers are"),
    ],
)
def test_executors_are_checked_before_data_is_loaded(monkeypatch, tmp_path, changes, message):
    monkeypatch.setattr(data, "load", None)
    with pytest.raises(ConfigurationError, match=message):
        reference_run(dataclasses.replace(QUICK, **changes), tmp_path / "run", print)


# What --overwrite replaces, and when.


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


@pytest.fixture
def old(finished, tmp_path, no_pictures):
    """Return the folder of a run with all of its files, checkpoints too."""
    settings = dataclasses.replace(QUICK, seed=1)
    checkpoints = Checkpoints("", every_updates=3)
    reference_run(settings, tmp_path / "old", say_nothing, checkpoints=checkpoints)
    for name in PICTURES:
        (tmp_path / "old" / name).write_bytes(b"old")
    return tmp_path / "old"


def tree(folder):
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and file.name not in (LOCK, "checkpoint-00000000.safetensors")
    }


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


def test_files_of_killed_trainings_are_removed_at_the_start(tmp_path, monkeypatch, no_pictures):
    called = []
    monkeypatch.setattr(run, "remove_abandoned_files", lambda: called.append(1))
    reference_run(QUICK, tmp_path, say_nothing)
    assert called == [1]
