import dataclasses
import json

import pytest

from pellucid import (
    AdamW,
    Augmentation,
    CosineSchedule,
    ExponentialAverage,
    OneCycleSchedule,
    Preprocessing,
    Schedule,
    data,
)
from pellucid.runs.run import reference_run
from pellucid.runs.settings import RunSettings
from tests.runs.examples import (
    QUICK,
    say_nothing,
    tiny_data,
)

PHOTOS = Augmentation(
    (1, 2), mirror=0.5, border="reflect", whole_shift=True, crop=(0.5, 1), crop_aspect=(0.5, 2),
    brightness=(0.5, 1), contrast=(0.5, 1), saturation=(0.5, 1), hue=(-0.1, 0.1), erase=0.5,
    erase_area=(0.1, 0.2), erase_aspect=(0.5, 2), mixup=0.3,
)  # fmt: skip
OTHERS = RunSettings(
    data="pictures", size=(30, 40), fit="mnist", skip_bad=True, test_share=0.3, transpose=True,
    follow_links=True, images=5,
    batch_size=4, sections=3, workers=2, executor="processes", patience=3, class_weight="balanced",
    start_from="old.safetensors",
    optimizer=AdamW(0.5, 0.6, 0.7, 1e-3, weight_decay=0.2),
    clip_norm=2.0, average=ExponentialAverage(0.1, decay=0.5), validation_share=0.1,
    schedule=OneCycleSchedule(0.1, 5.0, 6.0), augmentation=PHOTOS, seed=7,
    label="digit", pixel_range=(0.0, 16.0), channels="last",
    recipe="plain", network="Flatten(), Dense(2)", epochs=2.5, time="1min",
)  # fmt: skip
ALL = [
    RunSettings(), OTHERS, dataclasses.replace(OTHERS, augmentation=None),
    RunSettings(augmentation=Augmentation.photos(64)),
]  # fmt: skip


@pytest.mark.parametrize("settings", ALL)
def test_settings_come_back_from_json(settings):
    values = json.loads(json.dumps(settings.to_dict()))
    assert RunSettings.from_dict(values | {"something": "else"}) == settings


@pytest.mark.parametrize("name", ["optimizer", "schedule", "augmentation", "size"])
def test_descriptions_that_are_none(name):
    values = RunSettings().to_dict()
    del values[name]
    with pytest.raises(KeyError, match=name):
        RunSettings.from_dict(values)
    with pytest.raises((TypeError, ValueError)):
        RunSettings.from_dict(RunSettings().to_dict() | {name: 7})


def test_without_data_it_is_mnist_or_what_is_there_instead(tmp_path, monkeypatch, no_pictures):
    asked = []

    def load(name, *, fallback, **options):
        asked.append((name, fallback))
        return tiny_data()

    monkeypatch.setattr(data, "load", load)
    reference_run(dataclasses.replace(QUICK, data=None), tmp_path / "1", say_nothing)
    reference_run(dataclasses.replace(QUICK, data="mnist"), tmp_path / "2", say_nothing)
    assert asked == [("mnist", True), ("mnist", False)]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"size": None, "preprocessing": None, "skip_bad": False, "test_share": 0.2}),
        ({"size": (12, 14)}, {"size": (12, 14), "preprocessing": None}),
        ({"fit": "mnist"}, {"size": None, "preprocessing": Preprocessing((28, 28))}),
        ({"fit": "mnist", "size": (12, 14)}, {"preprocessing": Preprocessing((12, 14))}),
        ({"skip_bad": True, "test_share": 0.5}, {"skip_bad": True, "test_share": 0.5}),
        (dict.fromkeys(["label", "channels"], "last"), {"label": "last", "channels": "last"}),
        ({"pixel_range": (0.0, 1.0)}, {"pixel_range": (0.0, 1.0), "label": None}),
        ({}, {"transpose": None, "follow_links": False}),
        ({"transpose": True, "follow_links": True}, {"transpose": True, "follow_links": True}),
    ],
)
def test_how_to_read_reaches_the_reader(monkeypatch, settings, expected):
    asked = {}
    monkeypatch.setattr(data, "load", lambda name, **options: asked.update(options))
    dataclasses.replace(QUICK, **settings).load(say_nothing)
    assert {name: asked[name] for name in expected} == expected


def test_what_older_runs_did_not_know_has_its_default():
    values = RunSettings().to_dict()
    for name in (
        "label", "pixel_range", "channels", "clip_norm", "average", "validation_share", "recipe",
        "network", "epochs", "time",
    ):  # fmt: skip
        del values[name]
    # They measured nothing, whatever their data came with.
    assert RunSettings.from_dict(values) == RunSettings(validation_share=0.0)


def test_what_older_runs_did_not_name_was_adam_and_the_schedule():
    values = RunSettings().to_dict()
    del values["optimizer"]["name"], values["schedule"]["name"]
    assert RunSettings.from_dict(values) == RunSettings()


def test_any_schedule_comes_back():
    settings = RunSettings(schedule=CosineSchedule(0.2), optimizer=AdamW(0.5))
    assert RunSettings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


def test_settings_are_json_ready():
    settings = RunSettings(workers=2, schedule=Schedule(0.1, 0.2), augmentation=Augmentation())
    values = json.loads(json.dumps(settings.to_dict()))
    assert values["schedule"] == {"name": "Schedule", "warmup": 0.1, "cooldown": 0.2}
    assert values["augmentation"]["shift"] == [-2, 2]
    assert RunSettings(augmentation=None).to_dict()["augmentation"] is None
