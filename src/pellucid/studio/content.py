"""What a page holds: the network as its engine reads it, weights, images, and what Python says."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ConfigurationError
from pellucid.execution.inference import predict_proba
from pellucid.files.model_file import Model
from pellucid.images.floats import in_float32
from pellucid.network.layers import AveragePool2D, Conv2D, GroupNorm, LeakyReLU, MaxPool2D
from pellucid.network.layers.batchnorm import BatchNorm
from pellucid.network.loss import CrossEntropy
from pellucid.network.network import Network
from pellucid.network.nodes import Node
from pellucid.network.summary import describe
from pellucid.studio.names import value_names
from pellucid.studio.trace import trace

__all__ = ["PROVEN", "content_of", "network_as_told"]

PROVEN = 10
"""Images of which the page has what Python says, to compare itself with."""

MOST_GRADIENT = 100_000
"""Parameters whose gradients the page has for that, of one image."""


def content_of(
    model: Model, images: NDArray[Any], labels: NDArray[np.int64], title: str
) -> dict[str, Any]:
    """Return all that a page holds, as JSON-ready values.

    Parameters
    ----------
    model : Model
        A network that learned classes.
    images : ndarray of shape (n, C, H, W)
        Examples to look at, as the network takes them: uint8, or float32 in [0, 1].
    labels : ndarray of shape (n,), int
        Their classes.
    title : str
        What the page is called.

    Raises
    ------
    ConfigurationError
        The network learned something else than classes.
    """
    loss = model.network.loss
    if not isinstance(loss, CrossEntropy):
        raise ConfigurationError(
            f"The network's loss is {type(loss).__name__}, but a page shows networks of one class "
            "an image, CrossEntropy; look at it in Python, by pellucid.trace."
        )
    is_bytes = images.dtype == np.uint8
    probabilities = np.zeros((0, 1), np.float32)
    if len(images):
        probabilities = predict_proba(model.network, model.parameters, images)
    return {
        "title": title,
        "network": network_as_told(model.network),
        "parameters": _packed(model.parameters, "<f4"),
        "classes": list(model.classes),
        "preprocessing": model.preprocessing.to_dict(),
        "examples": {
            "labels": labels.tolist(),
            "said": probabilities.argmax(axis=1).tolist(),
            "sure": [round(float(p), 6) for p in probabilities.max(axis=1)],
            "bytes": _packed(images, "u1") if is_bytes else None,
            "floats": None if is_bytes else _packed(in_float32(images), "<f4"),
        },
        "proof": [_said(model, images[n], int(labels[n]), n) for n in range(len(images))[:PROVEN]],
    }


def network_as_told(network: Network) -> dict[str, Any]:
    """Return a network as the engine of the page reads it: layers in order, settings resolved.

    Examples
    --------
    >>> from pellucid import presets
    >>> layer = network_as_told(presets.reference())["layers"][0]
    >>> layer["name"], layer["kernel"], layer["parameters"]["f"]["name"]
    ('conv1', [5, 5], 'f1')
    """
    names = value_names(network)
    loss = network.loss
    return {
        "input_shape": list(network.input_shape),
        "smoothing": loss.label_smoothing if isinstance(loss, CrossEntropy) else 0.0,
        "layers": [
            {
                "kind": type(node.layer).__name__,
                "name": names[k + 1],
                "written": describe(node.layer),
                "inputs": list(node.inputs),
                "takes": [list(network.shapes[value]) for value in node.inputs],
                "shape": list(network.shapes[k + 1]),
                "parameters": {
                    p.name[0]: {
                        "name": p.name,
                        "shape": list(p.shape),
                        "offset": p.offset,
                        "isTrained": p.is_trained,
                    }
                    for p in network.parameters
                    if p.node == k
                },
                **_settings(node, network.shapes[node.inputs[0]]),
            }
            for k, node in enumerate(network.nodes)
        ],
    }


def _settings(node: Node, takes: tuple[int, ...]) -> dict[str, Any]:
    """Return what the engine must know of a layer beside its shapes."""
    layer = node.layer
    if isinstance(layer, Conv2D):
        return {
            "kernel": list(layer.kernel_pair),
            "stride": list(layer.stride_pair),
            "pads": [list(pads) for pads in layer.pads(takes)],
            "dilation": list(layer.dilation_pair),
            "groups": layer.groups,
        }
    if isinstance(layer, MaxPool2D | AveragePool2D):
        return {
            "kernel": list(layer.pool_pair),
            "stride": list(layer.stride_pair),
            "pads": [[pad, pad] for pad in layer.pad_pair],
        }
    if isinstance(layer, BatchNorm):
        return {"eps": layer.eps}
    if isinstance(layer, GroupNorm):
        return {"eps": layer.eps, "groups": layer.groups}
    return {"slope": layer.slope} if isinstance(layer, LeakyReLU) else {}


def _said(model: Model, image: NDArray[Any], label: int, number: int) -> dict[str, Any]:
    """Return what the equations say of an image; of the first one every gradient."""
    network = model.network
    # As a network's images, which the model's preprocessing has been applied to already.
    found = trace(network, image, label, model.parameters)
    gradient = None
    if number == 0 and network.trained_size <= MOST_GRADIENT:
        learned = [found.gradients[p.name].ravel() for p in network.parameters if p.is_trained]
        gradient = _packed(np.concatenate(learned), "<f8")
    return {
        "loss": found.loss,
        "outputs": found.logits.tolist(),
        "image": _packed(found.gradients["image"], "<f8"),
        "gradient": gradient,
    }


def _packed(array: NDArray[Any], dtype: str) -> str:
    return base64.b64encode(np.ascontiguousarray(array, np.dtype(dtype)).tobytes()).decode("ascii")
