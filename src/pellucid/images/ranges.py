"""What refuses a setting of :class:`pellucid.Augmentation`, or returns it as it is kept."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, get_args

from pellucid.arguments import flag, is_number
from pellucid.equations.randomize import Border
from pellucid.errors import ConfigurationError
from pellucid.images.drawing import Range

__all__ = ["BORDERS", "CHECKS"]

BORDERS: tuple[Border, ...] = get_args(Border)
"""What lies outside an image, in the order in which the kernel counts."""

_LEAST_ALPHA = 0.05
"""Below, shares are 0 or 1 for all that float32 can tell."""

_LARGEST = 1e6
"""What no factor, angle, shift or noise needs, and sums of products still are numbers with."""


def _range(name: str, value: Any) -> Range:
    try:
        low, high = (float(v) for v in value)
    except (TypeError, ValueError):
        low, high = math.nan, math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ConfigurationError(
            f"{name} is {value!r}; it must be two numbers, the lower first, for example "
            "(0.9, 1.1).",
            argument=name,
        )
    if max(abs(low), abs(high)) > _LARGEST:
        raise ConfigurationError(
            f"{name} is {value!r}; its numbers must lie between {-_LARGEST:,.0f} and "
            f"{_LARGEST:,.0f}.",
            argument=name,
        )
    return low, high


def _factor(name: str, value: Any) -> Range:
    low, high = _range(name, value)
    if low <= 0:
        raise ConfigurationError(
            f"{name} is {(low, high)}; a factor must be above 0, for example (0.9, 1.1).",
            argument=name,
        )
    return low, high


def _probabilities(name: str, value: Any) -> Range:
    low, high = _range(name, value)
    if low < 0 or high > 1:
        raise ConfigurationError(
            f"{name} is {(low, high)}; probabilities are from 0 to 1.", argument=name
        )
    return low, high


def _area(name: str, value: Any) -> Range:
    low, high = _range(name, value)
    if low <= 0 or high > 1:
        raise ConfigurationError(
            f"{name} is {(low, high)}; a share of the area is above 0 and at most 1, for example "
            "(0.5, 1).",
            argument=name,
        )
    return low, high


def _color_factor(name: str, value: Any) -> Range:
    low, high = _range(name, value)
    if low < 0:
        raise ConfigurationError(
            f"{name} is {(low, high)}; a factor of colors is at least 0, for example (0.8, 1.2).",
            argument=name,
        )
    return low, high


def _turns(name: str, value: Any) -> Range:
    low, high = _range(name, value)
    if low < -0.5 or high > 0.5:
        raise ConfigurationError(
            f"{name} is {(low, high)}; half a turn is -0.5 or 0.5, and no more is needed; a little "
            "is (-0.05, 0.05).",
            argument=name,
        )
    return low, high


def _probability(name: str, value: Any) -> float:
    if not is_number(value) or not 0 <= value <= 1:
        raise ConfigurationError(
            f"{name} is {value!r}; it must be a probability from 0 to 1, for example 0.5.",
            argument=name,
        )
    return float(value)


def _alpha(name: str, value: Any) -> float:
    if not is_number(value) or not (value == 0 or _LEAST_ALPHA <= value <= _LARGEST):
        raise ConfigurationError(
            f"{name} is {value!r}; it must be from {_LEAST_ALPHA:g} to {_LARGEST:,.0f}, for "
            "example 0.2, or 0 for none.",
            argument=name,
        )
    return float(value)


def _border(name: str, value: Any) -> Border:
    for border in BORDERS:
        if isinstance(value, str) and value == border:
            return border
    raise ConfigurationError(
        f"{name} is {value!r}; it must be 'zeros', 'repeat' or 'reflect'.", argument=name
    )


CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "scale": _factor,
    "rotation": _range,
    "shift": _range,
    "noise_probability": _probabilities,
    "noise": _range,
    "mirror": _probability,
    "border": _border,
    "whole_shift": flag,
    "crop": _area,
    "crop_aspect": _factor,
    "brightness": _color_factor,
    "contrast": _color_factor,
    "saturation": _color_factor,
    "hue": _turns,
    "erase": _probability,
    "erase_area": _area,
    "erase_aspect": _factor,
    "mixup": _alpha,
}
"""The check of every field, which returns the value as it is kept."""
