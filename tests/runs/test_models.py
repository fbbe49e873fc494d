"""A model is tested on the classes it knows, whatever their order, and reads as it was trained."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid import (
    Dense,
    Flatten,
    Model,
    Network,
    Preprocessing,
    data,
    load_model,
    predict_proba,
)
from pellucid.data import Dataset
from pellucid.data.readers import unlabeled
from pellucid.errors import DataError, ModelFileError
from pellucid.runs.models import labels_for, predict_pictures, run_model_test
from pellucid.runs.plan import Plan
from pellucid.runs.run import reference_run
from pellucid.runs.verification import verify_run


def model_of(*classes):
    network = Network([Flatten(), Dense(len(classes))], (2, 2))
    parameters = np.zeros(network.size, np.float32)
    return Model(network, parameters, Preprocessing((2, 2)), classes)


def data_of(*classes):
    images, labels = np.zeros((1, 2, 2), np.uint8), np.zeros(1, np.int64)
    return Dataset("pets", images, labels, images, labels, classes, "made here")


def test_labels_follow_the_model_s_classes():
    model = model_of("cat", "dog", "emu")
    for classes in (("cat", "dog", "emu"), ("dog", "cat"), ("emu",)):
        found = labels_for(model, data_of(*classes))
        assert [model.classes[label] for label in found] == [classes[0]]


def test_classes_that_do_not_fit():
    with pytest.raises(DataError) as caught:
        labels_for(model_of("cat", "dog"), data_of("dog", "emu"))
    assert str(caught.value) == (
        "pets has the classes dog, emu; emu is no class of the model, which was trained on cat, "
        "dog. Leave these images out, or give data the "
        "set it was trained on."
    )
    with pytest.raises(DataError, match=r"0, 1, 2, 3, 4 and 5 more are no classes of the model"):
        labels_for(model_of("cat", "dog"), data_of(*"0123456789"))


def test_a_model_is_tested_on_what_it_is_given(monkeypatch):
    asked = {}

    def load(name, **settings):
        asked.update(settings, name=name)
        return data_of("dog", "cat")

    monkeypatch.setattr(data, "load", load)
    model = model_of("cat", "dog")
    test = run_model_test(model, "pets", print, skip_bad=True)
    assert (asked["name"], asked["skip_bad"]) == ("pets", True)
    assert asked["preprocessing"] is model.preprocessing
    assert (test.data, test.labels.tolist()) == ("pets", [1])
    assert test.evaluation.probabilities.tolist() == [[0.5, 0.5]]


def test_tables_are_read_as_training_was_told_to(monkeypatch):
    asked = {}

    def load(name, **settings):
        asked.update(settings)
        return data_of("dog", "cat")

    monkeypatch.setattr(data, "load", load)
    plain = model_of("cat", "dog")
    told = {"label": "pet", "pixel_range": (0, 1), "channels": "last"}
    recorded = {"data": "a", "label": "pet", "channels": "last", "data_pixel_range": [0, 1]}
    # Under this name it is what the network takes for 0 and 1.
    recorded["pixel_range"] = [0, 255]
    model = Model(plain.network, plain.parameters, plain.preprocessing, plain.classes, recorded)
    run_model_test(model, "pets.csv", print)
    assert {name: asked[name] for name in told} == told
    other = {"label": "kind", "pixel_range": (0, 2), "channels": "first"}
    run_model_test(model, "pets.csv", print, **other)
    assert {name: asked[name] for name in told} == other


def test_blank_pictures_are_told(tmp_path):
    def predict(*images):
        said, paths = [], []
        for number, image in enumerate(images):
            paths.append(tmp_path / f"{number}.png")
            Image.fromarray(image).save(paths[-1])
        predict_pictures(model_of("cat", "dog"), paths, said.append)
        return said[0].replace(f"{tmp_path}/", "")

    blank, left, right = np.zeros((3, 2, 2), np.uint8)
    left[0, 0] = right[1, 1] = 90
    assert predict(blank, blank) == (
        "2 of 2 pictures are blank, one color all over; what is said of them means nothing: "
        "0.png, 1.png."
    )
    assert predict(left, right, blank) == (
        "2.png is blank, one color all over; what is said of it means nothing."
    )
    assert predict(left, left, left) == "3 of 3 pictures are equal."


def test_pictures_are_read_as_the_model_has_it(tmp_path):
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for path in paths:
        Image.fromarray(np.zeros((2, 2), np.uint8)).save(path)
    found = predict_pictures(model_of("cat", "dog"), paths[:2], print)
    assert found.probabilities.tolist() == [[0.5, 0.5]] * 2
    assert (found.names, found.ids) == ([str(path) for path in paths[:2]], ["0", "1"])


def test_a_model_that_gives_nan_is_no_answer(tmp_path, monkeypatch):
    plain = model_of("cat", "dog")
    huge = dataclasses.replace(
        plain,
        parameters=np.full(plain.network.size, 3e38, np.float32),
        preprocessing=Preprocessing((2, 2), "light-on-dark", "resize"),
    )
    Image.fromarray(np.full((2, 2), 255, np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(ModelFileError, match=r"^The model gives NaN for 1 of 1 images, .* 3e\+38"):
        predict_pictures(huge, [tmp_path / "a.png"], print)
    images = np.full((1, 2, 2), 255, np.uint8)
    dataset = dataclasses.replace(data_of("cat", "dog"), test_images=images)
    monkeypatch.setattr(data, "load", lambda *args, **settings: dataset)
    with pytest.raises(ModelFileError, match=r"^The model gives NaN for 1 of 1 images"):
        run_model_test(huge, "pets", print)


def test_blocks_change_nothing_of_what_is_said(tmp_path, monkeypatch):
    random = np.random.default_rng(0)
    for number in range(23):
        picture = random.integers(0, 256, (2, 2), np.uint8)
        Image.fromarray(picture).save(tmp_path / f"{number}.png")
    Image.fromarray(np.zeros((2, 2), np.uint8)).save(tmp_path / "23.png")
    plain = model_of("cat", "dog")
    parameters = random.normal(size=plain.network.size).astype(np.float32)
    model = dataclasses.replace(plain, parameters=parameters)
    lines, found = [], []
    for most in (4096, 7, 1):
        monkeypatch.setattr(unlabeled, "MOST", most)
        said = []
        found.append(predict_pictures(model, [tmp_path], said.append))
        lines.append([line for line in said if "blank" in line])
    assert lines == [[f"{tmp_path / '23.png'} is blank, one color all over; what is said of it "
                      "means nothing."]] * 3  # fmt: skip
    for other in found[1:]:
        assert (other.names, other.ids) == (found[0].names, found[0].ids)
        np.testing.assert_array_equal(other.probabilities, found[0].probabilities)
    (tmp_path / "24.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"24\.png"):
        predict_pictures(model, [tmp_path], print)
    assert len(predict_pictures(model, [tmp_path], print, skip_bad=True).names) == 24


def test_numbers_are_taken_everywhere_as_training_was_told(tmp_path, monkeypatch, no_pictures):
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    dark, bright = random.integers(0, 3, (40, 49)), random.integers(9, 12, (40, 49))
    rows = np.stack([dark, bright], axis=1).reshape(80, 49)  # of 7 x 7, lying on their side
    rows[:, 0], rows[:, 1] = 0, 16
    header = ",".join(["label", *(f"pixel{k}" for k in range(49))])
    lines = [f"{k % 2}," + ",".join(map(str, row)) for k, row in enumerate(rows)]
    Path("train.csv").write_text("\n".join([header, *lines]))
    Path("new.csv").write_text("\n".join([header[6:], *(line[2:] for line in lines[:10])]))
    np.save("new.npy", rows[:10].astype(np.float32) / 2 + 4)
    plan = Plan.of(
        {"data": "train.csv", "pixel_range": (0.0, 16.0), "transpose": True, "epochs": 60.0,
         "network": "Flatten, Dense(2)", "optimizer": "adam",
         "learning_rate": 0.01, "randomize": "none"}
    )  # fmt: skip
    metrics = reference_run(plan, "run", print)
    assert metrics.accuracy == 1
    model = load_model("run/model.safetensors")
    assert model.network.input_shape == (1, 7, 7)
    assert run_model_test(model, None, print).evaluation.accuracy == 1
    assert verify_run("run", print).same
    said = []
    found = predict_pictures(model, [Path("new.csv")], said.append)
    assert found.probabilities.argmax(axis=1).tolist() == [0, 1] * 5
    assert not any("scale" in line or "--pixel-range" in line for line in said), said
    images = rows[:10].reshape(-1, 7, 7).swapaxes(1, 2)[:, None] / 16
    expected = predict_proba(model.network, model.parameters, images.astype(np.float32))
    np.testing.assert_allclose(found.probabilities, expected, atol=0.01)
    again = predict_pictures(model, [Path("new.npy")], print)
    assert again.probabilities.shape == (10, 2)
