"""A whole network in the equations: forward, the ten steps backward, loss and gradient.

Driven by a :class:`pellucid.network.network.Network`, so it covers any stack of layers. The ten
steps of backpropagation are those of the reference network,

``image - conv1 - ReLU - conv2 - ReLU - pool - flatten - dense 3 - ReLU - dense 4 - softmax``

and for any other network the same rules are applied in the same way, last layer first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations.rules import Array, loss_rules_of, rules_of
from pellucid.errors import DataError
from pellucid.network.network import Network

__all__ = ["Forward", "backward", "every_gradient", "forward", "loss_and_gradient"]

_ROUNDING = 1e-6
"""How far off [0, 1] a pixel may be by rounding."""


@dataclass(frozen=True, eq=False)
class Forward:
    """What a forward pass leaves for the backward pass.

    Attributes
    ----------
    activations : tuple of ndarray, float64
        The images, then what every node of the network gives: ``activations[k + 1]`` comes out of
        ``network.nodes[k]``, which reads those that its ``inputs`` name; in a network without
        containers the one before. The last one holds the logits.
    probs : ndarray of shape (n, classes), float64
        The softmax of the logits.
    training : bool
        Whether it was one of training.
    keys : ndarray of shape (n,), uint64, or None
        As given to :func:`forward`.

    Examples
    --------
    See :func:`forward`.
    """

    activations: tuple[Array, ...]
    probs: Array
    training: bool = False
    keys: NDArray[np.uint64] | None = None


def forward(
    network: Network,
    parameters: ArrayLike,
    images: ArrayLike,
    keys: ArrayLike | None = None,
    *,
    training: bool = False,
) -> Forward:
    """Apply every layer, first to last, then softmax.

    ``y_{k+1} = node_k(y_i for i in its inputs)`` with ``y_0`` the images, and
    ``probs = softmax(y_last)``

    Parameters
    ----------
    network : Network
        The layers.
    parameters : array_like of shape (network.size,)
        All parameters, in the order of ``network.parameters``.
    images : array_like of shape (n, C, H, W)
        Pixels in [0, 1].
    keys : array_like of shape (n,), uint64, or None, default None
        In training, what each image's dropout is keyed by, from
        :func:`pellucid.equations.dropout.image_keys`. Without keys nothing is dropped.
    training : bool, default False
        Whether layers do what they do in training, where that is something else: whether batch
        normalization takes the statistics of these images, or its running ones. With ``keys`` it is
        training in any case.

    Returns
    -------
    Forward
        Every layer's output and the probabilities.

    Raises
    ------
    DataError
        The images don't have the network's input shape, or pixels that are not in [0, 1].
    NetworkError
        The parameters don't fit the network, or a layer is of a kind without equations.

    Notes
    -----
    In training the images are one section. Source: "Forward" in docs/equations.md.

    Examples
    --------
    >>> from pellucid import presets
    >>> network = presets.reference()
    >>> result = forward(network, np.zeros(network.size), np.zeros((2, 1, 28, 28)))
    >>> [y.shape[1:] for y in result.activations[:3]], result.probs[0, 0].item()
    ([(1, 28, 28), (5, 24, 24), (5, 24, 24)], 0.1)
    """
    y = np.asarray(images, dtype=np.float64)
    _check_pixels(y)
    if y.shape[1:] != network.input_shape:
        raise DataError(
            f"Images of shape {y.shape} don't fit the network; it takes "
            f"(n, {', '.join(map(str, network.input_shape))})."
        )
    arrays = _by_node(network, np.asarray(parameters, dtype=np.float64))
    is_training = training or keys is not None
    activations, given = [y], None if keys is None else np.asarray(keys, dtype=np.uint64)
    for node, own in zip(network.nodes, arrays, strict=True):
        inputs = [activations[value] for value in node.inputs]
        drawn = _drawn(network, len(activations) - 1, given, inputs[0].shape)
        rules = rules_of(node.layer, is_training)
        activations.append(rules.forward(node.layer, *inputs, *own, *drawn))
    outputs = loss_rules_of(network.loss).outputs(network.loss, activations[-1])
    return Forward(tuple(activations), outputs, is_training, given)


def backward(
    network: Network,
    parameters: ArrayLike,
    forward: Forward,
    labels: ArrayLike,
    weights: ArrayLike | None = None,
) -> tuple[Array, Array]:
    """Take the gradient of the loss from the probabilities back to the image.

    Each layer turns the gradient of its output into those of its input and its parameters (the
    chain rule); a value that several nodes read gets the sum of their gradients. For the reference
    network these are the ten steps:

    1. dout, the gradient of the logits: :mod:`pellucid.equations.crossentropy`
    2. dw4, 3. db4 and 4. dz, then ReLU's mask: :func:`dense_backward`, :func:`relu_backward`
    5. dw3, 6. db3 and 7. dFc, reshaped to dPool: :func:`dense_backward`, :func:`flatten_backward`
    8. dConv2, then ReLU's mask: :func:`max_pool2d_backward`, :func:`relu_backward`
    9. dF2, db2 and dConv1, then ReLU's mask: :func:`conv2d_backward`, :func:`relu_backward`
    10. dF1, db1 and dImage: :func:`conv2d_backward`

    Parameters
    ----------
    network : Network
        The layers.
    parameters : array_like of shape (network.size,)
        As given to :func:`forward`.
    forward : Forward
        What :func:`forward` returned.
    labels : array_like of shape (n,), int
        True class indices.
    weights : array_like of shape (n,) or None, default None
        How much each image counts; None counts each once.

    Returns
    -------
    gradient : ndarray of shape (network.size,), float64
        Summed over the batch, in the order of ``network.parameters``; of running statistics, what
        the batch's are, times its images (0 of an inference).
    d_image : ndarray of shape (n, C, H, W), float64
        The gradient of each image's loss with respect to its pixels: how much each pixel matters.

    Raises
    ------
    DataError
        Labels that are not whole numbers from 0 to classes - 1.
    NetworkError
        The parameters don't fit the network, or a layer is of a kind without equations.

    Notes
    -----
    Training only, but for ``d_image``. Source: the founding document's ten steps of
    backpropagation, listed in docs/equations.md.

    Examples
    --------
    >>> from pellucid import presets
    >>> network, images = presets.reference(), np.full((2, 1, 28, 28), 0.5)
    >>> parameters = network.initial_parameters()
    >>> result = forward(network, parameters, images, training=True)
    >>> gradient, d_image = backward(network, parameters, result, [3, 1])
    >>> gradient.shape, d_image.shape
    ((5880,), (2, 1, 28, 28))
    """
    gradient, of_values = every_gradient(network, parameters, forward, labels, weights)
    return gradient, of_values[0]


def every_gradient(
    network: Network,
    parameters: ArrayLike,
    forward: Forward,
    labels: ArrayLike,
    weights: ArrayLike | None = None,
) -> tuple[Array, tuple[Array, ...]]:
    """Take the gradient of the loss back to the image, and keep it at every value on the way.

    What :func:`backward` does, which forgets what is in between.

    Parameters
    ----------
    network, parameters, forward, labels, weights
        As given to :func:`backward`.

    Returns
    -------
    gradient : ndarray of shape (network.size,), float64
        As :func:`backward` returns it.
    of_values : tuple of ndarray, float64
        The gradient of each of ``forward.activations``: first that of the image, last dout.

    Raises
    ------
    DataError
        Labels that are not whole numbers from 0 to classes - 1.
    NetworkError
        The parameters don't fit the network, or a layer is of a kind without equations.

    Notes
    -----
    Source: the founding document's ten steps of backpropagation, listed in docs/equations.md.

    Examples
    --------
    >>> from pellucid import presets
    >>> network, images = presets.reference(), np.full((2, 1, 28, 28), 0.5)
    >>> parameters = network.initial_parameters()
    >>> result = forward(network, parameters, images)
    >>> _, of_values = every_gradient(network, parameters, result, [3, 1])
    >>> [d.shape[1:] for d in of_values[-3:]]
    [(10,), (10,), (10,)]
    """
    arrays = _by_node(network, np.asarray(parameters, dtype=np.float64))
    gradient = np.zeros(network.size)
    gradients = _by_node(network, gradient)

    # Every value's gradients, one from each node that reads it.
    parts: list[list[Array]] = [[] for _ in forward.activations]
    # Step 1: dout.
    rules = loss_rules_of(network.loss)
    parts[-1].append(rules.backward(network.loss, forward.activations[-1], labels, weights))
    of_values = [np.zeros(0)] * len(parts)
    # Steps 2 to 10: last node first, each from the gradient of what it gave.
    for k, node in reversed([*enumerate(network.nodes)]):
        inputs = tuple(forward.activations[value] for value in node.inputs)
        drawn = _drawn(network, k, forward.keys, inputs[0].shape)
        of_values[k + 1] = _total(parts[k + 1])
        deltas = rules_of(node.layer, forward.training).backward(
            node.layer, of_values[k + 1], inputs, forward.activations[k + 1], *arrays[k], *drawn
        )
        for value, delta in zip(node.inputs, deltas, strict=False):
            parts[value].append(delta)
        for view, delta in zip(gradients[k], deltas[len(inputs) :], strict=True):
            view[...] = delta
    # What is left of step 10: dImage.
    of_values[0] = _total(parts[0])
    return gradient, tuple(of_values)


def loss_and_gradient(
    network: Network,
    parameters: ArrayLike,
    images: ArrayLike,
    labels: ArrayLike,
    weights: ArrayLike | None = None,
    keys: ArrayLike | None = None,
) -> tuple[float, Array]:
    """Return the loss, summed over the batch, and its gradient.

    ``loss = sum_n weights[n] * cross_entropy(probs[n], labels[n])``

    Parameters
    ----------
    network : Network
        The layers.
    parameters : array_like of shape (network.size,)
        All parameters, in the order of ``network.parameters``.
    images : array_like of shape (n, C, H, W)
        Pixels in [0, 1].
    labels : array_like of shape (n,), int
        True class indices.
    weights : array_like of shape (n,) or None, default None
        How much each image counts; None counts each once.
    keys : array_like of shape (n,), uint64, or None, default None
        As given to :func:`forward`.

    Returns
    -------
    loss : float
        In nats, summed over the batch.
    gradient : ndarray of shape (network.size,), float64
        Summed over the batch, in the order of ``network.parameters``.

    Raises
    ------
    DataError
        The images don't have the network's input shape, or labels are not whole numbers from 0 to
        classes - 1.
    NetworkError
        The parameters don't fit the network, or a layer is of a kind without equations.

    Notes
    -----
    Training only. Source: "Cross-entropy" and the founding document's ten steps of backpropagation
    in docs/equations.md.

    Examples
    --------
    >>> from pellucid import presets
    >>> network = presets.reference()
    >>> loss, gradient = loss_and_gradient(
    ...     network, np.zeros(network.size), np.zeros((2, 1, 28, 28)), [3, 1]
    ... )
    >>> round(loss / 2, 4), gradient[-10:].round(2).tolist()
    (2.3026, [0.2, -0.8, 0.2, -0.8, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2])
    """
    result = forward(network, parameters, images, keys, training=True)
    rules = loss_rules_of(network.loss)
    loss = rules.loss(network.loss, result.activations[-1], labels, weights).sum()
    gradient, _ = backward(network, parameters, result, labels, weights)
    return float(loss), gradient


def _check_pixels(images: Array) -> None:
    """Refuse what is no pixel: kernels do, and bytes would be taken for light of 255 suns."""
    if not images.size:
        return
    low, high = float(images.min()), float(images.max())
    if low >= -_ROUNDING and high <= 1 + _ROUNDING:
        return
    if not math.isfinite(low) or not math.isfinite(high):
        raise DataError("The images hold NaN or infinity; leave these out or repair them.")
    fix = (
        "divide them by 255"
        if low >= 0
        else "give (images - low) / (high - low), where low is what is black and high what is white"
    )
    raise DataError(
        f"The images go from {low:g} to {high:g}, but a network takes pixels in [0, 1]; {fix}."
    )


def _by_node(network: Network, vector: Array) -> list[list[Array]]:
    """Return each node's arrays as views into the flat vector."""
    views = network.views(vector)
    arrays: list[list[Array]] = [[] for _ in network.nodes]
    for parameter in network.parameters:
        arrays[parameter.node].append(views[parameter.name])
    return arrays


def _drawn(
    network: Network, k: int, keys: NDArray[np.uint64] | None, shape: tuple[int, ...]
) -> list[Array]:
    """Return what node k draws in training, if it draws."""
    layer = network.nodes[k].layer
    factors = rules_of(layer).factors
    return [] if keys is None or factors is None else [factors(layer, keys, k, shape)]


def _total(parts: list[Array]) -> Array:
    """Return a value's gradient: the sum over its readers, in the order of the nodes."""
    total = parts[-1]
    for part in reversed(parts[:-1]):
        total = total + part
    return total
