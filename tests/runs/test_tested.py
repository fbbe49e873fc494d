"""Which images a model is tested on: never what it was trained on, and of the rest all."""

import dataclasses

import numpy as np
import pytest

from pellucid import Model, Preprocessing, data, presets
from pellucid.errors import ConfigurationError, DataError
from pellucid.runs.tested import load_tested, options_of_training

COUNT = 100


def write_npz(path, *, test=False, seed=0):
    images = np.random.default_rng(seed).integers(0, 256, (COUNT, 28, 28), dtype=np.uint8)
    labels = np.arange(COUNT) % 2
    names = ("x_test", "y_test") if test else ("x_train", "y_train")
    np.savez(path, **dict(zip(names, (images, labels), strict=True)))


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_npz("own.npz")


def model(**configuration):
    network = presets.reference((28, 28), 2)
    return Model(
        network, network.initial_parameters(), Preprocessing((28, 28)), ("0", "1"), configuration
    )


def trained(name="own.npz", test_share=0.2, **more):
    fingerprint = data.load(name, test_share=test_share).fingerprint()
    return model(data=name, test_share=test_share, data_fingerprint=fingerprint, **more)


def asked_of(model, source=None, **settings):
    said = []
    dataset = load_tested(model, source, said.append, **settings)
    return len(dataset.test_images), said


def test_without_a_source_it_is_what_training_kept():
    assert asked_of(trained()) == (20, ["Data: own.npz, which the model was trained on."])
    assert asked_of(trained(test_share=0.5))[0] == 50
    named = model(data="digits", test_share=0.2)
    assert asked_of(named) == (360, ["Data: digits, which the model was trained on."])


def test_a_model_that_does_not_say_needs_to_be_told():
    for plain in (model(), model(data=3), model(data="")):
        with pytest.raises(ConfigurationError, match="does not say what it was trained on; name"):
            asked_of(plain)
        assert asked_of(plain, "own.npz") == (100, [])


def test_of_other_data_all_images_are_taken(tmp_path):
    write_npz("other.npz", seed=1)
    write_npz("only_test.npz", seed=2, test=True)
    for source in ("other.npz", "only_test.npz"):
        assert asked_of(trained(), source) == (100, [])
    assert asked_of(trained(), "other.npz+only_test.npz") == (200, [])
    assert asked_of(trained(), "digits") == (360, [])  # it has test images of its own


def test_of_the_training_s_own_data_what_was_kept_by_any_name(tmp_path):
    kept = data.load("own.npz").test_images
    for source in ("own.npz", "./own.npz", str(tmp_path / "own.npz")):
        dataset = load_tested(trained(), source, print)
        assert np.array_equal(dataset.test_images, kept)
    (tmp_path / "own.npz").rename("moved.npz")
    with pytest.raises(DataError, match=r"^own\.npz, which the model was trained on") as error:
        asked_of(dataclasses.replace(model(), configuration={"data": "own.npz"}))
    assert str(error.value).endswith("; say where the data is now with data.")
    with pytest.raises(DataError, match=r"^own\.npz and other\.csv, which .* are not here \(in "):
        asked_of(dataclasses.replace(model(), configuration={"data": "own.npz+other.csv"}))
    write_npz("own.npz")
    known = trained()
    (tmp_path / "own.npz").unlink()
    said = []
    dataset = load_tested(known, "moved.npz", said.append)
    assert np.array_equal(dataset.test_images, kept)
    assert said == [
        "moved.npz is what the model was trained on; it is tested on the part that was kept."
    ]


def test_own_data_joined_with_other():
    write_npz("other.npz", seed=1)
    assert asked_of(trained(), "own.npz+other.npz") == (
        40,
        [
            "A part of own.npz+other.npz is what the model was trained on; of each without test "
            "images of its own 20% is tested, as training kept it."
        ],
    )
    joined = trained("own.npz+other.npz")
    assert asked_of(joined, "other.npz") == (20, [])
    assert asked_of(joined)[0] == 40


def test_own_data_that_changed_is_said():
    known = trained()
    write_npz("own.npz", seed=3)
    count, (first, second) = asked_of(known)
    assert (count, first) == (20, "Data: own.npz, which the model was trained on.")
    assert second.startswith("own.npz is not quite what the model was trained on: ")


def test_a_share_that_is_given_is_obeyed():
    assert asked_of(trained(), "own.npz", test_share=0.3) == (30, [])
    assert asked_of(trained(), "own.npz", test_share=1.0) == (100, [])
    write_npz("other.npz", seed=1)
    assert asked_of(trained(), "other.npz", test_share=0.1) == (10, [])
    with pytest.raises(ConfigurationError, match=r"^test_share is 0\.0; it must be above 0"):
        asked_of(trained(), "other.npz", test_share=0.0)


def test_bad_files_are_skipped_where_training_skipped_them(monkeypatch):
    asked = []
    real = data.load
    known = trained(skip_bad=True)
    monkeypatch.setattr(data, "load", lambda *a, **k: asked.append(k["skip_bad"]) or real(*a, **k))
    asked_of(known)
    asked_of(known, "own.npz")
    assert asked == [True, False]


def test_how_the_data_was_read_is_told_as_options():
    told = {"data_pixel_range": [0, 100], "channels": "gray", "transpose": True, "skip_bad": False}
    assert options_of_training(trained(**told, pixel_range=[0, 255])) == {
        "data": "own.npz", "test_share": 0.2, "pixel_range": (0, 100), "channels": "gray",
        "transpose": True,
    }  # fmt: skip
    assert options_of_training(model(data="own.npz")) == {}
    assert options_of_training(model(test_share=0.2)) == {}
