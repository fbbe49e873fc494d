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
        "pets has the classes dog, emu, but the model was trained on cat, dog; give data the "
        "set it was trained on."
    )
    with pytest.raises(DataError, match=r"the classes 0, 1, 2, 3, 4 and 5 more, but the model"):
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


def test_pictures_are_read_as_the_model_has_it(monkeypatch):
    images = np.zeros((3, 2, 2), np.uint8)
    monkeypatch.setattr(
        data, "read_images", lambda pictures, preprocessing: images[: len(pictures)]
    )
    assert predict_pictures(model_of("cat", "dog"), ["a", "b"], print).tolist() == [[0.5, 0.5]] * 2
