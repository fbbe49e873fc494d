"""A layer and a network as a person would write them."""

from __future__ import annotations

from typing import Any

from pellucid.network.layers import Layer
from pellucid.network.layers.dictionary import layer_to_dict

__all__ = ["describe"]


def describe(layer: Layer) -> str:
    """Return a layer as a person would write it: no defaults, and not how its parameters start.

    Examples
    --------
    >>> from pellucid import Conv2D
    >>> describe(Conv2D(5, 5, padding="same", scale=2.0))
    "Conv2D(5, 5, padding='same')"
    """
    values = layer_to_dict(layer)
    kind, arguments = values.pop("layer"), []
    for name, value in values.items():
        text = repr(value[0] if isinstance(value, tuple) and value[0] == value[1] else value)
        if name in ("filters", "kernel_size", "units", "pool_size"):
            arguments.append(text)
        elif name not in ("scale", "std", "bias") and value != _unsaid(name, values):
            arguments.append(f"{name}={text}")
    return f"{kind}({', '.join(arguments)})"


def _unsaid(name: str, values: dict[str, Any]) -> object:
    """Return the value of a setting that need not be written."""
    if name == "stride":
        return values.get("pool_size", (1, 1))
    return "valid"
