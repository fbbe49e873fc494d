"""The averages there are, by the names that checkpoints and models have for them."""

from __future__ import annotations

from typing import Any

from pellucid.training.averages.base import BaseAverage
from pellucid.training.averages.exponential import ExponentialAverage
from pellucid.training.averages.mean import MeanAverage
from pellucid.training.described import from_dict

__all__ = ["AVERAGES", "average_from_dict"]

AVERAGES: dict[str, type[BaseAverage]] = {
    kind.name: kind for kind in (ExponentialAverage, MeanAverage)
}
"""Every average, by its name."""


def average_from_dict(values: dict[str, Any]) -> BaseAverage:
    """Return the average that ``BaseAverage.to_dict`` described.

    Raises
    ------
    ConfigurationError
        An unknown average, settings it does not have, or one out of bounds.

    Examples
    --------
    >>> average_from_dict({"name": "MeanAverage", "start": 0.5})
    MeanAverage(start=0.5)
    """
    return from_dict("average", values, AVERAGES)
