"""Layers as JSON-ready values, for model files and checkpoints, and back."""

from __future__ import annotations

import dataclasses
from typing import Any

from pellucid.errors import NetworkError, did_you_mean
from pellucid.network.layers.conv2d import Conv2D
from pellucid.network.layers.dense import Dense
from pellucid.network.layers.flatten import Flatten
from pellucid.network.layers.layer import Layer
from pellucid.network.layers.maxpool2d import MaxPool2D
from pellucid.network.layers.relu import ReLU
from pellucid.network.layers.sigmoid import Sigmoid

__all__ = ["layer_from_dict", "layer_to_dict"]

_KINDS: dict[str, type[Layer]] = {
    kind.__name__: kind for kind in (Conv2D, MaxPool2D, Dense, ReLU, Sigmoid, Flatten)
}


def layer_to_dict(layer: Layer) -> dict[str, Any]:
    """Return a layer as JSON-ready values.

    Examples
    --------
    >>> layer_to_dict(Dense(10))
    {'layer': 'Dense', 'units': 10, 'std': 0.1, 'bias': 0.0}
    """
    return {"layer": type(layer).__name__, **dataclasses.asdict(layer)}


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
    settings = {key: tuple(v) if isinstance(v, list) else v for key, v in settings.items()}
    known = [field.name for field in dataclasses.fields(_KINDS[name])]
    for key in settings:
        if key not in known:
            raise NetworkError(f"{name} has no setting {key!r}.{did_you_mean(str(key), known)}")
    try:
        return _KINDS[name](**settings)
    except TypeError as error:
        raise NetworkError(f"{name} lacks a setting; it needs {', '.join(known)}.") from error
