"""The small pieces that C is written of: numbers, sums, tables of weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pellucid.export.description import Step

__all__ = ["Body", "Make", "indented", "number", "size", "table", "terms", "times"]


@dataclass(frozen=True)
class Body:
    """What the function of a layer does.

    Attributes
    ----------
    equation : str
        In words of C.
    template : str
        Its statements; ``$name`` is a number, ``$f`` the name of an array of weights.
    values : dict
        The numbers.
    arrays : dict
        Weights that lie in another order than the step has them.
    before : str
        Functions that it calls, a template too; ``${self}`` is its own name.
    local : int
        How many floats, about, its own arrays take.
    """

    equation: str
    template: str
    values: dict[str, object] = field(default_factory=dict)
    arrays: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    before: str = ""
    local: int = 0


Make = Callable[[Step], Body]
"""Writes a layer."""


def number(value: float) -> str:
    """Return a float32 as a constant of C, to the last bit.

    Examples
    --------
    >>> number(0.1), number(1.0), number(1e-8)
    ('0.1f', '1.0f', '1e-08f')
    """
    text = str(np.float32(value))
    return f"{text}f" if any(mark in text for mark in ".e") else f"{text}.0f"


def size(shape: tuple[int, ...]) -> str:
    """Return a shape as a comment has it."""
    return " x ".join(map(str, shape))


def table(name: str, array: NDArray[np.float32]) -> str:
    """Return weights as a constant of C."""
    values = [number(value) for value in array.ravel().tolist()]
    lines = [", ".join(values[k : k + 8]) for k in range(0, len(values), 8)]
    size = " * ".join(map(str, array.shape))
    return f"static const float {name}[{size}] = {{\n    " + ",\n    ".join(lines) + "\n};\n"


def times(name: str, factor: int) -> str:
    """Return a product as C has it."""
    return name if factor == 1 else f"{name} * {factor}"


def terms(*terms: str | int) -> str:
    """Return a sum as C has it, zeros left out."""
    text = " + ".join(str(term) for term in terms if term != 0)
    return text.replace("+ -", "- ") or "0"


def indented(text: str, spaces: int) -> str:
    """Return lines of C moved to the right."""
    return "".join(f"{' ' * spaces}{line}\n" for line in text.removesuffix("\n").split("\n"))
