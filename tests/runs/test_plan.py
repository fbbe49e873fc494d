import dataclasses

import pytest

from pellucid import (
    SGD,
    AdamW,
    Augmentation,
    CosineSchedule,
    Flatten,
    Schedule,
    data,
    fingerprint,
    load_model,
    presets,
)
from pellucid.errors import ConfigurationError, NetworkError
from pellucid.network.layers import Dense
from pellucid.recipes.sizes import passes_for
from pellucid.runs.plan import Plan, default_recipe, network_of, told_apart
from pellucid.runs.run import reference_run, resumed_settings
from pellucid.runs.settings import RunSettings
from pellucid.runs.verification import verify_run
from pellucid.training import Checkpoints
from tests.recipes.test_looks import pieces
from tests.runs.examples import DIGITS, say_nothing, use_data


def photos(count=30):
    images, labels = pieces(count)
    return data.Dataset(
        "photos", images, labels, images[::3], labels[::3], ("temple", "flower"), "made here"
    )


def completed(dataset=None, **options):
    return Plan.of({"data": "mine", **options}).completed(dataset or photos(), say_nothing)


def test_without_data_of_ones_own_it_is_the_reference_run():
    assert Plan.of({}).settled() == RunSettings()
    assert Plan.of({"data": "mnist", "images": 7}).settled() == RunSettings(data="mnist", images=7)
    assert Plan.of({"data": "mine", "recipe": "reference"}).settled() == RunSettings(data="mine")
    assert default_recipe("mnist+mine") == "auto"


def test_other_data_wait_for_their_images():
    plan = Plan.of({"data": "mine", "seed": 3})
    assert plan.settled() is plan
    assert (plan.settings.data, plan.settings.seed) == ("mine", 3)


def test_photographs_get_what_suits_them_and_it_is_said():
    said = []
    made = Plan.of({"data": "mine"}).completed(photos(300), said.append)
    assert isinstance(made.optimizer, SGD)
    assert made.augmentation == Augmentation.photos(32)
    assert network_of(made, (3, 32, 32), 2) == presets.residual((3, 32, 32), 2)
    assert made.images == 600 * passes_for(600)
    assert said[0] == "The images are photographs, so the recipe is residual."


def test_what_is_given_goes_before_the_recipe():
    made = completed(
        epochs=2.0, optimizer="adamw", learning_rate=0.1, schedule="cosine", mirror=0.0,
        network="Flatten, Dense(2)", batch_size=20,
    )  # fmt: skip
    assert (made.images, made.batch_size) == (120, 20)
    assert (made.optimizer, made.schedule) == (AdamW(0.1), CosineSchedule())
    assert made.augmentation.mirror == 0
    assert network_of(made, (3, 32, 32), 2).layers == (Flatten(), Dense(2))


def test_all_of_it_is_recorded():
    made = completed(epochs=2.0, time=None)
    assert RunSettings.from_dict(made.to_dict()) == made


def test_a_recipe_in_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("recipe = 'plain'\nepochs = 3\nbatch_size = 10\n")
    assert completed(recipe=str(path)).images == 180
    assert completed(recipe=str(path), images=50).images == 50
    assert completed(recipe=str(path), batch_size=30).batch_size == 30


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"recipe": "resnet"}, ConfigurationError, "^recipe is 'resnet'"),
        ({"network": "Conv(3)"}, NetworkError, "is no layer"),
        ({"epochs": -1.0}, ConfigurationError, "^epochs is -1"),
        ({"epochs": 1.0, "images": 5}, ConfigurationError, "leave one out"),
        ({"gamma": 0.5}, ConfigurationError, "^gamma is 0.5, but schedule is linear"),
        ({"learning_rate": -3.0}, ConfigurationError, "^learning_rate is -3"),
        ({"time": "soon"}, ConfigurationError, "^time is 'soon'"),
        ({"time": "1min", "epochs": 2.0}, ConfigurationError, "leave one out"),
    ],
)
def test_what_suits_no_images_is_refused_before_they_are_read(options, kind, message):
    with pytest.raises(kind, match=message):
        Plan.of({"data": "mine", **options})


def test_what_a_recipe_may_have_is_not_refused():
    assert completed(momentum=0.5).optimizer.momentum == 0.5
    with pytest.raises(ConfigurationError, match=r"momentum is 0\.5, but optimizer is adam"):
        completed(dataset=DIGITS(), momentum=0.5)


def test_a_run_of_a_plan_can_be_resumed_and_verified(tmp_path, monkeypatch, no_pictures):
    use_data(monkeypatch, photos())
    plan = Plan.of({"data": "mine", "epochs": 1.0, "batch_size": 20, "workers": 1})
    every = Checkpoints("", every_updates=1)
    metrics = reference_run(plan, tmp_path / "run", say_nothing, checkpoints=every)
    assert (metrics.recipe, metrics.updates, metrics.parameters) == ("auto", 3, 103_434)
    recorded = resumed_settings(tmp_path / "run")
    assert recorded.network.startswith("Conv2D(8, 3, padding='same', bias=False)")
    assert verify_run(tmp_path / "run", say_nothing).same
    again = reference_run(
        recorded, tmp_path / "run", say_nothing, checkpoints=every, resume=True
    )  # fmt: skip
    assert again.fingerprint == metrics.fingerprint


def test_time_becomes_a_number_of_images_that_is_recorded(tmp_path, monkeypatch, no_pictures):
    use_data(monkeypatch, photos())
    network = "Conv2D(2, 3), GlobalAveragePool2D, Dense(2)"
    plan = Plan.of({"data": "mine", "time": "0.2s", "network": network, "batch_size": 20})
    said = []
    metrics = reference_run(plan, tmp_path / "run", said.append)
    (line,) = (line for line in said if line.startswith("Within 0.2s this machine"))
    assert f"--images {metrics.images} gives" in line
    same = Plan.of({"data": "mine", "images": metrics.images, "network": network, "batch_size": 20})
    assert reference_run(same, tmp_path / "2", say_nothing).fingerprint == metrics.fingerprint


def test_what_else_would_be_another_run():
    recorded = dataclasses.replace(RunSettings(), recipe="auto", network="ReLU()", epochs=2.0)
    assert told_apart(recorded, {"recipe": "auto", "network": "ReLU", "epochs": 2.0}) is None
    assert told_apart(recorded, {"network": "Tanh"}) == "network"
    assert told_apart(recorded, {"epochs": 3.0}) == "epochs"


def test_patience_lets_the_rate_stay_level_and_holds_back(tmp_path, monkeypatch, no_pictures):
    use_data(monkeypatch, DIGITS())
    made = Plan.of({"data": "mine", "patience": 2, "epochs": 20.0})
    settings = made.completed(DIGITS(), say_nothing)
    assert settings.schedule == Schedule(warmup=0.05, cooldown=0.1)
    given = Plan.of({"data": "mine", "patience": 2, "schedule": "cosine"})
    assert given.completed(DIGITS(), say_nothing).schedule == CosineSchedule()
    said = []
    plan = Plan.of(
        {"data": "mine", "patience": 2, "epochs": 60.0, "learning_rate": 0.02,
         "network": "Flatten, Dense(10)"}
    )  # fmt: skip
    metrics = reference_run(plan, tmp_path, said.append, checkpoints=Checkpoints(""))
    assert any(line.startswith("Training ended early, after update ") for line in said), said
    assert metrics.images < 60 * len(DIGITS().train_images) * 0.9
    model = load_model(tmp_path / "model.safetensors")
    assert metrics.fingerprint == fingerprint(model)
    assert verify_run(tmp_path, say_nothing).same
    assert resumed_settings(tmp_path).patience == 2


def test_patience_needs_images_to_go_by():
    plan = Plan.of({"data": "mine", "patience": 2, "validation_share": 0.0})
    with pytest.raises(ConfigurationError, match="validation_share is 0, so there would be"):
        reference_run(plan, "unused", say_nothing)
