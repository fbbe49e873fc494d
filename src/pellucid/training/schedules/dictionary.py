"""The schedules there are, by the names that checkpoints and models have for them."""

from __future__ import annotations

from typing import Any

from pellucid.training.described import from_dict
from pellucid.training.schedules.base import BaseSchedule
from pellucid.training.schedules.cosine import CosineSchedule
from pellucid.training.schedules.onecycle import OneCycleSchedule
from pellucid.training.schedules.schedule import Schedule
from pellucid.training.schedules.step import StepSchedule

__all__ = ["SCHEDULES", "schedule_from_dict"]

SCHEDULES: dict[str, type[BaseSchedule]] = {
    kind.name: kind for kind in (Schedule, CosineSchedule, OneCycleSchedule, StepSchedule)
}
"""Every schedule, by its name."""


def schedule_from_dict(values: dict[str, Any]) -> BaseSchedule:
    """Return the schedule that ``BaseSchedule.to_dict`` described.

    Values without a name are :class:`pellucid.Schedule`'s: they were written while it was the only
    one.

    Raises
    ------
    ConfigurationError
        An unknown schedule, settings it does not have, or one out of bounds.

    Examples
    --------
    >>> schedule_from_dict({"warmup": 0.3})
    Schedule(warmup=0.3, cooldown=0.0)
    """
    return from_dict("schedule", values, SCHEDULES, Schedule.name)
