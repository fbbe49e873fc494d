"""The document that Pellucid began with, written down as it stands: plain NumPy, image by image.

Loops go over filters and places of the window, as the document tells it; the arithmetic inside is
NumPy's. A batch is cut into 8 sections, and processes work on them at the same time. This is what
the equations look like in the many from-scratch networks that one finds, and no attempt to be fast.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU, Sigmoid

Array = NDArray[Any]
EPS = 1e-10


def conv(image: Array, filters: Array, bias: Array | None, stride: tuple[int, int]) -> Array:
    _, height, width = image.shape
    count, _, rows, columns = filters.shape
    out = np.zeros(
        (count, (height - rows) // stride[0] + 1, (width - columns) // stride[1] + 1), image.dtype
    )
    for k in range(count):
        for y in range(out.shape[1]):
            for x in range(out.shape[2]):
                top, left = y * stride[0], x * stride[1]
                window = image[:, top : top + rows, left : left + columns]
                out[k, y, x] = np.sum(filters[k] * window) + (0 if bias is None else bias[k])
    return out


def conv_backward(
    d_out: Array, image: Array, filters: Array, stride: tuple[int, int]
) -> tuple[Array, Array, Array]:
    count, _, rows, columns = filters.shape
    d_image, d_filters = np.zeros_like(image), np.zeros_like(filters)
    for k in range(count):
        for y in range(d_out.shape[1]):
            for x in range(d_out.shape[2]):
                top, left = y * stride[0], x * stride[1]
                where = (slice(None), slice(top, top + rows), slice(left, left + columns))
                d_filters[k] += d_out[k, y, x] * image[where]
                d_image[where] += d_out[k, y, x] * filters[k]
    return d_image, d_filters, d_out.sum(axis=(1, 2))


def pool(image: Array, size: tuple[int, int], stride: tuple[int, int]) -> Array:
    channels, height, width = image.shape
    out = np.zeros(
        (channels, (height - size[0]) // stride[0] + 1, (width - size[1]) // stride[1] + 1),
        image.dtype,
    )
    for c in range(channels):
        for y in range(out.shape[1]):
            for x in range(out.shape[2]):
                top, left = y * stride[0], x * stride[1]
                out[c, y, x] = np.max(image[c, top : top + size[0], left : left + size[1]])
    return out


def pool_backward(
    d_out: Array, image: Array, size: tuple[int, int], stride: tuple[int, int]
) -> Array:
    d_image = np.zeros_like(image)
    for c in range(d_out.shape[0]):
        for y in range(d_out.shape[1]):
            for x in range(d_out.shape[2]):
                top, left = y * stride[0], x * stride[1]
                window = image[c, top : top + size[0], left : left + size[1]]
                a, b = np.unravel_index(np.argmax(window), window.shape)
                d_image[c, top + a, left + b] += d_out[c, y, x]
    return d_image


def randomize(image: Array, random: np.random.Generator) -> Array:
    """Scale, rotate and shift one (C, H, W) image in one bilinear step, then add noise."""
    _, height, width = image.shape
    scale, angle = random.uniform(0.9, 1.1), math.radians(random.uniform(-45, 45))
    dx, dy = random.uniform(-2, 2, 2)
    cos, sin = math.cos(angle) / scale, math.sin(angle) / scale
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    y, x = np.mgrid[:height, :width]
    x, y = x - middle_x - dx, y - middle_y - dy
    from_x, from_y = cos * x + sin * y + middle_x, cos * y - sin * x + middle_y
    left, top = np.floor(from_x).astype(int), np.floor(from_y).astype(int)
    right, below = from_x - left, from_y - top
    framed = np.pad(image, ((0, 0), (1, 1), (1, 1)))

    def at(rows: Array, columns: Array) -> Array:
        return framed[:, np.clip(rows + 1, 0, height + 1), np.clip(columns + 1, 0, width + 1)]

    upper = at(top, left) * (1 - right) + at(top, left + 1) * right
    lower = at(top + 1, left) * (1 - right) + at(top + 1, left + 1) * right
    moved = upper * (1 - below) + lower * below
    mask = random.random(image.shape) < random.uniform(0, 0.3)
    return np.clip(moved + mask * random.uniform(-0.5, 0.5, image.shape), 0, 1)


def one_image(
    network: Network, parameters: list[Array], pixels: Array, label: int
) -> tuple[float, list[Array]]:
    """Return the loss of one image and its gradients, in the order of the parameters."""
    x, kept, left = pixels, [], list(parameters)
    for layer, shape in zip(network.layers, network.shapes, strict=False):
        own = [left.pop(0) for _ in layer.parameter_shapes(shape)]
        if isinstance(layer, Conv2D):
            if (layer.groups, layer.dilation_pair) != (1, (1, 1)):
                raise TypeError(f"this peer does not know {layer}")
            x = np.pad(x, ((0, 0), *layer.pads(shape)))
        elif isinstance(layer, MaxPool2D):
            around = ((0, 0), *((pad, pad) for pad in layer.pad_pair))
            x = np.pad(x, around, constant_values=-np.inf)
        kept.append((x, own))
        if isinstance(layer, Conv2D):
            x = conv(x, own[0], own[1] if own[1:] else None, layer.stride_pair)
        elif isinstance(layer, MaxPool2D):
            x = pool(x, layer.pool_pair, layer.stride_pair)
        elif isinstance(layer, Dense):
            x = own[0] @ x + (own[1] if own[1:] else 0)
        elif isinstance(layer, ReLU):
            x = np.maximum(0, x)
        elif isinstance(layer, Sigmoid):
            x = 1 / (1 + np.exp(-x))
        elif isinstance(layer, Flatten):
            x = x.reshape(-1)
        else:
            raise TypeError(f"this peer does not know {layer}")
    powers = np.exp(x - x.max())
    probabilities = powers / powers.sum()
    loss = -math.log(max(EPS, min(probabilities[label], 1 - EPS)))
    d = probabilities.copy()
    d[label] -= 1
    gradients: list[Array] = []
    for layer, shape, (x, own) in reversed(
        list(zip(network.layers, network.shapes, kept, strict=False))
    ):
        if isinstance(layer, Conv2D):
            d, d_filters, d_bias = conv_backward(d, x, own[0], layer.stride_pair)
            (top, _), (before, _) = layer.pads(shape)
            d = d[:, top : top + shape[1], before : before + shape[2]]
            gradients = [*(d_filters, d_bias)[: len(own)], *gradients]
        elif isinstance(layer, MaxPool2D):
            d = pool_backward(d, x, layer.pool_pair, layer.stride_pair)
            top, before = layer.pad_pair
            d = d[:, top : top + shape[1], before : before + shape[2]]
        elif isinstance(layer, Dense):
            gradients = [*(np.outer(d, x), d)[: len(own)], *gradients]
            d = own[0].T @ d
        elif isinstance(layer, ReLU):
            d = (x > 0) * d
        elif isinstance(layer, Sigmoid):
            value = 1 / (1 + np.exp(-x))
            d = d * value * (1 - value)
        elif isinstance(layer, Flatten):
            d = d.reshape(shape)
    return loss, gradients


def section(
    network: Network, parameters: list[Array], images: Array, labels: Array, seed: int | None
) -> tuple[float, list[Array]]:
    """Return the summed losses and gradients of some images."""
    random = None if seed is None else np.random.default_rng(seed)
    total, sums = 0.0, [np.zeros_like(p) for p in parameters]
    for image, label in zip(images, labels, strict=True):
        pixels = image.reshape(network.input_shape) / 255
        if random is not None:
            pixels = randomize(pixels, random)
        loss, gradients = one_image(network, parameters, pixels, int(label))
        total += loss
        for a, b in zip(sums, gradients, strict=True):
            a += b
    return total, sums


class NumpyTraining:
    """Sections on processes, sums in order, Adam."""

    SECTIONS = 8

    def __init__(self, network: Network, threads: int, randomize: bool) -> None:
        self.network, self.randomize, self.t = network, randomize, 0
        context = get_context("spawn")
        self.pool = ProcessPoolExecutor(threads, context) if threads > 1 else None

    def load(self, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        self.parameters = [a.astype(float) for a in arrays.values()]
        self.m = [np.zeros_like(p) for p in self.parameters]
        self.v = [np.zeros_like(p) for p in self.parameters]
        self.t = 0

    def step(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
        self.t += 1
        size = -(-len(images) // self.SECTIONS)
        starts = range(0, len(images), size)
        todo: list[list[Any]] = [
            [self.network] * len(starts),
            [self.parameters] * len(starts),
            [images[s : s + size] for s in starts],
            [labels[s : s + size] for s in starts],
            [self.t * 1000 + s if self.randomize else None for s in starts],
        ]
        found = list(self.pool.map(section, *todo) if self.pool else map(section, *todo))
        for i, p in enumerate(self.parameters):
            g = sum(gradients[i] for _, gradients in found) / len(images)
            self.m[i] = 0.9 * self.m[i] + 0.1 * g
            self.v[i] = 0.999 * self.v[i] + 0.001 * g**2
            m_hat, v_hat = self.m[i] / (1 - 0.9**self.t), self.v[i] / (1 - 0.999**self.t)
            p -= 0.001 * m_hat / (np.sqrt(v_hat) + EPS)
        return sum(loss for loss, _ in found) / len(images)
