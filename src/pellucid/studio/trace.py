"""A trace: every value that a network makes of an image, and every gradient, each by its name."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.equations.network import every_gradient, forward
from pellucid.equations.rules import loss_rules_of, rules_of
from pellucid.errors import ConfigurationError, DataError, did_you_mean
from pellucid.execution.targets import Targets, check_targets
from pellucid.files.model_file import Model
from pellucid.images.checks import check_images
from pellucid.images.floats import in_float64
from pellucid.network.network import Network
from pellucid.studio.by_kernels import gradients_by_kernels, values_by_kernels
from pellucid.studio.names import value_names
from pellucid.studio.terms import Terms, terms_of_gradient, terms_of_value

__all__ = ["Source", "Trace", "trace"]

Source = Literal["equations", "kernels"]
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Trace:
    """Every number of a network for one image.

    Attributes
    ----------
    network : Network
        What was computed.
    parameters : dict of str to ndarray
        What it has learned, by the names of ``network.parameters``: ``f1``, ``b1``, ...
    label : int, or ndarray of shape (outputs,)
        What the image is held to.
    source : "equations" or "kernels"
        Who computed it: float64 or float32.
    values : dict of str to ndarray
        ``"image"``, then what each layer gives, without a batch's axis: ``"conv1"``, ``"relu1"``,
        ... Layers that learn have the number of their parameters, others are counted.
    sums : dict of str to ndarray
        The sums of products of convolutions and dense layers, before the bias is added.
    gradients : dict of str to ndarray
        ``dLoss / d`` each parameter and each value, by the same names. A statistic is not learned,
        so it has none.
    probabilities : ndarray of shape (outputs,)
        What the network answers; the numbers where its loss is of numbers.
    loss : float
        In nats, where it is of classes or labels.

    Examples
    --------
    See :func:`trace`.
    """

    network: Network
    parameters: Arrays
    label: Any
    source: Source
    values: Arrays
    sums: Arrays
    gradients: Arrays
    probabilities: NDArray[Any]
    loss: float
    _given: _Given = field(repr=False)

    def __repr__(self) -> str:
        return (
            f"<Trace by the {self.source}: {', '.join(self.values)}; loss {self.loss:.4f} of label "
            f"{self.label}>"
        )

    @property
    def logits(self) -> NDArray[Any]:
        """What the last layer gives, before softmax or sigmoid."""
        return self.values[value_names(self.network)[-1]]

    def terms(self, name: str, index: int | Sequence[int]) -> Terms:
        """Return what a number is a sum of.

        Of a parameter: the terms of its gradient, each a gradient of the layer's output times what
        the parameter was multiplied with. Of a value: the products that it adds up, of patch and
        filter, or of weights and inputs, and the bias.

        Parameters
        ----------
        name : str
            A parameter, such as ``"f1"``, or a layer's output, such as ``"conv1"``.
        index : int or tuple of int
            Which number of it.

        Returns
        -------
        Terms

        Raises
        ------
        ConfigurationError
            There is no such name or place, or the number is no sum: that of an activation.

        Examples
        --------
        >>> from pellucid import presets
        >>> network = presets.reference()
        >>> found = trace(network, np.full((28, 28), 0.5), 3, network.initial_parameters())
        >>> terms = found.terms("f1", (4, 0, 2, 2))
        >>> terms.products.shape, bool(np.isclose(terms.total, found.gradients["f1"][4, 0, 2, 2]))
        ((24, 24), True)
        """
        place = (index,) if isinstance(index, int | np.integer) else tuple(index)
        arrays = self.parameters if name in self.parameters else self.values
        if name not in arrays:
            known = [*self.parameters, *self.values]
            raise ConfigurationError(
                f"name is {name!r}; it must be one of {', '.join(known)}."
                f"{did_you_mean(name, known)}",
                argument="name",
            )
        _check_place(name, place, arrays[name].shape)
        of = terms_of_gradient if name in self.parameters else terms_of_value
        return of(self.network, self.parameters, self.values, self.gradients, name, place)

    @functools.cached_property
    def differences(self) -> dict[str, float]:
        """How far this is from what the other source says, name by name.

        The largest difference of a number, relative to the largest number of its array; of values
        by their names, of gradients with ``d`` before. The first call may compile kernels.
        """
        other: Source = "equations" if self.source == "kernels" else "kernels"
        found = _traced(self._given, other)
        pairs = {name: (self.values[name], found.values[name]) for name in self.values}
        pairs["probabilities"] = self.probabilities, found.probabilities
        pairs["loss"] = np.array([self.loss]), np.array([found.loss])
        for name in self.gradients.keys() & found.gradients.keys():
            pairs[f"d{name}"] = self.gradients[name], found.gradients[name]
        return {name: _difference(*pair) for name, pair in pairs.items()}

    @property
    def largest_difference(self) -> float:
        """The largest of :attr:`differences`: for kernels and equations about 1e-6."""
        return max(self.differences.values())

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as JSON-ready values: lists in the shapes of the arrays."""
        label = self.label if isinstance(self.label, int) else self.label.tolist()
        return {
            "network": self.network.to_dict(),
            "source": self.source,
            "label": label,
            "loss": self.loss,
            "probabilities": self.probabilities.tolist(),
            **{
                part: {name: array.tolist() for name, array in getattr(self, part).items()}
                for part in ("parameters", "values", "sums", "gradients")
            },
        }

    def to_json(self) -> str:
        """Return all of it as JSON, what :meth:`to_dict` says."""
        return json.dumps(self.to_dict(), allow_nan=False)


@dataclass(frozen=True, eq=False)
class _Given:
    """What was asked for, checked."""

    network: Network
    parameters: NDArray[np.float32]
    image: NDArray[Any]
    targets: Targets


def trace(
    model: Any,
    image: ArrayLike,
    label: Any,
    parameters: NDArray[np.float32] | None = None,
    *,
    source: Source = "equations",
) -> Trace:
    """Take one image through a network and its loss back to it, and keep every number.

    The ten steps of backpropagation with all that is between them. As in prediction: nothing is
    randomized or dropped, and batch normalization takes its running statistics, which count as
    constants on the way back.

    Parameters
    ----------
    model : Model, fitted estimator or Network
        What to look into.
    image : array-like of shape (H, W) or (C, H, W)
        uint8, or floats in [0, 1], of the size that the network takes. Of any other picture
        ``model.preprocessing.picture(picture)`` makes it.
    label : int, str or array-like
        The true class: its index, or its name in the model. By another loss than cross-entropy one
        number for each output.
    parameters : ndarray of shape (network.size,), optional
        Of a Network, which has none.
    source : {"equations", "kernels"}, default "equations"
        Who computes: plain NumPy in float64, or the compiled kernels in float32. From the kernels
        there are no gradients of parameters in networks with batch normalization or dropout, which
        they only have in training, and none of values inside a Residual.

    Returns
    -------
    Trace

    Raises
    ------
    ConfigurationError
        No model, a Network without parameters, or another source.
    DataError
        An image or label that can't be used.
    NetworkError
        Parameters of another length.

    Notes
    -----
    Source: "The ten steps of backpropagation" in docs/equations.md.

    Examples
    --------
    >>> from pellucid import presets
    >>> network = presets.reference()
    >>> found = trace(network, np.full((28, 28), 0.5), 3, network.initial_parameters())
    >>> found.values["conv1"].shape, found.gradients["f1"].shape, found.gradients["image"].shape
    ((5, 24, 24), (5, 1, 5, 5), (1, 28, 28))
    >>> found.terms("conv1", (2, 0, 0)).products.shape
    (1, 5, 5)
    """
    if source not in get_args(Source):
        raise ConfigurationError(
            f"source is {source!r}; it must be 'equations' or 'kernels'."
            f"{did_you_mean(str(source), get_args(Source))}",
            argument="source",
        )
    return _traced(_checked(model, image, label, parameters), source)


def _checked(model: Any, image: ArrayLike, label: Any, parameters: Any) -> _Given:
    if hasattr(model, "to_model"):
        model = model.to_model()
    classes: tuple[str, ...] = ()
    images = np.asarray(image)[np.newaxis]
    if isinstance(model, Model):
        if parameters is not None:
            raise ConfigurationError(
                "parameters is given with a model, which has its own; leave it out, or give "
                "model.network.",
                argument="parameters",
            )
        network, vector, classes = model.network, model.parameters, model.classes
        images = model.preprocessing.for_kernels(check_images(images, network.input_shape))
    elif isinstance(model, Network):
        if parameters is None:
            raise ConfigurationError(
                "parameters is None, but a Network has none of its own; give them, for example "
                "network.initial_parameters() or trainer.parameters.",
                argument="parameters",
            )
        network, vector = model, model.check_parameters(np.asarray(parameters))
    else:
        raise ConfigurationError(
            f"model is {type(model).__name__}; give a Model, as load_model returns it, a fitted "
            "CNNClassifier or CNNRegressor, or a Network with its parameters.",
            argument="model",
        )
    checked = check_images(images, network.input_shape)
    if checked.ndim == 3:
        checked = checked[:, np.newaxis]
    if isinstance(label, str):
        if label not in classes:
            raise DataError(
                f"label is {label!r}; the classes are {', '.join(classes)}."
                if classes
                else f"label is {label!r}, but a Network's classes have no names; give its index."
            )
        label = classes.index(label)
    return _Given(network, vector, checked, check_targets(network, [label], 1))


def _traced(given: _Given, source: Source) -> Trace:
    network, targets = given.network, given.targets
    names = value_names(network)
    with np.errstate(under="ignore"):
        if source == "equations":
            vector = given.parameters.astype(np.float64)
            result = forward(network, vector, in_float64(given.image))
            gradient, of_values = every_gradient(network, vector, result, targets)
            rules = loss_rules_of(network.loss)
            logits = result.activations[-1]
            values = {name: y[0] for name, y in zip(names, result.activations, strict=True)}
            gradients = _learned(network, gradient)
            gradients |= {name: d[0] for name, d in zip(names, of_values, strict=True)}
            loss = float(rules.loss(network.loss, logits, targets, None)[0])
            probabilities = result.probs[0]
            parameters = network.views(vector)
        else:
            learned = given.parameters
            values, probabilities, loss = values_by_kernels(network, learned, given.image, targets)
            gradients = gradients_by_kernels(network, learned, given.image, targets, values)
            parameters = network.views(learned)
        return Trace(
            network, parameters, _label(targets), source, values,
            _sums(network, parameters, values, source), gradients, probabilities, loss, given,
        )  # fmt: skip


def _learned(network: Network, gradient: NDArray[Any]) -> Arrays:
    views = network.views(gradient)
    return {p.name: views[p.name] for p in network.parameters if p.is_trained}


def _sums(network: Network, parameters: Arrays, values: Arrays, source: Source) -> Arrays:
    """Return each convolution's and dense layer's output before the bias is added."""
    names, sums = value_names(network), {}
    for p in network.parameters:
        if p.name[0] not in "fw":
            continue
        node, name = network.nodes[p.node], names[p.node + 1]
        bias = parameters.get(f"b{p.name[1:]}")
        if bias is None:
            sums[name] = values[name]
        elif source == "kernels":  # which add products to the bias
            sums[name] = values[name] - bias.reshape(-1, *[1] * (values[name].ndim - 1))
        else:
            taken = values[names[node.inputs[0]]][np.newaxis]
            sums[name] = rules_of(node.layer).forward(node.layer, taken, parameters[p.name])[0]
    return sums


def _label(targets: Targets) -> Any:
    return int(targets[0]) if targets.ndim == 1 else targets[0]


def _check_place(name: str, place: tuple[int, ...], shape: tuple[int, ...]) -> None:
    fits = len(place) == len(shape) and all(
        0 <= at < size for at, size in zip(place, shape, strict=True)
    )
    if not fits:
        raise ConfigurationError(
            f"index is {place}; {name} has the shape {shape}, so it must be {len(shape)} whole "
            "numbers, each from 0 to below its side.",
            argument="index",
        )


def _difference(a: NDArray[Any], b: NDArray[Any]) -> float:
    size = max(float(np.abs(a).max(initial=0.0)), float(np.abs(b).max(initial=0.0)))
    with np.errstate(under="ignore"):
        gap = np.abs(a.astype(np.float64) - b).max(initial=0.0)
        return float(gap) / size if size > 0 else 0.0
