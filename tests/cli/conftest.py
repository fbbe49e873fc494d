"""A trained model and pictures for the commands to work on."""

import functools
import shutil

import numpy as np
import pytest
from PIL import Image

import pellucid
from pellucid import data, load_model
from pellucid.runs.finished import FinishedRun
from tests.cli.console import QUICK, invoke

DIGITS = functools.cache(functools.partial(data.load, "digits"))


@pytest.fixture(autouse=True)
def _digits_are_loaded_once(monkeypatch):
    real = data.load

    def load(name, **settings):
        return DIGITS() if name == "digits" else real(name, **settings)

    monkeypatch.setattr(data, "load", load)


@pytest.fixture
def no_pictures(monkeypatch):
    monkeypatch.setattr(FinishedRun, "draw", lambda *args: None)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return a folder with a model that knows its digits, and what was printed."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FinishedRun, "draw", lambda *args: None)
        code, out, err = invoke(
            "train", "--data", "digits", "--images", 40_000, "--batch-size", 256, "--out", folder
        )
    assert code == 0, err
    return folder, out, err


@pytest.fixture(scope="module")
def model(trained):
    return trained[0] / "model.safetensors"


@pytest.fixture(scope="module")
def right(model):
    """Return a test image that the model is sure of, and its label."""
    loaded, digits = load_model(model), DIGITS()
    found = pellucid.predict_proba(loaded.network, loaded.parameters, digits.test_images)
    sure = found.max(axis=1) * (found.argmax(axis=1) == digits.test_labels)
    return digits.test_images[sure.argmax()], digits.classes[digits.test_labels[sure.argmax()]]


@pytest.fixture
def pictures(right, tmp_path):
    """Return the image as files: other sizes, kinds and polarities."""
    gray = Image.fromarray(right[0])
    large, wide = gray.resize((300, 300)), Image.new("L", (500, 200))
    wide.paste(gray.resize((180, 180)), (160, 10))
    dark = Image.fromarray(255 - np.asarray(large))
    files = {
        "small.png": gray,
        "large.png": large,
        "wide.jpg": wide,
        "dark.png": dark,
        "dark.jpg": dark.convert("RGB"),
    }
    for name, picture in files.items():
        picture.save(tmp_path / name)
    return [tmp_path / name for name in files]


@pytest.fixture(scope="session")
def noise(tmp_path_factory):
    """Return options that name a small file of noise: a process loads it faster than digits."""
    path = tmp_path_factory.mktemp("data") / "noise.npz"
    images = np.random.default_rng(0).integers(0, 256, (60, 28, 28), dtype=np.uint8)
    labels = np.arange(60) % 2
    np.savez(path, x_train=images, y_train=labels, x_test=images[:20], y_test=labels[:20])
    return ["--data", path, "--recipe", "reference", "--randomize", "none"]


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Return the folder of a short run with all of its checkpoints."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FinishedRun, "draw", lambda *args: None)
        code, _, err = invoke("train", *QUICK, "--out", folder, "--checkpoint-every", 3)
    assert code == 0, err
    return folder


@pytest.fixture
def copy(finished, tmp_path):
    """Return a copy of that folder, to be changed."""
    return shutil.copytree(finished, tmp_path / "copy")
