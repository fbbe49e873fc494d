import dataclasses

import pytest

from pellucid import (
    SGD,
    Adam,
    AdamW,
    Augmentation,
    BatchNorm2D,
    Conv2D,
    CosineSchedule,
    Dense,
    Flatten,
    MeanAverage,
    Schedule,
)
from pellucid.errors import ConfigurationError, NetworkError
from pellucid.recipes import Brief, changed, named
from pellucid.recipes.options import KINDS, part_from_options, part_to_options
from pellucid.training.averages.dictionary import AVERAGES
from pellucid.training.optimizers.dictionary import OPTIMIZERS
from pellucid.training.schedules.dictionary import SCHEDULES

BRIEF = Brief((3, 32, 32), 5, 1000, "photos", is_mirrored_alike=True)
PLAIN = named("plain", BRIEF)


def test_every_kind_there_is_can_be_chosen():
    for part, known in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES), ("average", AVERAGES)):
        assert set(KINDS[part].values()) - {None} == set(known.values())


@pytest.mark.parametrize("value", [Adam(0.1, eps=1e-3), AdamW(0.2), SGD(0.3, momentum=0.5)])
def test_a_part_comes_back_from_its_options(value):
    options = part_to_options("optimizer", value)
    assert part_from_options("optimizer", options) == value


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {}),
        ({"epochs": 2.5}, {"images": 2500}),
        ({"images": 7}, {"images": 7}),
        ({"batch_size": 4}, {"batch_size": 4, "sections": 4}),
        ({"batch_size": 64, "sections": 3}, {"batch_size": 64, "sections": 3}),
        ({"learning_rate": 0.1}, {"optimizer": Adam(0.1, eps=1e-8)}),
        ({"optimizer": "sgd"}, {"optimizer": SGD()}),
        ({"optimizer": "sgd", "momentum": 0.9}, {"optimizer": SGD(momentum=0.9)}),
        ({"cooldown": 0.2}, {"schedule": Schedule(0.1, 0.2)}),
        ({"schedule": "cosine"}, {"schedule": CosineSchedule()}),
        ({"average": "mean"}, {"average": MeanAverage()}),
        ({"clip_norm": 2.0}, {"clip_norm": 2.0}),
        ({"randomize": "none"}, {"augmentation": None}),
        ({"mirror": 0.0}, {"augmentation": dataclasses.replace(PLAIN.augmentation, mirror=0.0)}),
        ({"label": "digit", "seed": 3}, {}),
    ],
)
def test_what_is_given_goes_before_the_recipe(given, expected):
    assert changed(PLAIN, given, BRIEF) == dataclasses.replace(PLAIN, **expected)


def test_the_reference_run_s_learning_rate_holds_for_any_optimizer():
    reference = named("reference", BRIEF)
    made = changed(reference, {"optimizer": "sgd", "schedule": "cosine"}, BRIEF)
    assert (made.optimizer, made.schedule) == (SGD(0.05), CosineSchedule(0.3))


def test_randomizing_where_the_recipe_does_not():
    still = dataclasses.replace(PLAIN, augmentation=None)
    turned = changed(still, {"rotation": (-5.0, 5.0)}, BRIEF).augmentation
    assert turned == Augmentation(
        scale=(1, 1), rotation=(-5, 5), shift=(0, 0), noise_probability=(0, 0)
    )
    assert changed(still, {"randomize": "digits"}, BRIEF).augmentation == Augmentation()


def test_a_network_of_ones_own():
    open_ended = changed(PLAIN, {"network": "Conv2D(4, 3), ReLU, Flatten"}, BRIEF).network
    assert open_ended.layers[-1] == Dense(5)
    assert open_ended.input_shape == (3, 32, 32)
    closed = changed(PLAIN, {"network": "Flatten, Dense(5)"}, BRIEF)
    assert closed.network.layers == (Flatten(), Dense(5))
    text = "Conv2D(4, 3), BatchNorm2D, GlobalAveragePool2D"
    assert changed(PLAIN, {"network": text}, BRIEF).network.layers[:2] == (
        Conv2D(4, 3), BatchNorm2D(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ({"epochs": 2, "images": 9}, ConfigurationError, "^epochs is 2 and images is 9, and"),
        ({"epochs": 0.0}, ConfigurationError, r"^epochs is 0\.0; it must be a number of passes"),
        ({"network": "Flatten, Dense(7)"}, ConfigurationError, r"^network ends in .*Dense\(5\)"),
        ({"network": "Conv(4)"}, NetworkError, "'Conv2D'"),
        ({"gamma": 0.5}, ConfigurationError, r"^gamma is 0\.5, but schedule is linear"),
        ({"average_decay": 0.5}, ConfigurationError, "but average is none"),
        ({"learning_rate": -1.0}, ConfigurationError, "^learning_rate is -1"),
    ],
)
def test_what_can_not_be(given, kind, message):
    with pytest.raises(kind, match=message):
        changed(PLAIN, given, BRIEF)
