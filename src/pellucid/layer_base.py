"""What every layer offers, and the checks of its settings.

Each check returns the value as it is stored, or says what is wrong with it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from pellucid.arguments import is_number, is_whole
from pellucid.errors import NetworkError

__all__ = [
    "Layer",
    "Pair",
    "Shape",
    "as_pair",
    "finite_number",
    "need_image",
    "positive_number",
    "set_field",
    "whole_count",
    "whole_pair",
]

Shape = tuple[int, ...]
Pair = tuple[int, int]


@dataclass(frozen=True)
class Layer:
    """What every layer description offers; not a layer itself."""

    parameter_names: ClassVar[tuple[str, ...]] = ()
    """The letters of the parameters in the equations: ``("f", "b")`` or ``("w", "b")``."""

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape that one image has after the layer.

        Parameters
        ----------
        input_shape : tuple of int
            ``(channels, height, width)``, or ``(features,)`` after Flatten.

        Returns
        -------
        tuple of int

        Raises
        ------
        NetworkError
            The input does not suit the layer; the message says what to change.
        """
        raise NotImplementedError

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shape of each parameter, by its letter, in the order they are stored.

        Parameters
        ----------
        input_shape : tuple of int
            As in :meth:`output_shape`.

        Returns
        -------
        dict of str to tuple of int
            Empty where there is nothing to learn.
        """
        return {}

    def initial_std(self, name: str, shape: Shape) -> float:
        """Return the standard deviation that a parameter is drawn with at the start.

        Parameters
        ----------
        name : str
            Its letter.
        shape : tuple of int
            Its shape, from :meth:`parameter_shapes`.

        Returns
        -------
        float
            0.0 where it is not drawn at random.
        """
        return 0.0

    def initial_mean(self, name: str) -> float:
        """Return what a parameter is drawn around at the start.

        Parameters
        ----------
        name : str
            Its letter.

        Returns
        -------
        float
        """
        return 0.0


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


def whole_pair(layer: object, name: str, value: Any, *, least: int) -> Pair:
    """Return a setting as a pair of whole numbers of at least ``least``; raise NetworkError."""
    both = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(both) != 2 or not all(is_whole(v) and v >= least for v in both):
        raise NetworkError(
            f"{type(layer).__name__} {name} is {value!r}; it must be a whole number of at least "
            f"{least}, or a pair of them (height, width)."
        )
    return int(both[0]), int(both[1])


def whole_count(layer: object, name: str, value: Any) -> int:
    """Return a setting as a whole number of at least 1; raise NetworkError."""
    if not is_whole(value) or value < 1:
        raise NetworkError(
            f"{type(layer).__name__} {name} is {value!r}; it must be a whole number of at least 1."
        )
    return int(value)


def finite_number(layer: object, name: str, value: Any) -> float:
    """Return a setting as a finite number; raise NetworkError."""
    if not is_number(value) or not -math.inf < value < math.inf:
        raise NetworkError(
            f"{type(layer).__name__} {name} is {value!r}; it must be a finite number."
        )
    return float(value)


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
            f"{input_shape}; put it before Flatten()."
        )
