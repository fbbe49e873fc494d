"""A model is tested on the classes it knows, whatever their order, and reads as it was trained."""

import numpy as np
import pytest

from pellucid import Dense, Flatten, Model, Network, Preprocessing, data
from pellucid.data import Dataset
from pellucid.errors import DataError
from pellucid.runs.models import labels_for, predict_pictures, run_model_test


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


@pytest.mark.parametrize(
    ("configuration", "given", "expected"),
    [({}, None, 0.2), ({"test_share": 0.5}, None, 0.5), ({"test_share": 0.5}, 0.3, 0.3)],
)
def test_the_part_to_test_on_is_what_training_kept(monkeypatch, configuration, given, expected):
    asked = {}

    def load(name, **settings):
        asked.update(settings, name=name)
        return data_of("dog", "cat")

    monkeypatch.setattr(data, "load", load)
    plain = model_of("cat", "dog")
    model = Model(
        plain.network, plain.parameters, plain.preprocessing, plain.classes, configuration
    )
    test = run_model_test(model, "pets", print, skip_bad=True, test_share=given)
    assert (asked["name"], asked["test_share"], asked["skip_bad"]) == ("pets", expected, True)
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
    told = {"label": "pet", "pixel_range": [0, 1], "channels": "last"}
    model = Model(plain.network, plain.parameters, plain.preprocessing, plain.classes, told)
    run_model_test(model, "pets.csv", print)
    assert {name: asked[name] for name in told} == told
    other = {"label": "kind", "pixel_range": (0, 2), "channels": "first"}
    run_model_test(model, "pets.csv", print, **other)
    assert {name: asked[name] for name in told} == other


def test_pictures_are_read_as_the_model_has_it(monkeypatch):
    images = np.zeros((3, 2, 2), np.uint8)
    monkeypatch.setattr(
        data, "read_images", lambda pictures, preprocessing, say: images[: len(pictures)]
    )
    said = []
    model = model_of("cat", "dog")
    assert predict_pictures(model, ["a", "b"], said.append).tolist() == [[0.5, 0.5]] * 2
    assert said[0] == (
        "2 of 2 pictures are blank, one color all over; what is said of them means nothing: a, b."
    )
    images[0, 0, 0] = images[1, 1, 1] = 9
    said.clear()
    predict_pictures(model, ["a", "b", "c"], said.append)
    assert said[0] == "c is blank, one color all over; what is said of it means nothing."
    images[:] = images[0]
    said.clear()
    predict_pictures(model, ["a", "b", "c"], said.append)
    assert said[0] == "3 of 3 pictures are equal."
