import dataclasses
from typing import get_args

import pytest

from pellucid import Adam, Augmentation, Schedule
from pellucid.runs.options import DEFAULTS, OPTIONS, TYPES, from_options, to_options
from pellucid.runs.settings import RunSettings
from tests.runs.test_settings import ALL, OTHERS

NAMES = [option.name for option in OPTIONS]


@pytest.mark.parametrize("settings", ALL)
def test_settings_come_back_from_options(settings):
    options = to_options(settings)
    assert from_options(options) == settings
    assert options["learning_rate"] == settings.optimizer.learning_rate
    assert options["randomize"] == (settings.augmentation is not None)
    assert not any(isinstance(value, dict) for value in options.values())


def test_no_setting_is_forgotten():
    first, second = to_options(RunSettings()), to_options(OTHERS)
    same = [name for name in first if first[name] == second[name]]
    assert same == ["rotation", "shift", "noise_probability", "noise", "randomize"]


def test_every_setting_is_described_once():
    assert len(set(NAMES)) == len(NAMES)
    assert set(NAMES) == set(DEFAULTS) == set(TYPES)
    parts = {"optimizer": Adam, "schedule": Schedule, "augmentation": Augmentation}
    fields = {field.name for field in dataclasses.fields(RunSettings)} - set(parts)
    for part in parts.values():
        fields |= {field.name for field in dataclasses.fields(part)}
    assert fields | {"randomize"} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_types_are_those_of_the_defaults(name):
    default, kind = DEFAULTS[name], TYPES[name]
    if default is None:
        assert type(None) in get_args(kind)
    elif isinstance(default, str | tuple):
        assert get_args(kind) or kind is str
    else:
        assert kind is type(default)


@pytest.mark.parametrize("option", OPTIONS, ids=NAMES)
def test_every_description_is_a_sentence(option):
    assert option.help[0].isupper()
    assert option.help.endswith(".")
    assert option.panel in ("Data", "Training", "Randomizing")
