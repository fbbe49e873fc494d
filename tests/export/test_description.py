import dataclasses

import numpy as np
import pytest

from pellucid import BatchNorm2D, Conv2D, Dense, Dropout, Flatten, Network, ReLU, Residual
from pellucid.equations import forward
from pellucid.equations.rules import rules_of
from pellucid.errors import ConfigurationError, ExportError
from pellucid.export.description import description_of
from tests.export.examples import (
    X,
    classifier,
    labeler,
    model_of,
    parameters_of,
    photographer,
    regressor,
    small_model,
)

NETWORK = Network(
    [
        BatchNorm2D(), Conv2D(4, 3, padding="same"), BatchNorm2D(), ReLU(), Dropout(),
        Residual([Conv2D(4, 3, padding="same"), Dropout()]), Dropout(), Flatten(), Dense(3),
    ],
    (2, 5, 4),
)  # fmt: skip


def computed(description, images):
    """Return what the steps give, by the layers' equations."""
    values = {0: images.astype(np.float64)}
    for step in description.steps:
        inputs = [values[value] for value in step.inputs]
        if isinstance(step.layer, BatchNorm2D):
            m, s, b = (step.arrays[k].reshape(-1, 1, 1).astype(np.float64) for k in "msb")
            values[step.output] = (inputs[0] - m) * s + b
        else:
            rules = rules_of(step.layer)
            values[step.output] = rules.forward(step.layer, *inputs, *step.arrays.values())
        assert inputs[0].shape[1:] == step.takes
        assert values[step.output].shape[1:] == step.gives
    return values[description.steps[-1].output]


def test_the_steps_compute_what_the_network_does():
    model = model_of(NETWORK, parameters_of(NETWORK))
    description = description_of(model)
    kinds = [type(step.layer).__name__ for step in description.steps]
    assert kinds == ["BatchNorm2D", "Conv2D", "ReLU", "Conv2D", "Add", "Flatten", "Dense"]
    assert [step.place for step in description.steps][3:5] == ["6.1", "6.sum"]
    images = np.random.default_rng(0).random((3, 2, 5, 4))
    expected = forward(NETWORK, model.parameters, images).activations[-1]
    np.testing.assert_allclose(computed(description, images), expected, atol=1e-5)


def test_the_answer_is_what_an_estimator_predicts():
    description = description_of(classifier())
    answer = description.answer(description.pixels.of_estimator(X))
    np.testing.assert_array_equal(classifier().classes_[answer.chosen], classifier().predict(X))
    np.testing.assert_allclose(answer.outputs, classifier().predict_proba(X), atol=1e-15)

    description = description_of(labeler())
    answer = description.answer(description.pixels.of_estimator(X))
    np.testing.assert_array_equal(answer.chosen, labeler().predict(X))
    np.testing.assert_allclose(answer.outputs, labeler().predict_proba(X), atol=1e-15)

    for columns in (1, 2):
        description = description_of(regressor(columns))
        answer = description.answer(description.pixels.of_estimator(X))
        assert answer.chosen is None
        expected = regressor(columns).predict(X).reshape(len(X), columns)
        np.testing.assert_array_equal(answer.outputs, expected)


def test_a_saved_estimator_is_described_as_it_was(tmp_path):
    from pellucid import load_model

    fitted, images = photographer()
    fitted.save(tmp_path / "model.safetensors")
    saved, own = description_of(load_model(tmp_path / "model.safetensors")), description_of(fitted)
    assert saved.pixels == own.pixels
    assert saved.labels == own.labels == ("cat", "dog", "none of it")
    assert saved.told() == own.told()
    some = own.pixels.of_estimator(images)
    np.testing.assert_array_equal(saved.answer(some).outputs, own.answer(some).outputs)
    regressor().save(tmp_path / "numbers.safetensors")
    saved = description_of(load_model(tmp_path / "numbers.safetensors"))
    np.testing.assert_array_equal(saved.mean, description_of(regressor()).mean)


def test_classes_are_whole_numbers_where_they_were():
    assert description_of(classifier()).labels == tuple(range(10))
    model = small_model()
    assert description_of(model).labels == ("class 0", "class 1", "class 2")
    numbered = dataclasses.replace(model, classes=("0", "1", "2"))
    assert description_of(numbered).labels == (0, 1, 2)
    for stored, labels in (
        ([3, 5, 8], (3, 5, 8)), ([0.5, 1.5, 2.5], model.classes), ([0, 1, 2**63], model.classes),
        ([False, True, True], model.classes),
    ):  # fmt: skip
        named = dataclasses.replace(model, configuration={"estimator": {}, "classes": stored})
        assert description_of(named).labels == labels


def test_it_tells_what_it_takes_and_what_is_left_to_do():
    told = description_of(small_model()).told()
    assert told["image"] == "6 x 5 bytes; 0 becomes 0 and 255 becomes 1"
    assert told["before"].startswith("of a picture of another size Pellucid resizes it; ")
    fitted, _ = photographer()
    assert "9 x 7 floats, 3 channels last" in description_of(fitted).told()["image"]
    dark = model_of(NETWORK, parameters_of(NETWORK), polarity="dark-on-light", fit="mnist")
    assert "digits are and inverts it;" in description_of(dark).told()["before"]


def test_what_is_no_model_is_told():
    with pytest.raises(ConfigurationError, match="model is int; give a Model"):
        description_of(3)


def test_a_model_that_gives_no_numbers_is_refused():
    model = small_model()
    large = dataclasses.replace(model, parameters=np.full(model.network.size, 3e38, np.float32))
    with np.errstate(all="ignore"), pytest.raises(ExportError, match="gives NaN or infinity"):
        description_of(large).vectors  # noqa: B018
