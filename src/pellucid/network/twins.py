"""Twins: what lives under one name in several rooms, found from the kind that is registered."""

from __future__ import annotations

import importlib
from collections.abc import Collection
from typing import Any

__all__ = ["twin_of"]


def twin_of(described: object, kinds: Collection[type], room: str) -> Any:
    """Return the module of a room that has the name of a layer or a loss, in lower case.

    None where its kind is not among those registered: then only its owner knows how to compute it.

    Examples
    --------
    >>> from pellucid.network.layers import LAYERS, ReLU
    >>> twin_of(ReLU(), LAYERS, "pellucid.equations").__name__
    'pellucid.equations.relu'
    """
    kind = type(described)
    return importlib.import_module(f"{room}.{kind.__name__.lower()}") if kind in kinds else None
