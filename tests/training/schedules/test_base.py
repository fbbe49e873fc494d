import pytest

from pellucid import Schedule
from pellucid.errors import ConfigurationError
from pellucid.training.schedules.base import BaseSchedule, rising


def test_a_schedule_without_a_formula_is_none():
    with pytest.raises(TypeError, match="abstract"):
        BaseSchedule()


def test_a_part_of_an_update_is_one():
    assert [rising(share, 10) for share in (0, 0.01, 0.1, 0.11, 1)] == [0, 1, 1, 2, 10]


def test_settings_are_numbers():
    with pytest.raises(ConfigurationError, match=r"^warmup is '0\.5'; it must be a number\.$"):
        Schedule(warmup="0.5")
