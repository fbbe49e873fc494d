"""What the values inside a network are called: ``conv1``, ``relu1``, ``pool1``, ``dense3``."""

from __future__ import annotations

from collections import Counter

from pellucid.network.network import Network

__all__ = ["value_names"]

_LEARNED = {
    "Conv2D": "conv",
    "Dense": "dense",
    "BatchNorm2D": "norm",
    "BatchNorm1D": "norm",
    "GroupNorm": "norm",
}
"""Layers that have the number of their parameters, as ``f1`` and ``w3`` have it."""

_COUNTED = {
    "Add": "sum",
    "Flatten": "flat",
    "MaxPool2D": "pool",
    "AveragePool2D": "pool",
    "GlobalAveragePool2D": "pool",
    "GlobalMaxPool2D": "pool",
}
"""Layers that are counted, each under a word; any other under its own name."""


def value_names(network: Network) -> tuple[str, ...]:
    """Return the name of the image and of what each node gives, in order.

    A layer that learns has the number of its parameters; others are counted.

    Parameters
    ----------
    network : Network
        Whose values.

    Returns
    -------
    tuple of str
        ``"image"``, then a name for each of ``network.nodes``; no two are equal.

    Examples
    --------
    >>> from pellucid import presets
    >>> value_names(presets.reference())
    ('image', 'conv1', 'relu1', 'conv2', 'relu2', 'pool1', 'flat1', 'dense3', 'relu3', 'dense4')
    """
    numbers = {p.node: p.name[1:] for p in network.parameters}
    counts: Counter[str] = Counter()
    names = ["image"]
    for index, node in enumerate(network.nodes):
        kind = type(node.layer).__name__
        if kind in _LEARNED and index in numbers:
            names.append(_LEARNED[kind] + numbers[index])
            continue
        word = _COUNTED.get(kind, kind.lower())
        counts[word] += 1
        names.append(f"{word}{counts[word]}")
    return tuple(names)
