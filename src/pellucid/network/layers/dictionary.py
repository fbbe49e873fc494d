"""Layers as JSON-ready values, for model files and checkpoints, and back."""

from __future__ import annotations

import dataclasses
from typing import Any

from pellucid.errors import NetworkError, did_you_mean
from pellucid.network.layers import LAYERS, Layer

__all__ = ["layer_from_dict", "layer_to_dict"]

_KINDS = {kind.__name__: kind for kind in LAYERS}


def layer_to_dict(layer: Layer) -> dict[str, Any]:
    """Return a layer as JSON-ready values; layers within it likewise.

    Examples
    --------
    >>> from pellucid import Dense
    >>> layer_to_dict(Dense(10))
    {'layer': 'Dense', 'units': 10, 'std': 0.1, 'bias': 0.0}
    """
    settings = {f.name: _plain(getattr(layer, f.name)) for f in dataclasses.fields(layer)}
    return {"layer": type(layer).__name__, **settings}


def layer_from_dict(values: dict[str, Any]) -> Layer:
    """Return the layer that :func:`layer_to_dict` described.

    Raises
    ------
    NetworkError
        An unknown kind of layer, or settings it does not have.

    Examples
    --------
    >>> layer_from_dict({"layer": "MaxPool2D", "pool_size": [2, 2], "stride": [2, 2]})
    MaxPool2D(pool_size=(2, 2), stride=(2, 2))
    """
    if not isinstance(values, dict):
        raise NetworkError(f"A layer is described by a dictionary, not {values!r}.")
    settings = dict(values)
    name = settings.pop("layer", None)
    if not isinstance(name, str) or name not in _KINDS:
        hint = did_you_mean(str(name), _KINDS)
        raise NetworkError(f"Unknown layer {name!r}; known: {', '.join(_KINDS)}.{hint}")
    settings = {key: _from_plain(value) for key, value in settings.items()}
    known = [field.name for field in dataclasses.fields(_KINDS[name])]
    for key in settings:
        if key not in known:
            raise NetworkError(f"{name} has no setting {key!r}.{did_you_mean(str(key), known)}")
    try:
        return _KINDS[name](**settings)
    except TypeError as error:
        raise NetworkError(f"{name} lacks a setting; it needs {', '.join(known)}.") from error


def _plain(value: Any) -> Any:
    if isinstance(value, Layer):
        return layer_to_dict(value)
    if isinstance(value, tuple):
        return tuple(_plain(part) for part in value)
    return value


def _from_plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(_from_plain(part) for part in value)
    return layer_from_dict(value) if isinstance(value, dict) else value
