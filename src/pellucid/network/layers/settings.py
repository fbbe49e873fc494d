"""Checks of a layer's settings.

Each returns the value as it is stored, or says what is wrong with it.
"""

from __future__ import annotations

import math
from dataclasses import field
from typing import Any

from pellucid.arguments import is_number, is_whole
from pellucid.errors import NetworkError, did_you_mean
from pellucid.network.initial import INITS
from pellucid.network.layers.layer import Pair

__all__ = [
    "always_said",
    "as_pair",
    "as_written",
    "bias_start",
    "need_image",
    "positive_number",
    "set_field",
    "set_start",
    "starting",
    "whole_count",
    "whole_pair",
]


MOST = 2**31 - 1
"""What is larger is no size, and kernels count in 64 bits."""


def starting(default: Any) -> Any:
    """Return the default of a setting that says how parameters start, and is no part of a name.

    But where it says None, there are no such parameters, and the name says so.
    """
    return field(default=default, metadata={"starts": True})


def always_said(default: Any) -> Any:
    """Return the default of a setting that a layer's name says even where it is the default."""
    return field(default=default, metadata={"said": True})


def set_field(layer: object, name: str, value: object) -> None:
    """Set a field of a frozen layer, which only its own ``__post_init__`` may do."""
    object.__setattr__(layer, name, value)


def as_pair(value: Pair | int) -> Pair:
    """Return ``(height, width)``, of which a single number is both.

    Examples
    --------
    >>> as_pair(3), as_pair((3, 5))
    ((3, 3), (3, 5))
    """
    return (value, value) if isinstance(value, int) else value


def as_written(value: Pair | int) -> str:
    """Return a pair as a person would write it.

    Examples
    --------
    >>> as_written((3, 3)), as_written((3, 5))
    ('3', '(3, 5)')
    """
    first, second = as_pair(value)
    return str(first if first == second else (first, second))


def whole_pair(layer: object, name: str, value: Any, *, least: int) -> Pair:
    """Return a setting as a pair of whole numbers of at least ``least``; raise NetworkError."""
    both = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(both) != 2 or not all(is_whole(v) and v >= least for v in both):
        raise NetworkError(
            f"{type(layer).__name__} {name} is {value!r}; it must be a whole number of at least "
            f"{least}, or a pair of them (height, width)."
        )
    _refuse_more(layer, name, value, max(both))
    return int(both[0]), int(both[1])


def _refuse_more(layer: object, name: str, value: Any, largest: int) -> None:
    if largest > MOST:
        raise NetworkError(
            f"{type(layer).__name__} {name} is {value!r:.80}; it must be at most {MOST:,}."
        )


def whole_count(layer: object, name: str, value: Any) -> int:
    """Return a setting as a whole number of at least 1; raise NetworkError."""
    if not is_whole(value) or value < 1:
        raise NetworkError(
            f"{type(layer).__name__} {name} is {value!r}; it must be a whole number of at least 1."
        )
    _refuse_more(layer, name, value, value)
    return int(value)


def bias_start(layer: object, value: Any) -> float | None:
    """Return what biases start as, or None where there are none; raise NetworkError.

    False is None, and True is 0, as elsewhere; False is kept as None, for it equals 0.
    """
    if value is None or value is False or value is True:
        return 0.0 if value else None
    if not is_number(value) or not -math.inf < value < math.inf:
        raise NetworkError(
            f"{type(layer).__name__} bias is {value!r}; it must be a finite number, which biases "
            "start as, or False for none."
        )
    return float(value)


def set_start(layer: Any, name: str, default: float) -> None:
    """Set ``init`` and the setting that only the seed's start has: one of both says the other.

    Raises
    ------
    NetworkError
        A name that is none, or both are given and say different things.
    """
    kind, init, value = type(layer).__name__, layer.init, getattr(layer, name)
    if not isinstance(init, str) or init not in INITS:
        raise NetworkError(
            f"{kind} init is {init!r}; it must be one of {', '.join(map(repr, INITS))}."
            f"{did_you_mean(str(init), INITS)}"
        )
    if value is not None:
        set_field(layer, name, positive_number(layer, name, value))
        if init not in ("auto", "seed"):
            raise NetworkError(
                f"{kind} has {name}={value!r} and init={init!r}, which say different things; "
                "leave one of them out."
            )
        set_field(layer, "init", "seed")
    elif init == "seed":
        set_field(layer, name, default)


def positive_number(layer: object, name: str, value: Any) -> float:
    """Return a setting as a finite number above 0; raise NetworkError."""
    if not is_number(value) or not 0 < value < math.inf:
        raise NetworkError(
            f"{type(layer).__name__} {name} is {value!r}; it must be a finite number above 0."
        )
    return float(value)


def need_image(layer: object, input_shape: tuple[int, ...]) -> None:
    """Raise NetworkError where the input of one image is flat."""
    if len(input_shape) != 3:
        raise NetworkError(
            f"{layer} needs an image (channels, height, width), but its input is flat, "
            f"{input_shape}; put it before Flatten() or a global pool."
        )
