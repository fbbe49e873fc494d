import dataclasses
import json

import pytest

from pellucid import Adam, Augmentation, Schedule
from pellucid.runs.settings import RunSettings

OTHERS = RunSettings(
    data="pictures", size=(30, 40), fit="mnist", skip_bad=True, test_share=0.3, images=5,
    batch_size=4, sections=3, workers=2, executor="processes", optimizer=Adam(0.5, 0.6, 0.7, 1e-3),
    schedule=Schedule(0.1, 0.9), augmentation=Augmentation((1, 2)), seed=7,
)  # fmt: skip
ALL = [RunSettings(), OTHERS, dataclasses.replace(OTHERS, augmentation=None)]


@pytest.mark.parametrize("settings", ALL)
def test_settings_come_back_from_json(settings):
    values = json.loads(json.dumps(settings.to_dict()))
    assert RunSettings.from_dict(values | {"something": "else"}) == settings


@pytest.mark.parametrize("settings", ALL)
def test_settings_come_back_from_options(settings):
    options = settings.to_options()
    assert RunSettings.from_options(options) == settings
    assert options["learning_rate"] == settings.optimizer.learning_rate
    assert options["randomize"] == (settings.augmentation is not None)
    assert not any(isinstance(value, dict) for value in options.values())


def test_no_setting_is_forgotten():
    first, second = RunSettings().to_options(), OTHERS.to_options()
    same = [name for name in first if first[name] == second[name]]
    assert same == ["rotation", "shift", "noise_probability", "noise", "randomize"]


@pytest.mark.parametrize("name", ["optimizer", "schedule", "augmentation", "size"])
def test_descriptions_that_are_none(name):
    values = RunSettings().to_dict()
    del values[name]
    with pytest.raises(KeyError, match=name):
        RunSettings.from_dict(values)
    with pytest.raises((TypeError, ValueError)):
        RunSettings.from_dict(RunSettings().to_dict() | {name: 7})
