"""Runs that start from a model: what is kept of it, what is new, and that they can be verified."""

import dataclasses
import json

import numpy as np
import pytest

from pellucid import (
    BatchNorm2D,
    BinaryCrossEntropy,
    Conv2D,
    Dense,
    GlobalAveragePool2D,
    Model,
    Network,
    Preprocessing,
    ReLU,
    data,
    load_model,
    save_model,
)
from pellucid.errors import CheckpointError, ConfigurationError, DataError, ModelFileError
from pellucid.network.text import layers_from_text
from pellucid.runs.plan import Plan
from pellucid.runs.run import reference_run, resumed_settings
from pellucid.runs.start import Start
from pellucid.runs.verification import verify_run
from pellucid.training import Checkpoints
from tests.runs.examples import say_nothing, use_data

LAYERS = [Conv2D(4, 3), BatchNorm2D(), ReLU(), GlobalAveragePool2D(), Dense(2)]
CLASSES = ("class 0", "class 1")


def some_data(classes=CLASSES, side=12, count=40):
    images = np.random.default_rng(0).integers(0, 256, (count, side, side), dtype=np.uint8)
    labels = np.arange(count) % len(classes)
    return data.Dataset("tiny", images, labels, images[:20], labels[:20], classes, "made here")


def model(layers=LAYERS, classes=CLASSES, shape=(1, 12, 12), **more):
    network = Network(layers, shape, **more)
    parameters = network.initial_parameters(5)
    return Model(network, parameters, Preprocessing(shape, fit="resize"), classes)


@pytest.fixture
def path(tmp_path):
    save_model(tmp_path / "old.safetensors", model())
    return tmp_path / "old.safetensors"


def started(path, out, dataset, monkeypatch, say=say_nothing, **options):
    use_data(monkeypatch, dataset)
    plan = Plan.of({"data": "tiny", "start_from": str(path), "epochs": 1.0, **options}).settled()
    return reference_run(plan, out, say, checkpoints=Checkpoints("", every_updates=1))


def test_the_same_classes_begin_with_the_very_parameters():
    start = Start(model())
    begun = start.parameters(start.model.network, CLASSES, seed=0)
    assert np.array_equal(begun, start.model.parameters)
    assert begun is not start.model.parameters


@pytest.mark.parametrize("bias", [True, False])
def test_known_classes_keep_their_weights_and_new_ones_are_drawn(bias):
    start = Start(model([*LAYERS[:-1], Dense(2, bias=bias)]))
    classes = ("class 1", "another", "class 0")
    network = Network([*LAYERS[:-1], Dense(3, bias=bias)], (1, 12, 12))
    new = network.views(start.parameters(network, classes, seed=3))
    old = start.model.network.views(start.model.parameters)
    drawn = network.views(network.initial_parameters(3))
    for name in new:
        if name in ("w3", "b3"):
            np.testing.assert_array_equal(new[name][[2, 0]], old[name])
            np.testing.assert_array_equal(new[name][1], drawn[name][1])
        else:
            np.testing.assert_array_equal(new[name], old[name])


def test_what_becomes_of_the_classes_is_said():
    start = Start(model())
    assert start.told(CLASSES).endswith(
        "what was learned before: 2 of the model's 2 classes go on."
    )
    assert start.told(("class 1", "x", "y")).endswith(
        "1 of the model's 2 classes go on, 2 are new (x, y), 1 are not in the data and are dropped "
        "(class 0)."
    )


def test_the_layers_are_the_model_s_with_an_output_for_each_class():
    start = Start(model())
    assert layers_from_text(start.layers(some_data())) == LAYERS
    three = layers_from_text(start.layers(some_data(("class 0", "class 1", "class 2"))))
    assert three == [*LAYERS[:-1], Dense(3)]


def test_a_run_starts_from_it_and_is_verified_without_it(path, tmp_path, monkeypatch, no_pictures):
    out, said = tmp_path / "run", []
    dataset = some_data(("class 0", "class 1", "class 2"))
    metrics = started(path, out, dataset, monkeypatch, said.append)
    assert "Training starts from what was learned before" in "\n".join(said)
    path.unlink()
    assert verify_run(out, say_nothing).same
    assert load_model(out / "start.safetensors").classes == CLASSES
    assert resumed_settings(out).start_from == str(path)
    configuration = load_model(out / "model.safetensors").configuration
    assert configuration["start_from"] == str(path)
    assert metrics.updates == json.loads((out / "metrics.json").read_text())["updates"]
    # And the first update was one from the model's parameters.
    plan = Plan.of({"data": "tiny", "epochs": 1.0, "network": configuration["network"]}).settled()
    reference_run(plan, tmp_path / "anew", say_nothing)
    first = [(f / "history.csv").read_text().splitlines()[1] for f in (out, tmp_path / "anew")]
    assert first[0] != first[1]


def test_what_it_started_from_is_part_of_what_is_verified(path, tmp_path, monkeypatch, no_pictures):
    out = tmp_path / "run"
    started(path, out, some_data(), monkeypatch)
    other = load_model(path)
    save_model(
        out / "start.safetensors",
        dataclasses.replace(other, parameters=other.parameters * np.float32(1.5)),
    )
    assert not verify_run(out, say_nothing).same
    (out / "start.safetensors").unlink()
    with pytest.raises(ModelFileError, match=r"start\.safetensors"):
        verify_run(out, say_nothing)


def test_a_later_run_in_the_folder_takes_it_away(path, tmp_path, monkeypatch, no_pictures):
    out = tmp_path / "run"
    started(path, out, some_data(), monkeypatch)
    for checkpoints in (Checkpoints("", every_updates=1), None):
        plan = Plan.of({"data": "tiny", "epochs": 1.0}).settled()
        reference_run(plan, out, say_nothing, overwrite=True, checkpoints=checkpoints)
        assert not (out / "start.safetensors").exists()
        started_again = Plan.of({"data": "tiny", "start_from": str(path), "epochs": 1.0}).settled()
        reference_run(started_again, out, say_nothing, overwrite=True)
        assert (out / "start.safetensors").exists()
        assert verify_run(out, say_nothing).same


def test_a_run_can_start_from_the_run_that_it_replaces(path, tmp_path, monkeypatch, no_pictures):
    out = tmp_path / "run"
    started(path, out, some_data(), monkeypatch)
    first = load_model(out / "model.safetensors")
    plan = Plan.of({"data": "tiny", "start_from": str(out), "epochs": 1.0}).settled()
    reference_run(plan, out, say_nothing, overwrite=True)
    assert np.array_equal(load_model(out / "start.safetensors").parameters, first.parameters)


def test_what_can_not_be_started_from_is_refused_before_work_starts(tmp_path, path):
    with pytest.raises(ModelFileError, match="no-such"):
        Plan.of({"data": "mine", "start_from": str(tmp_path / "no-such")})
    save_model(tmp_path / "labels", model(loss=BinaryCrossEntropy()))
    with pytest.raises(ConfigurationError, match="whose outputs are labels, not classes"):
        Plan.of({"data": "mine", "start_from": str(tmp_path / "labels")})
    with pytest.raises(ConfigurationError, match="network and start_from are both given"):
        Plan.of({"data": "mine", "start_from": str(path), "network": "Flatten, Dense(2)"})


def test_other_images_are_refused_by_their_shape():
    start = Start(model())
    with pytest.raises(
        DataError, match=r"tiny are 16 x 16 in gray, .* a model for 12 x 12 in gray"
    ):
        start.layers(some_data(side=16))


def test_a_network_that_can_not_be_given_more_outputs_is_refused():
    start = Start(model([Conv2D(2, 3), GlobalAveragePool2D()]))
    assert layers_from_text(start.layers(some_data()))
    with pytest.raises(DataError, match="ends in GlobalAveragePool2D, not in Dense"):
        start.layers(some_data(("class 0", "class 1", "class 2")))


def test_pictures_are_brought_to_the_size_of_the_model(path):
    settings = Plan.of({"data": "mine", "start_from": str(path)}).settings
    assert (settings.size, settings.fit) == ((12, 12), "resize")
    given = Plan.of({"data": "mine", "start_from": str(path), "fit": "mnist"}).settings
    assert given.fit == "mnist"


def test_resuming_from_another_start_is_another_run(path):
    from pellucid.runs.plan import told_apart
    from pellucid.runs.settings import RunSettings

    recorded = RunSettings(start_from=str(path), patience=3)
    assert told_apart(recorded, {"start_from": "other"}) == "start_from"
    assert told_apart(recorded, {"patience": 4}) == "patience"
    assert told_apart(recorded, {"start_from": str(path), "patience": 3}) is None
    assert CheckpointError
