"""``pellucid train``."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from pellucid import (
    SGD,
    AdamW,
    Augmentation,
    Checkpoints,
    CosineSchedule,
    ExponentialAverage,
    MeanAverage,
    OneCycleSchedule,
    StepSchedule,
    load_model,
    runs,
)
from pellucid.files import atomic as files
from pellucid.runs import output
from pellucid.runs.finished import Metrics
from pellucid.runs.settings import RunSettings
from tests.cli.console import QUICK, fails, invoke

METRICS = Metrics(
    accuracy=0.5, loss=1.0, images=3, updates=1, seconds=1.0, images_per_second=3.0, parameters=7,
    data="tiny", data_source="made here", data_fingerprint="cd34", test_images=2, seed=0,
    executor="threads", workers=1, fingerprint="ab12", interrupted=False,
)  # fmt: skip


def contents(folder):
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_options_have_the_defaults_of_the_reference_run(tmp_path, monkeypatch):
    asked = []

    def reference_run(settings, out, say, *, overwrite, checkpoints, resume):
        asked.append((settings, out.as_posix(), overwrite, checkpoints, resume))
        return METRICS

    monkeypatch.setattr(runs, "reference_run", reference_run)
    assert invoke("train")[0] == 0
    every = Checkpoints(Path("runs/reference/checkpoints"), every_seconds=30, keep=3)
    assert asked == [(RunSettings(), "runs/reference", False, every, False)]


def test_every_option_of_train_arrives(monkeypatch):
    asked = []

    def reference_run(settings, out, say, *, overwrite, checkpoints, resume):
        asked.append((settings.to_dict(), out.as_posix(), overwrite, checkpoints, resume))
        return METRICS

    monkeypatch.setattr(runs, "reference_run", reference_run)
    code, _, _ = invoke(
        "train", "--data", "digits", "--images", 5, "--batch-size", 4, "--sections", 3,
        "--workers", 2, "--executor", "processes",
        "--learning-rate", 0.5, "--beta1", 0.6, "--beta2", 0.7, "--eps", 1e-3,
        "--warmup", 0.1, "--cooldown", 0.9, "--seed", 7, "--scale", 1, 2, "--rotation", -3, 3,
        "--shift", -1, 1, "--noise-probability", 0.1, 0.2, "--noise", -0.3, 0.4, "--out", "a/b",
        "--overwrite", "--size", 30, 40, "--fit", "mnist", "--skip-bad", "--test-share", 0.3,
        "--validation-share", 0.4, "--clip-norm", 2, "--average", "mean", "--average-start", 0.25,
        "--label", -1, "--pixel-range", 0, 16, "--channels", "last", "--transpose",
        "--follow-links", "--checkpoint-every", 7, "--keep", 2, "--class-weight", "1=2",
    )  # fmt: skip
    assert code == 0
    assert asked == [
        (
            {
                "data": "digits", "size": (30, 40), "fit": "mnist", "skip_bad": True,
                "test_share": 0.3, "validation_share": 0.4, "label": "-1",
                "pixel_range": (0.0, 16.0), "channels": "last", "transpose": True,
                "follow_links": True, "images": 5, "batch_size": 4,
                "sections": 3, "workers": 2, "executor": "processes",
                "optimizer": {
                    "name": "Adam", "learning_rate": 0.5, "beta1": 0.6, "beta2": 0.7, "eps": 1e-3
                },
                "clip_norm": 2.0,
                "schedule": {"name": "Schedule", "warmup": 0.1, "cooldown": 0.9},
                "average": {"name": "MeanAverage", "start": 0.25},
                "recipe": "reference", "network": None, "epochs": None, "time": None,
                "patience": None, "class_weight": "1=2", "start_from": None,
                "augmentation": {
                    "scale": [1, 2], "rotation": [-3, 3], "shift": [-1, 1],
                    "noise_probability": [0.1, 0.2], "noise": [-0.3, 0.4],
                },
                "seed": 7,
            },
            "a/b",
            True,
            Checkpoints(Path("a/b/checkpoints"), every_updates=7, keep=2),
            False,
        )
    ]  # fmt: skip
    assert invoke("train", "--randomize", "none")[0] == 0
    assert asked[-1][0]["augmentation"] is None


def test_photographs_are_randomized_by_their_size_and_resumed_so(tmp_path, request):
    images = np.random.default_rng(0).integers(0, 256, (80, 3, 40, 24), np.uint8)
    labels = np.arange(80) % 2
    np.savez(tmp_path / "a.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    base = [
        "train", "--data", tmp_path / "a.npz", "--batch-size", 16, "--sections", 2,
        "--checkpoint-every", 1, "--network", "Conv2D(4, 3), ReLU, MaxPool2D(2), Flatten, Dense(2)",
    ]  # fmt: skip
    photos = [*base, "--randomize", "photos", "--hue", -0.1, 0.1, "--images", 64]
    run = tmp_path / "run"
    assert invoke(*photos, "--out", run)[0] == 0
    configuration = load_model(run / "model.safetensors").configuration
    expected = dataclasses.replace(Augmentation.photos(24), hue=(-0.1, 0.1))
    assert expected.shift == (-3.0, 3.0)
    assert configuration["augmentation"] == expected.to_dict()
    assert (run / "randomized.png").exists()
    request.getfixturevalue("no_pictures")  # which take most of the time
    for more in ([], ["--randomize", "photos"], ["--hue", -0.1, 0.1]):
        code, out, err = invoke("train", "--out", run, "--resume", *more)
        assert (code, "Fingerprint" in out) == (0, True), err
    line = fails("train", "--out", run, "--resume", "--randomize", "digits")
    assert "augmentation" in line or "mirror is" in line or "scale is" in line
    assert invoke("verify", run)[0] == 0
    sharp = [*base, "--randomize", "photos", "--no-whole-shift", "--shift", -0.5, 0.5]
    assert invoke(*sharp, "--images", 32, "--out", tmp_path / "other")[0] == 0
    made = load_model(tmp_path / "other" / "model.safetensors").configuration["augmentation"]
    assert made == dataclasses.replace(
        Augmentation.photos(24), shift=(-0.5, 0.5), whole_shift=False
    ).to_dict()  # fmt: skip


def test_a_step_of_what_is_not_randomized_is_refused():
    assert fails("train", "--randomize", "none", "--mixup", 0.2) == (
        "--mixup is 0.2, but --randomize is none, which changes no image; leave one of them out."
    )


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        (
            ["--optimizer", "sgd", "--momentum", 0.9, "--nesterov", "--weight-decay", 5e-4],
            {"optimizer": SGD(0.05, 0.9, nesterov=True, weight_decay=5e-4)},
        ),
        (["--optimizer", "adamw", "--beta1", 0.8], {"optimizer": AdamW(0.05, 0.8)}),
        (
            ["--schedule", "cosine", "--final-factor", 0.1],
            {"schedule": CosineSchedule(0.3, 0.1)},
        ),
        (
            ["--schedule", "one-cycle", "--div-factor", 5, "--final-div-factor", 10],
            {"schedule": OneCycleSchedule(0.3, 5.0, 10.0)},
        ),
        (
            ["--schedule", "step", "--step-size", 0.5, "--gamma", 0.2, "--warmup", 0],
            {"schedule": StepSchedule(0.5, 0.2)},
        ),
        (
            ["--average", "exponential", "--average-decay", 0.9],
            {"average": ExponentialAverage(decay=0.9)},
        ),
        (["--average", "mean"], {"average": MeanAverage()}),
    ],
)
def test_other_optimizers_schedules_and_averages(monkeypatch, options, settings):
    asked = []

    def reference_run(given, *args, **kwargs):
        asked.append(given)
        return METRICS

    monkeypatch.setattr(runs, "reference_run", reference_run)
    assert invoke("train", *options)[0] == 0
    assert asked == [RunSettings(**settings)]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            ["--momentum", 0.9],
            "--momentum is 0.9, but --optimizer is adam, which has none; leave it out, or give "
            "--optimizer sgd.",
        ),
        (
            ["--weight-decay", 0.1],
            "--weight-decay is 0.1, but --optimizer is adam, which has none; leave it out, or give "
            "--optimizer adamw or sgd.",
        ),
        (["--optimizer", "sgd", "--beta1", 0.5], "--beta1 is 0.5, but --optimizer is sgd, which"),
        (["--gamma", 0.5], "--gamma is 0.5, but --schedule is linear, which has none; leave it ou"),
        (["--average-decay", 0.5], "--average-decay is 0.5, but --average is none, which has none"),
        (
            ["--average", "exponential", "--average-decay", 2],
            "--average-decay is 2.0; it must be at least 0 and below 1, for example 0.99.",
        ),
        (["--clip-norm", 0], "--clip-norm is 0.0; it must be a finite number above 0, for example"),
        (
            ["--validation-share", 1],
            "--validation-share is 1.0; it must be above 0 and below 1, such as 0.1, or 0 for none",
        ),
    ],
)
def test_what_can_not_be_is_told_as_it_is_typed(tmp_path, options, line):
    assert fails("train", *options, "--out", tmp_path / "run").startswith(line)


def test_a_run_with_all_of_them_is_resumed_and_verified(tmp_path, no_pictures):
    how = (
        "--optimizer", "sgd", "--momentum", 0.9, "--clip-norm", 1, "--schedule", "one-cycle",
        "--average", "mean", "--average-start", 0.5, "--validation-share", 0.2,
    )  # fmt: skip
    code, out, err = invoke("train", *QUICK, *how, "--out", tmp_path, "--checkpoint-every", 3)
    assert code == 0
    assert "287 more training images are held back to validate." in err
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    line = f"Validation: accuracy {metrics['validation_accuracy']:.3%}, loss "
    assert f"{line}{metrics['validation_loss']:.4f}." in out
    rows = (tmp_path / "history.csv").read_text().splitlines()
    assert rows[0].endswith(",validation_loss,validation_accuracy")
    assert all(float(row.split(",")[-1]) > 0 for row in rows[1:])
    assert load_model(tmp_path / "model.safetensors").configuration["average"] == {
        "name": "MeanAverage", "start": 0.5
    }  # fmt: skip
    assert invoke("verify", tmp_path)[0] == 0
    assert invoke("verify", tmp_path, "--last", 2)[0] == 0
    (tmp_path / "model.safetensors").unlink()
    newest = max((tmp_path / "checkpoints").glob("*.safetensors"))
    newest.unlink()
    assert invoke("train", "--out", tmp_path, "--resume")[0] == 0
    again = json.loads((tmp_path / "metrics.json").read_text())
    assert again["fingerprint"] == metrics["fingerprint"]
    assert again["validation_loss"] == metrics["validation_loss"]
    code, _, err = invoke("train", "--out", tmp_path, "--resume", "--average-start", 0.25)
    assert code == 1
    assert "start is 0.5 there and 0.25 here" in err


def test_train_prints_the_result_and_notes_apart(trained):
    folder, out, err = trained
    metrics = json.loads((folder / "metrics.json").read_text())
    assert out.splitlines() == [
        f"Accuracy {metrics['accuracy']:.3%} on 360 test images, loss {metrics['loss']:.4f}.",
        f"Trained on 40,000 images in {metrics['seconds']:.1f} s, "
        f"{metrics['images_per_second']:,.0f} a second.",
        f"Fingerprint {metrics['fingerprint']}",
        f"Written to {folder}: model, metrics, history, pictures, and report.html with all.",
    ]
    assert metrics["accuracy"] > 0.9
    notes = [line for line in err.splitlines() if not line.startswith("Compiling kernels")]
    assert notes[0].startswith("Data: digits, ")
    assert notes[1].startswith("update 16/156  loss ")
    assert notes[-2].startswith("update 156/156  loss ")
    assert notes[-1] == "Testing, and drawing the pictures."


def test_an_existing_run_is_refused(trained):
    folder = trained[0]
    before = contents(folder)
    line = fails("train", *QUICK, "--out", folder)
    assert line.startswith(f"{folder} already holds a run (model.safetensors, metrics.json, ")
    assert line.endswith(
        ", checkpoints); name another folder with --out, go on with it with --resume, or replace "
        "it with --overwrite."
    )
    assert contents(folder) == before


def test_overwrite(tmp_path, no_pictures):
    (tmp_path / "metrics.json").write_bytes(b"old")
    code, _, _ = invoke("train", *QUICK, "--out", tmp_path, "--overwrite")
    assert code == 0
    assert json.loads((tmp_path / "metrics.json").read_text())["images"] == 1024


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--images", "-5"], "--images is -5; at least 1 is needed."),
        (
            ["--batch-size", "4", "--sections", "8"],
            "--batch-size 4 is smaller than --sections 8, but each section needs an image; use "
            "--sections=4 or a larger --batch-size.",
        ),
        (["--sections", "0"], "--sections is 0; it must be a whole number of at least 1."),
        (["--workers", "0"], "--workers is 0; it must be a whole number of at least 1"),
        (["--learning-rate", "0"], "--learning-rate is 0.0; it must be above 0"),
        (["--learning-rate", "nan"], "--learning-rate is nan; it must be above 0"),
        (["--beta1", "1"], "--beta1 is 1.0; it must be at least 0 and below 1, for example 0.9."),
        (["--beta2", "-1"], "--beta2 is -1.0; it must be at least 0 and below 1"),
        (["--eps", "0"], "--eps is 0.0; it must be a finite number above 0"),
        (["--warmup", "2"], "--warmup is 2.0; it must be a share of the updates, from 0 to 1."),
        (["--scale", "2", "1"], "--scale is (2.0, 1.0); it must be two numbers, the lower first"),
        (["--scale", "0", "1"], "--scale is (0.0, 1.0); a factor must be above 0"),
        (["--rotation", "nan", "1"], "--rotation is (nan, 1.0); it must be two numbers"),
        (
            ["--noise-probability", "0", "1.5"],
            "--noise-probability is (0.0, 1.5); probabilities are from 0 to 1.",
        ),
        (["--seed", "-1"], "--seed is -1; it must be a whole number of at least 0"),
        (["--seed", "99999999999999999999"], "--seed is 99999999999999999999; it must be"),
        (["--images", "1" + "0" * 30], "is more than 10,000,000 updates of --batch-size 128"),
        (["--patience", "0"], "--patience is 0; it must be a whole number of at least 1"),
        (
            ["--patience", "2", "--validation-share", "0"],
            "--patience is 2, but --validation-share is 0, so there would be nothing to go by",
        ),
        (["--class-weight", "cat"], "--class-weight is 'cat'; it must be balanced, or classes"),
        (["--class-weight", "x=2"], "--class-weight names the class 'x', which the data does not"),
        (["--start-from", "nowhere"], "nowhere: there is no such file"),
        (["--data", "minst"], "There is no data set or path 'minst'. Did you mean 'mnist'?"),
        (
            ["--data", "nowhere/data.npz"],
            "no data set or path 'nowhere/data.npz'. Known: mnist,",
        ),
        (["--data", "nowhere"], "There is no data set or path 'nowhere'."),
        (
            ["--data", "digits8", "--recipe", "reference"],
            "The images of digits8 are 8 x 8, too small for the reference network; it needs "
            "10 x 10 at least. The recipe auto has one that fits: --recipe auto.",
        ),
    ],
    ids=" ".join,
)
def test_bad_options_of_train(tmp_path, options, message):
    assert message in fails("train", *QUICK, "--out", tmp_path / "run", *options)
    assert list(tmp_path.iterdir()) == []


def test_out_below_a_file(tmp_path):
    (tmp_path / "file").write_bytes(b"mine")
    line = fails("train", *QUICK, "--out", tmp_path / "file" / "run")
    assert line == f"{tmp_path / 'file'} is a file; --out must name a folder."
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_divergence(tmp_path):
    line = fails("train", *QUICK, "--learning-rate", "1e30", "--out", tmp_path)
    assert "lower the learning rate (now 1e+30)." in line
    assert line.endswith(f"They are kept in {tmp_path / 'model.safetensors'}.")
    assert np.isfinite(load_model(tmp_path / "model.safetensors").parameters).all()
    assert (tmp_path / "history.csv").read_text().startswith("update,images,loss,")


def test_a_full_disk_is_one_line(tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device", "history.csv")

    monkeypatch.setattr(output, "atomic_write", full)
    assert fails("train", *QUICK, "--out", tmp_path) == "history.csv: No space left on device."


def test_a_disk_that_gets_full_while_drawing_names_the_picture(tmp_path, monkeypatch):
    write = files._write

    def full(file, content):
        if content[:4] == b"\x89PNG":
            raise OSError(28, "No space left on device")
        write(file, content)

    monkeypatch.setattr(files, "_write", full)
    line = fails("train", *QUICK, "--out", tmp_path)
    assert line == f"{tmp_path / 'loss.png'}: No space left on device."


def test_too_little_memory_is_one_line(tmp_path, monkeypatch):
    def reference_run(*args, **settings):
        raise MemoryError

    monkeypatch.setattr(runs, "reference_run", reference_run)
    assert fails("train") == "There is not enough memory for this."


def test_ctrl_c_before_training(monkeypatch):
    def reference_run(*args, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "reference_run", reference_run)
    assert invoke("train") == (130, "", "Stopped.\n")


def test_errors_of_the_package_itself_are_not_hidden(monkeypatch):
    def reference_run(*args, **settings):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(runs, "reference_run", reference_run)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        invoke("train")
