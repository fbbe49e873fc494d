"""A layer and a network as a person would write them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from pellucid.network.layers import Layer, Residual, Shape

__all__ = ["describe", "summary"]


def describe(layer: Layer) -> str:
    """Return a layer as a person would write it: no defaults, and not how its parameters start.

    But that it has no bias is said.

    Examples
    --------
    >>> from pellucid import Conv2D
    >>> describe(Conv2D(5, 5, padding="same", scale=2.0))
    "Conv2D(5, 5, padding='same')"
    """
    arguments = []
    for setting in dataclasses.fields(layer):
        text = _written(getattr(layer, setting.name))
        if setting.default is dataclasses.MISSING or "said" in setting.metadata:
            arguments.append(text)
        elif "starts" in setting.metadata:
            is_left_out = setting.default is not None and getattr(layer, setting.name) is None
            arguments += [f"{setting.name}=False"] if is_left_out else []
        elif not _goes_without_saying(layer, setting.name):
            arguments.append(f"{setting.name}={text}")
    return f"{type(layer).__name__}({', '.join(arguments)})"


def _written(value: Any) -> str:
    if isinstance(value, tuple) and value and isinstance(value[0], Layer):
        return f"[{', '.join(map(describe, value))}]"
    is_square = isinstance(value, tuple) and len(value) == 2 and value[0] == value[1]
    return repr(value[0] if is_square else value)


def _goes_without_saying(layer: Layer, name: str) -> bool:
    """Return whether the layer is the same without a setting."""
    others = {f.name: getattr(layer, f.name) for f in dataclasses.fields(layer) if f.name != name}
    return type(layer)(**others) == layer


def summary(layers: Sequence[Layer], shapes: Sequence[Shape], sizes: Sequence[int]) -> str:
    """Return the table of layers, shapes and parameter counts as text.

    ``shapes`` are those of a network's values, ``sizes`` the numbers of its nodes' parameters.
    """
    given = iter(zip(shapes[1:], sizes, strict=True))
    rows = [("input", shapes[0], 0), *_rows(layers, given, "")]
    cells = [
        (name, " x ".join(map(str, shape)), f"{size:,}" if size else "-")
        for name, shape, size in rows
    ]
    total = ("total", "", f"{sum(sizes):,}")
    cells = [("layer", "output shape", "parameters"), *cells, total]
    first, second, third = (max(len(row[i]) for row in cells) for i in range(3))
    lines = [f"{a:<{first}}  {b:<{second}}  {c:>{third}}" for a, b, c in cells]
    rule = "-" * len(lines[0])
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def _rows(
    layers: Sequence[Layer], given: Iterator[tuple[Shape, int]], indent: str
) -> Iterator[tuple[str, Shape, int]]:
    """Give each layer's name, output shape and number of parameters, in the order of the nodes."""
    for layer in layers:
        if isinstance(layer, Residual):
            inner = [
                *_rows(layer.layers, given, f"{indent}  "),
                *_rows(layer.shortcut or (), given, f"{indent}  shortcut: "),
            ]
            yield f"{indent}Residual", *next(given)
            yield from inner
        else:
            yield f"{indent}{describe(layer)}", *next(given)
