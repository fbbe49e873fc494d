import dataclasses
from typing import get_args

import pytest

from pellucid import Augmentation
from pellucid.errors import ConfigurationError
from pellucid.recipes.options import KINDS
from pellucid.runs.options import DEFAULTS, OPTIONS, TYPES, from_options, to_options
from pellucid.runs.settings import RunSettings
from tests.runs.test_settings import ALL, OTHERS

NAMES = [option.name for option in OPTIONS]


@pytest.mark.parametrize("settings", ALL)
def test_settings_come_back_from_options(settings):
    options = to_options(settings)
    assert from_options(options) == settings
    assert options["learning_rate"] == settings.optimizer.learning_rate
    assert options["average"] in KINDS["average"]
    assert (options["randomize"] == "none") == (settings.augmentation is None)
    assert not any(isinstance(value, dict) for value in options.values())


def test_no_setting_is_forgotten():
    first, second = to_options(RunSettings()), to_options(OTHERS)
    same = {name for name in first if first[name] == second[name]}
    # Those of kinds that neither has, and of randomizing.
    assert same == {
        "momentum", "nesterov", "final_factor", "step_size", "gamma",
        "rotation", "shift", "noise_probability", "noise", "randomize",
    }  # fmt: skip


def test_every_setting_is_described_once():
    assert len(set(NAMES)) == len(NAMES)
    assert set(NAMES) == set(DEFAULTS) == set(TYPES)
    spelled = {"decay": "average_decay", "start": "average_start", "final": "final_factor"}
    fields = {field.name for field in dataclasses.fields(RunSettings)} - {"augmentation"}
    kinds = [kind for part in KINDS.values() for kind in part.values() if kind is not None]
    for kind in (*kinds, Augmentation):
        fields |= {spelled.get(field.name, field.name) for field in dataclasses.fields(kind)}
    assert fields | {"randomize"} == set(NAMES)


@pytest.mark.parametrize("part", KINDS)
def test_every_kind_comes_back_from_options(part):
    for word, kind in KINDS[part].items():
        settings = from_options(DEFAULTS | {part: word})
        assert type(getattr(settings, part)) is (type(None) if kind is None else kind)
        options = to_options(settings)
        assert options[part] == word
        assert from_options(options) == settings


def test_a_setting_of_another_kind_is_refused():
    message = r"^gamma is 0\.5, but schedule is linear, which has none; leave it out, or give sched"
    with pytest.raises(ConfigurationError, match=message):
        from_options(DEFAULTS | {"gamma": 0.5})
    with pytest.raises(ConfigurationError, match=r"^average_decay is 5; it must be at least 0 and"):
        from_options(DEFAULTS | {"average": "exponential", "average_decay": 5})


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
