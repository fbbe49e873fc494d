"""Random networks of all layers, and random pictures for them: of noise, of ink, of flat areas.

``drawn(random, shape)`` in a layer's own test file gives a layer that takes a shape, or None.
"""

from __future__ import annotations

import math

import numpy as np

from pellucid import Dense, Flatten, Network, Residual
from pellucid.errors import NetworkError
from pellucid.network.layers import LAYERS, Layer, Shape
from tests.layers import made_possible, module_of

MOST_VALUES = 6_000
"""What a layer may give: the equations have to be waited for."""


def random_network(random: np.random.Generator) -> Network:
    """Return a network of up to nine layers, and up to five classes."""
    while True:
        image = (int(random.integers(1, 4)), *map(int, random.integers(1, 30, 2)))
        layers = _layers(random, image, int(random.integers(0, 9)), depth=0)
        shape = image
        for layer in layers:
            shape = layer.output_shape(shape)
        if len(shape) > 1:
            layers.append(Flatten())
        if shape[0] > 5 or len(shape) > 1 or random.random() < 0.7:
            layers.append(Dense(int(random.integers(2, 6))))
        try:
            return Network(layers, image)
        except NetworkError:
            continue  # of a single class


def _layers(random: np.random.Generator, shape: Shape, count: int, depth: int) -> list[Layer]:
    layers: list[Layer] = []
    while len(layers) < count:
        kind = LAYERS[random.integers(len(LAYERS))]
        layer = _drawn(random, kind, shape, depth)
        if layer is None or (len(shape) == 3 and kind is Flatten and random.random() < 0.8):
            continue
        if math.prod(layer.output_shape(shape)) > MOST_VALUES:
            continue
        shape = layer.output_shape(shape)
        layers.append(layer)
    return layers


def _drawn(
    random: np.random.Generator, kind: type[Layer], shape: Shape, depth: int
) -> Layer | None:
    if kind is not Residual:
        layer: Layer | None = module_of(kind).drawn(random, shape)
        return layer
    if depth > 1:
        return None
    for _ in range(20):
        ways = [
            _layers(random, shape, int(random.integers(1, 4)), depth + 1),
            _layers(random, shape, int(random.integers(0, 2)), depth + 1),
        ]
        try:
            layer = Residual(ways[0], ways[1] or None)
            layer.output_shape(shape)
        except NetworkError:
            continue
        return layer
    return None


def random_parameters(network: Network, random: np.random.Generator) -> np.ndarray:
    """Return parameters that keep activations near 1; every other time with biases of 0."""
    parameters = np.empty(network.size, dtype=np.float32)
    has_bias = random.random() < 0.5
    for p, view in zip(network.parameters, network.views(parameters).values(), strict=True):
        scale = 0.3 * has_bias if len(p.shape) == 1 else (p.size // p.shape[0]) ** -0.5
        view[...] = random.normal(scale=scale, size=p.shape)
    return made_possible(network, parameters)


def random_pictures(shape: Shape, count: int, random: np.random.Generator) -> np.ndarray:
    """Return pictures of noise, of ink on black, or of flat areas; floats or bytes."""
    size = (count, *shape)
    kind = random.choice(["noise", "ink", "ink", "flat"])
    if kind == "noise":
        images = random.random(size)
    else:
        images = np.full(size, 0.0 if kind == "ink" else random.random())
        for image in images:
            for _ in range(random.integers(0, 4)):
                (top, bottom), (left, right) = (
                    np.sort(random.integers(0, side + 1, 2)) for side in shape[1:]
                )
                ink = random.choice([0.0, 0.3, 1.0], (shape[0], 1, 1))
                image[:, top:bottom, left:right] = ink
    if random.random() < 0.5:
        return np.rint(images * 255).astype(np.uint8)
    return images.astype(np.float32)
