"""A layer and a network as a person would write them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from pellucid.network.layers import Layer, Residual, Shape

if TYPE_CHECKING:
    from pellucid.network.network import Network

__all__ = ["describe", "summary"]


def describe(layer: Layer) -> str:
    """Return a layer as a person would write it: no defaults, and not how its parameters start.

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
        elif "starts" not in setting.metadata and not _goes_without_saying(layer, setting.name):
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


def summary(network: Network) -> str:
    """Return the table of layers, shapes and parameter counts as text; see the method."""
    rows = [("input", network.shapes[0], 0), *_rows(network, network.layers, count(), "")]
    cells = [
        (name, " x ".join(map(str, shape)), f"{size:,}" if size else "-")
        for name, shape, size in rows
    ]
    total = ("total", "", f"{network.size:,}")
    cells = [("layer", "output shape", "parameters"), *cells, total]
    first, second, third = (max(len(row[i]) for row in cells) for i in range(3))
    lines = [f"{a:<{first}}  {b:<{second}}  {c:>{third}}" for a, b, c in cells]
    rule = "-" * len(lines[0])
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def _rows(
    network: Network, layers: Sequence[Layer], nodes: Iterator[int], indent: str
) -> Iterator[tuple[str, Shape, int]]:
    """Give each layer's name, output shape and number of parameters, in the order of the nodes."""
    for layer in layers:
        if isinstance(layer, Residual):
            inner = [
                *_rows(network, layer.layers, nodes, f"{indent}  "),
                *_rows(network, layer.shortcut or (), nodes, f"{indent}  shortcut: "),
            ]
            yield f"{indent}Residual", network.shapes[next(nodes) + 1], 0
            yield from inner
        else:
            node = next(nodes)
            size = sum(p.size for p in network.parameters if p.node == node)
            yield f"{indent}{describe(layer)}", network.shapes[node + 1], size
