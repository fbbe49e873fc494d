"""JAX's training step: one jitted function of parameters, moments and batch, Adam included."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU, Sigmoid

# The fastest random numbers that JAX has.
jax.config.update("jax_default_prng_impl", "unsafe_rbg")

LAYOUT = ("NHWC", "HWIO", "NHWC")
"""What XLA's convolutions on CPUs are made for; ours come as NCHW and OIHW."""


def forward(network: Network, parameters: list[Any], x: Any) -> Any:
    """Return the logits of (n, H, W, C) images."""
    left = iter(parameters)
    for layer, shape in zip(network.layers, network.shapes, strict=False):
        if isinstance(layer, Conv2D):
            weights = next(left)
            x = lax.conv_general_dilated(
                x, weights, layer.stride_pair, layer.pads(shape), rhs_dilation=layer.dilation_pair,
                feature_group_count=layer.groups, dimension_numbers=LAYOUT,
            )  # fmt: skip
            x = x if layer.bias is None else x + next(left)
        elif isinstance(layer, MaxPool2D):
            window, stride = (1, *layer.pool_pair, 1), (1, *layer.stride_pair, 1)
            around = [(0, 0), *((pad, pad) for pad in layer.pad_pair), (0, 0)]
            x = lax.reduce_window(x, -jnp.inf, lax.max, window, stride, around)
        elif isinstance(layer, Flatten):
            x = x.transpose(0, 3, 1, 2).reshape(len(x), -1)
        elif isinstance(layer, Dense):
            x = x @ next(left).T
            x = x if layer.bias is None else x + next(left)
        elif isinstance(layer, ReLU):
            x = jnp.maximum(x, 0)
        elif isinstance(layer, Sigmoid):
            x = jax.nn.sigmoid(x)
        else:
            raise TypeError(f"this peer does not know {layer}")
    return x


def randomize(key: Any, images: Any) -> Any:
    """Return (n, H, W, C) images, randomized as Pellucid does it, by bilinear gathers."""
    count, height, width, _ = images.shape
    few, many = jax.random.split(key)
    draws = jax.random.uniform(few, (5, count, 1, 1))
    scale, angle = 0.9 + 0.2 * draws[0], (draws[1] - 0.5) * (math.pi / 2)
    dx, dy = (draws[2] - 0.5) * 4, (draws[3] - 0.5) * 4
    cos, sin = jnp.cos(angle) / scale, jnp.sin(angle) / scale
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    x = jnp.arange(width).reshape(1, 1, -1) - middle_x - dx
    y = jnp.arange(height).reshape(1, -1, 1) - middle_y - dy
    from_x, from_y = cos * x + sin * y + middle_x, cos * y - sin * x + middle_y
    left, top = jnp.floor(from_x), jnp.floor(from_y)
    right, below = (from_x - left)[..., None], (from_y - top)[..., None]
    framed = jnp.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    number = jnp.arange(count).reshape(-1, 1, 1)

    def at(rows: Any, columns: Any) -> Any:
        rows = jnp.clip(rows + 1, 0, height + 1).astype(int)
        columns = jnp.clip(columns + 1, 0, width + 1).astype(int)
        return framed[number, rows, columns]

    upper = at(top, left) * (1 - right) + at(top, left + 1) * right
    lower = at(top + 1, left) * (1 - right) + at(top + 1, left + 1) * right
    chance = (0.3 * draws[4])[..., None]
    uniform = jax.random.uniform(many, images.shape)
    noise = jnp.where(uniform < chance, uniform / chance - 0.5, 0.0)
    return jnp.clip(upper * (1 - below) + lower * below + noise, 0, 1)


@partial(jax.jit, static_argnums=(0, 1), donate_argnums=(2, 3, 4))
def update(
    network: Network, randomizing: bool, parameters: list[Any], m: list[Any], v: list[Any],
    t: Any, key: Any, images: Any, labels: Any,
) -> tuple[Any, ...]:  # fmt: skip
    """Return parameters and moments after a step of Adam, and the loss before it."""
    channels, height, width = network.input_shape
    pixels = images.reshape(-1, channels, height, width).astype(jnp.float32) / 255
    pixels = pixels.transpose(0, 2, 3, 1)
    if randomizing:
        pixels = randomize(key, pixels)

    def loss_of(values: list[Any]) -> Any:
        logs = jax.nn.log_softmax(forward(network, values, pixels))
        return -jnp.take_along_axis(logs, labels[:, None], 1).mean()

    loss, gradients = jax.value_and_grad(loss_of)(parameters)
    m = [0.9 * a + 0.1 * g for a, g in zip(m, gradients, strict=True)]
    v = [0.999 * a + 0.001 * g * g for a, g in zip(v, gradients, strict=True)]
    step, correction = 0.001 / (1 - 0.9**t), 1 / (1 - 0.999**t)
    after = [
        p - step * a / (jnp.sqrt(b * correction) + 1e-10)
        for p, a, b in zip(parameters, m, v, strict=True)
    ]
    return after, m, v, loss


class JaxTraining:
    """Cross-entropy and Adam on one network."""

    def __init__(self, network: Network, threads: int, randomize: bool) -> None:
        self.network, self.randomize, self.t = network, randomize, 0
        self.key = jax.random.key(0)

    def load(self, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        self.parameters = [
            jnp.array(a.transpose(2, 3, 1, 0) if a.ndim == 4 else a) for a in arrays.values()
        ]
        self.m = [jnp.zeros_like(p) for p in self.parameters]
        self.v = [jnp.zeros_like(p) for p in self.parameters]
        self.t = 0

    def step(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
        self.t += 1
        key = jax.random.fold_in(self.key, self.t) if self.randomize else self.key
        self.parameters, self.m, self.v, loss = update(
            self.network, self.randomize, self.parameters, self.m, self.v, float(self.t), key,
            images, labels,
        )  # fmt: skip
        return float(loss)
