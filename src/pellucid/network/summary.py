"""A layer and a network as a person would write them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from pellucid.network.layers import Layer, Residual, Shape

__all__ = ["describe", "summary"]


def describe(layer: Layer, *, with_start: bool = False) -> str:
    """Return a layer as a person would write it: no defaults, and not how its parameters start.

    But that it has no bias is said; and with ``with_start`` all that makes it the layer that it is.

    Examples
    --------
    >>> from pellucid import Conv2D
    >>> describe(Conv2D(5, 5, padding="same", scale=2.0))
    "Conv2D(5, 5, padding='same')"
    """
    arguments: list[str] = []
    left_out: set[str] = set()
    for setting in dataclasses.fields(layer):
        text = _written(getattr(layer, setting.name), with_start=with_start)
        if setting.default is dataclasses.MISSING or "said" in setting.metadata:
            arguments.append(text)
        elif _is_left_out(layer, setting):
            arguments.append(f"{setting.name}=False")
        elif "starts" in setting.metadata and not with_start:
            continue
        elif _goes_without_saying(layer, left_out | {setting.name}):
            left_out.add(setting.name)
        else:
            arguments.append(f"{setting.name}={text}")
    return f"{type(layer).__name__}({', '.join(arguments)})"


def _written(value: Any, *, with_start: bool) -> str:
    if isinstance(value, tuple) and value and isinstance(value[0], Layer):
        return f"[{', '.join(describe(layer, with_start=with_start) for layer in value)}]"
    is_square = isinstance(value, tuple) and len(value) == 2 and value[0] == value[1]
    return repr(value[0] if is_square else value)


def _is_left_out(layer: Layer, setting: dataclasses.Field[Any]) -> bool:
    """Return whether the parameters that a setting starts are not there."""
    is_start = "starts" in setting.metadata and setting.default is not None
    return is_start and getattr(layer, setting.name) is None


def _goes_without_saying(layer: Layer, names: set[str]) -> bool:
    """Return whether the layer is the same without some settings."""
    fields = dataclasses.fields(layer)
    others = {f.name: getattr(layer, f.name) for f in fields if f.name not in names}
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
