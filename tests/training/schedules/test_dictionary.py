import json

import pytest

from pellucid import Schedule
from pellucid.errors import ConfigurationError
from pellucid.training.schedules.dictionary import SCHEDULES, schedule_from_dict


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_comes_back(name):
    schedule = SCHEDULES[name](warmup=0.25)
    assert schedule.name == name
    assert schedule_from_dict(json.loads(json.dumps(schedule.to_dict()))) == schedule


def test_without_a_name_it_is_the_one_that_there_was():
    assert schedule_from_dict({"warmup": 0.5, "cooldown": 0.25}) == Schedule(0.5, 0.25)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "Cosine"}, r"^Unknown schedule 'Cosine'; known: Schedule, CosineSchedule, OneC"),
        ({"cooldwn": 0.5}, r"^Schedule has no setting 'cooldwn'\. Did you mean 'cooldown'\?$"),
        ({"warmup": 2}, r"^warmup is 2; "),
        (None, r"^A schedule is described by a dictionary, not None\.$"),
    ],
)
def test_what_is_none_is_refused(values, message):
    with pytest.raises(ConfigurationError, match=message):
        schedule_from_dict(values)
