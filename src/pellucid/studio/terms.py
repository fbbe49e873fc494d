"""What a single number is a sum of: a weight's gradient, or what a layer gives in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ConfigurationError
from pellucid.network.layers import (
    Add,
    AveragePool2D,
    Conv2D,
    Dense,
    GlobalAveragePool2D,
    GlobalMaxPool2D,
    GroupNorm,
    MaxPool2D,
)
from pellucid.network.layers.batchnorm import BatchNorm
from pellucid.network.network import Network
from pellucid.network.nodes import Node
from pellucid.studio.names import value_names

__all__ = ["Terms", "terms_of_gradient", "terms_of_value"]

Array = NDArray[Any]
Arrays = dict[str, Array]


@dataclass(frozen=True, eq=False)
class Terms:
    """The products that add up to a number: ``total = bias + sum(left * right)``.

    Attributes
    ----------
    name, index : str, tuple of int
        Which number.
    left, right : ndarray of one shape
        The factors. Of a layer's output the patch or the inputs, and the filter or the weights; of
        a parameter's gradient the gradient of what the layer gave, and what the parameter was
        multiplied with.
    bias : float
        What is added; 0 where nothing is.

    Examples
    --------
    >>> terms = Terms("dense1", (0,), np.array([1.0, 2.0, 3.0]), np.array([1.0, -2.0, 0.5]), 0.25)
    >>> terms.products.tolist(), terms.total
    ([1.0, -4.0, 1.5], -1.25)
    >>> terms.top(2)
    [((1,), 2.0, -2.0, -4.0), ((2,), 3.0, 0.5, 1.5)]
    """

    name: str
    index: tuple[int, ...]
    left: Array
    right: Array
    bias: float = 0.0

    @property
    def products(self) -> Array:
        """Each left factor times its right one."""
        with np.errstate(under="ignore"):
            return np.asarray(self.left * self.right)

    @property
    def total(self) -> float:
        """The number: the sum of all products, and the bias."""
        return self.bias + float(self.products.sum())

    def top(self, count: int = 10) -> list[tuple[tuple[int, ...], float, float, float]]:
        """Return the largest products, each with its place and its two factors.

        Parameters
        ----------
        count : int, default 10
            How many, at the most.

        Returns
        -------
        list of (place, left, right, product)
            Largest first, whatever the sign.
        """
        products = self.products
        order = np.argsort(-np.abs(products), axis=None, kind="stable")[:count]
        places = zip(*np.unravel_index(order, products.shape), strict=True)
        return [
            (at, float(self.left[at]), float(self.right[at]), float(products[at]))
            for at in (tuple(map(int, place)) for place in places)
        ]

    def __repr__(self) -> str:
        where = ", ".join(map(str, self.index))
        return f"<Terms of {self.name}[{where}]: {self.left.size:,} products, sum {self.total:.6g}>"


def terms_of_value(
    network: Network,
    parameters: Arrays,
    values: Arrays,
    gradients: Arrays,
    name: str,
    place: tuple[int, ...],
) -> Terms:
    """Return what one number that a layer gives is a sum of.

    ``conv[k, y, x] = b[k] + sum f[k, c, i, j] patch[c, i, j]``, ``dense[o] = b[o] + sum_i w[o, i]
    x[i]``, ``sum[...] = a[...] + b[...]``; of a pool the window, times 1 for the winner of a
    maximum, and times 1 / its size of a mean.

    Raises
    ------
    ConfigurationError
        It is no sum of products.
    """
    node, inputs, own = _around(network, parameters, values, name)
    layer, x = node.layer if node else None, inputs[0] if inputs else None
    if isinstance(layer, Conv2D) and x is not None:
        return Terms(name, place, _patch(layer, x, place), own["f"][place[0]], _bias(own, place[0]))
    if isinstance(layer, Dense) and x is not None:
        return Terms(name, place, x, own["w"][place[0]], _bias(own, place[0]))
    if isinstance(layer, Add):
        both = np.array([value[place] for value in inputs])
        return Terms(name, place, both, np.ones_like(both))
    if isinstance(layer, MaxPool2D | GlobalMaxPool2D | AveragePool2D | GlobalAveragePool2D):
        return _of_pool(layer, name, place, inputs[0])
    what = "the image" if layer is None else f"what {type(layer).__name__} gives"
    raise ConfigurationError(
        f"name is {name!r}, but {what} is no sum of products; ask for one of what Conv2D, Dense, "
        "a pool or a residual's sum gives, or for a parameter.",
        argument="name",
    )


def terms_of_gradient(
    network: Network,
    parameters: Arrays,
    values: Arrays,
    gradients: Arrays,
    name: str,
    place: tuple[int, ...],
) -> Terms:
    """Return the terms whose sum the gradient of one parameter is.

    ``df[k, c, i, j] = sum_{y, x} dconv[k, y, x] x_padded[c, y sy + i dy, x sx + j dx]``, ``dw[o, i]
    = ddense[o] x[i]``, ``dg[c] = sum dnorm[c] x_hat[c]``; of a bias the gradients of the outputs
    that it was added to, times 1.

    Raises
    ------
    ConfigurationError
        It is a statistic, which has no gradient, or the gradient of the layer is not there.
    """
    parameter = next(p for p in network.parameters if p.name == name)
    value = value_names(network)[parameter.node + 1]
    if not parameter.is_trained:
        raise ConfigurationError(
            f"name is {name!r}, a running statistic: it is not learned, so it has no gradient.",
            argument="name",
        )
    if value not in gradients:
        raise ConfigurationError(
            f"name is {name!r}, of a layer inside a Residual: kernels don't say the gradient "
            "there; trace with source='equations'.",
            argument="name",
        )
    node, inputs, own = _around(network, parameters, values, value)
    layer, d, x, letter = node.layer if node else None, gradients[value], inputs[0], name[0]
    delta = d[place[0]]
    if letter == "b":
        right = np.ones_like(delta)
    elif isinstance(layer, Conv2D):
        right = _seen(layer, x, place, delta.shape)
    elif isinstance(layer, Dense):
        right = x[place[1]]
    else:
        right = _normalized(layer, x, own)[place[0]]
    return Terms(name, place, np.atleast_1d(delta), np.atleast_1d(right))


def _around(
    network: Network, parameters: Arrays, values: Arrays, name: str
) -> tuple[Node | None, list[Array], Arrays]:
    """Return the node that gives a value, what it reads, and its parameters by their letters."""
    names = value_names(network)
    k = names.index(name) - 1
    if k < 0:
        return None, [], {}
    own = {p.name[0]: parameters[p.name] for p in network.parameters if p.node == k}
    return network.nodes[k], [values[names[value]] for value in network.nodes[k].inputs], own


def _bias(own: Arrays, k: int) -> float:
    return float(own["b"][k]) if "b" in own else 0.0


def _channels(layer: Conv2D, x: Array, k: int) -> slice:
    """Return the channels that filter k reads."""
    of_group = x.shape[0] // layer.groups
    first = k // (layer.filters // layer.groups) * of_group
    return slice(first, first + of_group)


def _patch(layer: Conv2D, x: Array, place: tuple[int, ...]) -> Array:
    """Return what lies under filter k at (y, x), zeros around the image included."""
    padded = np.pad(x[_channels(layer, x, place[0])], ((0, 0), *layer.pads(x.shape)))
    rows, columns = (
        at * stride + np.arange(size) * dilation
        for at, stride, size, dilation in zip(
            place[1:], layer.stride_pair, layer.kernel_pair, layer.dilation_pair, strict=True
        )
    )
    return np.asarray(padded[:, rows][:, :, columns])


def _seen(layer: Conv2D, x: Array, place: tuple[int, ...], count: tuple[int, ...]) -> Array:
    """Return what weight (k, c, i, j) of a filter was multiplied with, at every (y, x)."""
    k, c, *taps = place
    padded = np.pad(x[_channels(layer, x, k)][c], layer.pads(x.shape))
    rows, columns = (
        np.arange(size) * stride + tap * dilation
        for size, stride, tap, dilation in zip(
            count, layer.stride_pair, taps, layer.dilation_pair, strict=True
        )
    )
    return np.asarray(padded[rows][:, columns])


def _of_pool(layer: Any, name: str, place: tuple[int, ...], x: Array) -> Terms:
    """Return the window of a pool; what lies beyond the image is 0 of a mean, and no winner."""
    is_max = isinstance(layer, MaxPool2D | GlobalMaxPool2D)
    if isinstance(layer, GlobalMaxPool2D | GlobalAveragePool2D):
        window, inside = x[place[0]], np.ones(x.shape[1:], bool)
    else:
        (top, left), (height, width) = layer.pad_pair, layer.pool_pair
        around = ((top, top), (left, left))
        rows, columns = (
            slice(at * stride, at * stride + size)
            for at, stride, size in zip(place[1:], layer.stride_pair, (height, width), strict=True)
        )
        window = np.pad(x[place[0]], around)[rows, columns]
        inside = np.pad(np.ones(x.shape[1:], bool), around)[rows, columns]
    share = np.zeros_like(window)
    if is_max:
        share.flat[np.where(inside, window, -np.inf).argmax()] = 1
    else:
        share[...] = 1 / window.size
    return Terms(name, place, window, share)


def _normalized(layer: Any, x: Array, own: Arrays) -> Array:
    """Return what a norm multiplies with its scale."""
    if isinstance(layer, BatchNorm):
        of_channel = (-1, *[1] * (x.ndim - 1))
        mean, deviation = own["m"], np.sqrt(own["v"] + layer.eps)
        return np.asarray((x - mean.reshape(of_channel)) / deviation.reshape(of_channel))
    assert isinstance(layer, GroupNorm)
    groups = x.reshape(layer.groups, -1)
    deviation = np.sqrt(groups.var(axis=1, keepdims=True) + layer.eps)
    hat = (groups - groups.mean(axis=1, keepdims=True)) / deviation
    return np.asarray(hat.reshape(x.shape))
