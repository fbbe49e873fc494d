"""A network: layers and an input shape, checked, with its parameters in one flat vector."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import instance
from pellucid.errors import NetworkError
from pellucid.network.checks import checked_input_shape, checked_layers, warn_of_channels_last
from pellucid.network.dictionary import layer_from_dict, layer_to_dict, loss_from_dict, loss_to_dict
from pellucid.network.initial import initialize_normal
from pellucid.network.layers import Layer, Shape
from pellucid.network.loss import CrossEntropy, Loss
from pellucid.network.nodes import Node, Nodes, rectified
from pellucid.network.summary import describe, summary

__all__ = ["Network", "Parameter"]


@dataclass(frozen=True)
class Parameter:
    """Where one parameter array lies in the flat vector.

    Attributes
    ----------
    name : str
        Letter and number as in the equations: ``f1``, ``b1`` for the first layer that has
        parameters, ``w3``, ``b3`` for the third.
    shape : tuple of int
        The array's shape.
    offset : int
        Its first element's place in the flat vector.
    node : int
        The index of its node in ``network.nodes``.
    is_trained : bool
        Whether it is learned. If not, it is a statistic that training brings up to date; these
        lie behind all that are learned.
    """

    name: str
    shape: Shape
    offset: int
    node: int
    is_trained: bool = True

    @property
    def size(self) -> int:
        """How many numbers the array holds."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Network:
    """Layers applied one after another, from an image to one score (logit) a class.

    What comes after the last layer belongs to the loss: a softmax is implied, and not written as a
    layer. With ``BinaryCrossEntropy`` it is a sigmoid, and one score a label; with
    ``MeanSquaredError``, ``MeanAbsoluteError`` and ``Huber`` the last layer's numbers are the
    answer. The network is a description: it holds no parameters. They live in a flat float32 vector
    that :meth:`initial_parameters` draws and :meth:`views` names.

    Parameters
    ----------
    layers : iterable of Layer
        The layers, first to last.
    input_shape : (int, int) or (int, int, int)
        ``(height, width)``, for one channel, or ``(channels, height, width)``.
    loss : Loss, optional
        What its outputs are held to; the default is ``CrossEntropy()``, of one class an image.

    Raises
    ------
    NetworkError
        A layer does not fit its input; the message names the layer, its input and what to change.

    Examples
    --------
    >>> from pellucid import Conv2D, Dense, Flatten, MaxPool2D, ReLU
    >>> network = Network([Conv2D(4, 3), ReLU(), MaxPool2D(2), Flatten(), Dense(10)], (28, 28))
    >>> network.classes, network.size
    (10, 6810)
    >>> [(p.name, p.shape) for p in network.parameters]
    [('f1', (4, 1, 3, 3)), ('b1', (4,)), ('w2', (10, 676)), ('b2', (10,))]
    """

    layers: tuple[Layer, ...]
    input_shape: Shape
    loss: Loss
    nodes: tuple[Node, ...] = field(init=False, repr=False, compare=False)
    """The layers in the order in which they are computed, and what each reads."""
    shapes: tuple[Shape, ...] = field(init=False, repr=False, compare=False)
    """The input's shape, then the shape that each node gives: one more than there are nodes."""
    parameters: tuple[Parameter, ...] = field(init=False, repr=False, compare=False)
    """Every parameter array, in the order of the flat vector."""

    def __init__(
        self, layers: Iterable[Layer], input_shape: Iterable[int], loss: Loss | None = None
    ) -> None:
        stack = checked_layers(layers)
        shape = checked_input_shape(input_shape)
        warn_of_channels_last(shape)
        graph = Nodes(shape)
        graph.chain(stack, 0)
        chosen = CrossEntropy() if loss is None else instance("loss", loss, Loss, "CrossEntropy()")
        chosen.check_outputs(graph.shapes[-1])
        parameters = _parameters(graph)
        if not parameters:
            raise NetworkError("The network has nothing to learn; give it a Dense or Conv2D layer.")
        self._set(stack, graph, parameters, chosen)

    def _set(
        self, layers: tuple[Layer, ...], graph: Nodes, parameters: tuple[Parameter, ...], loss: Loss
    ) -> None:
        object.__setattr__(self, "layers", layers)
        object.__setattr__(self, "input_shape", graph.shapes[0])
        object.__setattr__(self, "nodes", tuple(graph.nodes))
        object.__setattr__(self, "shapes", tuple(graph.shapes))
        object.__setattr__(self, "parameters", parameters)
        object.__setattr__(self, "loss", loss)

    def __hash__(self) -> int:
        return self._hash

    def __getstate__(self) -> dict[str, Any]:
        # Text has another hash in every process.
        return {name: value for name, value in self.__dict__.items() if name != "_hash"}

    @functools.cached_property
    def _hash(self) -> int:
        # Plans are looked up by network in every step, and a deep hash takes a while.
        return hash((self.layers, self.input_shape, self.loss))

    @property
    def classes(self) -> int:
        """How many classes, labels or numbers the network gives: the width of its last layer."""
        return self.shapes[-1][0]

    @functools.cached_property
    def size(self) -> int:
        """How many numbers the flat vector has: parameters, and running statistics behind them."""
        return sum(parameter.size for parameter in self.parameters)

    @functools.cached_property
    def trained_size(self) -> int:
        """How many of them are learned: the first ones.

        Examples
        --------
        >>> from pellucid import BatchNorm1D, Dense, Flatten
        >>> network = Network([Flatten(), BatchNorm1D(), Dense(3)], (2, 2))
        >>> network.size, network.trained_size
        (31, 23)
        """
        return sum(parameter.size for parameter in self.parameters if parameter.is_trained)

    @functools.cached_property
    def multiply_adds(self) -> int:
        """How many products the filters and weights add up for one image, forward.

        Examples
        --------
        >>> from pellucid import presets
        >>> presets.reference().multiply_adds
        327100
        """
        # Every number of a layer's output adds up one filter or one row of weights.
        counts = (
            math.prod(self.shapes[p.node + 1]) * (p.size // p.shape[0])
            for p in self.parameters
            if len(p.shape) > 1
        )
        return sum(counts)

    def initial_parameters(self, seed: int = 0) -> NDArray[np.float32]:
        """Draw the flat vector of parameters that training starts from.

        Filters and weights are normal with the standard deviation that their layer's ``init`` says,
        biases what it says too; all drawn in float64 from NumPy's PCG64 in the order of the vector.

        Parameters
        ----------
        seed : int, default 0
            The same seed draws the same vector.

        Returns
        -------
        ndarray of shape (size,), float32

        Notes
        -----
        Source: "Initial filters and weights" in docs/equations.md.

        Examples
        --------
        >>> from pellucid import Dense, Flatten
        >>> network = Network([Flatten(), Dense(3, bias=0.5)], (2, 2))
        >>> network.initial_parameters(seed=1)[-3:].tolist()
        [0.5, 0.5, 0.5]
        """
        random = np.random.default_rng(seed)
        parts = []
        for p, (mean, std) in zip(self.parameters, self._starts, strict=True):
            parts.append(mean + initialize_normal(p.shape, std, random).ravel())
        return np.concatenate(parts).astype(np.float32)

    @functools.cached_property
    def _starts(self) -> list[tuple[float, float]]:
        """What each array is drawn around at the start, and with which standard deviation."""
        is_rectified, found = rectified(self.nodes), []
        for p in self.parameters:
            layer, letter = self.nodes[p.node].layer, p.name[0]
            std = layer.initial_std(letter, p.shape, is_rectified[p.node + 1])
            found.append((layer.initial_mean(letter), std))
        return found

    def means(self, other: Network) -> bool:
        """Return whether another network is this one, how parameters start said in other words.

        Parameters
        ----------
        other : Network
            For example of a file from before there was ``init``.

        Returns
        -------
        bool

        Examples
        --------
        >>> from pellucid import Dense, Flatten
        >>> he, again = (Network([Flatten(), Dense(3, **how)], (2, 4))
        ...              for how in ({"init": "he"}, {"std": 0.5}))
        >>> he == again, he.means(again)
        (False, True)
        """
        return self.computes_as(other) and np.allclose(
            self._starts, other._starts, rtol=1e-12, atol=0
        )

    def computes_as(self, other: Network) -> bool:
        """Return whether another network is this one but for how its parameters start.

        Parameters
        ----------
        other : Network
            Any.

        Returns
        -------
        bool

        Examples
        --------
        >>> from pellucid import Dense, Flatten
        >>> network, other = (Network([Flatten(), Dense(3, std=s)], (2, 4)) for s in (0.1, 0.2))
        >>> network.computes_as(other), network.means(other)
        (True, False)
        """
        return (
            self.input_shape == other.input_shape
            and self.loss == other.loss
            and [*map(describe, self.layers)] == [*map(describe, other.layers)]
        )

    def before_last(self) -> Network | None:
        """Return the network without its last layer with parameters; None without layers.

        What follows that layer is left out too; a container is one layer. The network may give a
        single number, whatever its loss, and it may have no parameters. Its
        parameters have the names that they have here.
        """
        learned = [p for p in self.parameters if p.is_trained]
        last = int(self.nodes[learned[-1].node].name.split(".")[0]) - 1
        if last == 0:
            return None
        return self.rebuilt(self.layers[:last])

    def rebuilt(self, layers: tuple[Layer, ...], input_shape: Shape | None = None) -> Network:
        """Return a network of other layers, without the checks of one that somebody writes.

        Parameters
        ----------
        layers : tuple of Layer
            In place of this network's; they fit its images.
        input_shape : (int, int, int), optional
            What they take, if it is something else than its images.

        Returns
        -------
        Network
        """
        graph = Nodes(self.input_shape if input_shape is None else input_shape)
        graph.chain(layers, 0)
        network = object.__new__(Network)
        network._set(layers, graph, _parameters(graph), self.loss)
        return network

    def check_parameters(self, vector: NDArray[Any]) -> NDArray[np.float32]:
        """Return a flat vector of parameters as float32 in one piece; copied only if it is not.

        Parameters
        ----------
        vector : ndarray of shape (size,)
            Numbers of any kind.

        Returns
        -------
        ndarray of shape (size,), float32

        Raises
        ------
        NetworkError
            The vector has another length than the network's parameters, or is complex or text.

        Examples
        --------
        >>> from pellucid import Dense, Flatten
        >>> network = Network([Flatten(), Dense(3)], (2, 2))
        >>> network.check_parameters(np.zeros(15)).dtype
        dtype('float32')
        """
        array = np.asarray(vector)
        self._check_length(array)
        if array.dtype.kind not in "biuf":
            raise NetworkError(f"The parameters have dtype {array.dtype}; they must be numbers.")
        return np.ascontiguousarray(array, dtype=np.float32)

    def views(self, vector: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Return the arrays inside a flat vector, by name, as views: writing one writes the vector.

        Parameters
        ----------
        vector : ndarray of shape (size,)
            Parameters, or their gradient.

        Returns
        -------
        dict of str to ndarray
            In the order of the vector: ``f1``, ``b1``, ... of a convolution, ``w3``, ``b3``, ... of
            a dense layer, numbered by the layers that have any.

        Raises
        ------
        NetworkError
            The vector has another length than the network's parameters.

        Examples
        --------
        >>> from pellucid import Dense, Flatten
        >>> network = Network([Flatten(), Dense(3)], (2, 2))
        >>> vector = np.zeros(network.size, np.float32)
        >>> network.views(vector)["b1"][:] = 1
        >>> vector.tolist()[-4:]
        [0.0, 1.0, 1.0, 1.0]
        """
        self._check_length(vector)
        return {
            p.name: vector[p.offset : p.offset + p.size].reshape(p.shape) for p in self.parameters
        }

    def _check_length(self, vector: NDArray[Any]) -> None:
        if vector.shape != (self.size,):
            raise NetworkError(
                f"A parameter vector of shape {vector.shape} does not fit this network, which "
                f"has {self.size:,} parameters."
            )

    def summary(self) -> str:
        """Return the table of layers, shapes and parameter counts as text.

        Examples
        --------
        >>> from pellucid import Dense, Flatten
        >>> print(Network([Flatten(), Dense(3)], (2, 2)).summary())
        layer      output shape  parameters
        -----------------------------------
        input      1 x 2 x 2              -
        Flatten()  4                      -
        Dense(3)   3                     15
        -----------------------------------
        total                            15
        """
        sizes = [0] * len(self.nodes)
        for parameter in self.parameters:
            sizes[parameter.node] += parameter.size * parameter.is_trained
        return summary(self.layers, self.shapes, sizes)

    def to_dict(self) -> dict[str, Any]:
        """Return the network as JSON-ready values."""
        values = {
            "input_shape": list(self.input_shape),
            "layers": [layer_to_dict(layer) for layer in self.layers],
        }
        if self.loss != CrossEntropy():  # which a file without a word of a loss has
            values["loss"] = loss_to_dict(self.loss)
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Network:
        """Return the network that :meth:`to_dict` described.

        Parameters
        ----------
        values : dict
            The entries ``"layers"`` and ``"input_shape"``, and ``"loss"`` where it is another than
            cross-entropy.

        Returns
        -------
        Network
            Equal to the one described.

        Raises
        ------
        NetworkError
            An entry is missing, a layer is unknown, or the layers don't fit one another.

        Examples
        --------
        >>> from pellucid import Dense, Flatten
        >>> network = Network([Flatten(), Dense(3)], (2, 2))
        >>> Network.from_dict(network.to_dict()) == network
        True
        """
        try:
            layers, input_shape = values["layers"], values["input_shape"]
        except (KeyError, TypeError) as error:
            raise NetworkError(
                "A network's description needs the entries 'layers' and 'input_shape'."
            ) from error
        if not isinstance(layers, list):
            raise NetworkError(f"A network's 'layers' must be a list, not {layers!r}.")
        loss = loss_from_dict(values["loss"]) if "loss" in values else None
        try:
            stack = [layer_from_dict(layer) for layer in layers]
        except RecursionError:
            raise NetworkError("A network's 'layers' stand too deep inside one another.") from None
        return cls(stack, input_shape, loss)


def _parameters(graph: Nodes) -> tuple[Parameter, ...]:
    arrays: list[tuple[str, Shape, int, bool]] = []
    number = 0
    for index, node in enumerate(graph.nodes):
        takes = graph.shapes[node.inputs[0]]
        learned, kept = node.layer.parameter_shapes(takes), node.layer.state_shapes(takes)
        number += bool(learned)
        for shapes, is_trained in ((learned, True), (kept, False)):
            arrays += [
                (f"{key}{number}", shape, index, is_trained) for key, shape in shapes.items()
            ]
    parameters: list[Parameter] = []
    offset = 0
    for name, shape, index, is_trained in sorted(arrays, key=lambda array: not array[3]):
        parameters.append(Parameter(name, shape, offset, index, is_trained))
        offset += parameters[-1].size
    return tuple(parameters)
