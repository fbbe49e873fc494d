"""The figures and pictures of a run."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from pellucid import data, fingerprint, load_model
from pellucid.runs.run import reference_run
from tests.runs.examples import (
    FILES,
    PICTURES,
    QUICK,
    contents,
    say_nothing,
    tiny_data,
    use_data,
)


def test_metrics(finished):
    folder, metrics, _ = finished
    assert json.loads((folder / "metrics.json").read_text()) == dataclasses.asdict(metrics)
    assert 0 < metrics.accuracy <= 1
    assert metrics.loss > 0
    assert (metrics.images, metrics.updates, metrics.test_images) == (1024, 8, 360)
    assert metrics.images_per_second == pytest.approx(1024 / metrics.seconds)
    assert metrics.parameters == 5880
    assert (metrics.data, metrics.data_source) == ("digits", "bundled with scikit-learn")
    assert metrics.data_fingerprint == data.load("digits").fingerprint()
    assert metrics.fingerprint == fingerprint(load_model(folder / "model.safetensors"))
    assert metrics.seed == 0
    assert metrics.workers >= 1
    assert metrics.interrupted is False


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_pictures_can_be_looked_at(finished, name):
    with Image.open(finished[0] / name) as picture:
        picture.load()
        assert picture.format == "PNG"
        assert min(picture.size) >= 300
        assert max(picture.size) <= 3000
        assert len(np.unique(np.asarray(picture))) > 10


def test_color_pictures_are_not_treated_as_digits(tmp_path, monkeypatch):
    use_data(monkeypatch, tiny_data(channels=3))
    metrics = reference_run(QUICK, tmp_path, say_nothing)
    assert contents(tmp_path).keys() == FILES
    model = load_model(tmp_path / "model.safetensors")
    assert model.preprocessing.fit == "resize"
    assert model.preprocessing.polarity == "light-on-dark"
    assert model.classes == ("class 0", "class 1")
    assert metrics.parameters == model.network.size
