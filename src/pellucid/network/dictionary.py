"""Layers and losses as JSON-ready values, for model files and checkpoints, and back."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from pellucid.errors import NetworkError, did_you_mean
from pellucid.network.layers import LAYERS, Layer
from pellucid.network.loss import LOSSES, Loss

__all__ = ["layer_from_dict", "layer_to_dict", "loss_from_dict", "loss_to_dict"]

T = TypeVar("T")

_LAYERS = {kind.__name__: kind for kind in LAYERS}
_LOSSES = {kind.__name__: kind for kind in LOSSES}


def layer_to_dict(layer: Layer) -> dict[str, Any]:
    """Return a layer as JSON-ready values; layers within it likewise.

    Examples
    --------
    >>> from pellucid import Dense
    >>> layer_to_dict(Dense(10))
    {'layer': 'Dense', 'units': 10, 'std': None, 'bias': 0.0, 'init': 'auto'}
    """
    return {"layer": type(layer).__name__, **_settings(layer)}


def layer_from_dict(values: dict[str, Any]) -> Layer:
    """Return the layer that :func:`layer_to_dict` described.

    Raises
    ------
    NetworkError
        An unknown kind of layer, or settings it does not have.

    Examples
    --------
    >>> layer_from_dict({"layer": "MaxPool2D", "pool_size": [2, 2], "stride": [2, 2]})
    MaxPool2D(pool_size=(2, 2), stride=(2, 2), padding=(0, 0))
    """
    return _from_dict("layer", _LAYERS, values)


def loss_to_dict(loss: Loss) -> dict[str, Any]:
    """Return a loss as JSON-ready values.

    Examples
    --------
    >>> from pellucid.network.loss import CrossEntropy
    >>> loss_to_dict(CrossEntropy())
    {'loss': 'CrossEntropy', 'label_smoothing': 0.0}
    """
    return {"loss": type(loss).__name__, **_settings(loss)}


def loss_from_dict(values: dict[str, Any]) -> Loss:
    """Return the loss that :func:`loss_to_dict` described.

    Raises
    ------
    NetworkError
        An unknown kind of loss, or settings it does not have.
    """
    return _from_dict("loss", _LOSSES, values)


def _settings(described: Layer | Loss) -> dict[str, Any]:
    return {f.name: _plain(getattr(described, f.name)) for f in dataclasses.fields(described)}


def _from_dict(noun: str, kinds: dict[str, type[T]], values: Any) -> T:
    if not isinstance(values, dict):
        raise NetworkError(f"A {noun} is described by a dictionary, not {values!r}.")
    settings = dict(values)
    name = settings.pop(noun, None)
    if not isinstance(name, str) or name not in kinds:
        hint = did_you_mean(str(name), kinds)
        raise NetworkError(f"Unknown {noun} {name!r}; known: {', '.join(kinds)}.{hint}")
    kind: Any = kinds[name]
    settings = {key: _from_plain(value) for key, value in settings.items()}
    known = [field.name for field in dataclasses.fields(kind)]
    for key in settings:
        if key not in known:
            raise NetworkError(f"{name} has no setting {key!r}.{did_you_mean(str(key), known)}")
    try:
        described: T = kind(**settings)
    except TypeError as error:
        raise NetworkError(f"{name} lacks a setting; it needs {', '.join(known)}.") from error
    return described


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
