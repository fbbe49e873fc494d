"""The one description that every exporter reads: what is done to an image, step by step.

A network is folded first: batch normalizations go into the layers before them, and what is left of
them is a mean, a scale and a shift. Dropout, which does nothing in prediction, is left out.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pellucid._version import __version__
from pellucid.equations.rules import loss_rules_of
from pellucid.errors import ConfigurationError, ExportError
from pellucid.execution.inference import run_network
from pellucid.export.pixels import Pixels, pixels_of
from pellucid.export.proof import Answer, Vectors, drawn
from pellucid.files.fingerprints import fingerprint
from pellucid.files.model_file import Model
from pellucid.images.preprocessing import Preprocessing
from pellucid.network.folding import folding_of
from pellucid.network.layers import BatchNorm1D, BatchNorm2D, Dropout, Layer, Shape
from pellucid.network.loss import TargetKind

__all__ = ["Description", "Exportable", "Step", "description_of"]


class HasModel(Protocol):
    """A fitted estimator."""

    def to_model(self) -> Model:
        """Return what was learned."""


Exportable = Model | HasModel
"""What can be exported: a model, or a fitted estimator."""


@dataclass(frozen=True, eq=False)
class Step:
    """A layer that computes something.

    Attributes
    ----------
    layer : Layer
        Which, with its settings.
    place : str
        Where it stands, as a person counts: ``"3"``, ``"4.2"`` in a container.
    inputs : tuple of int
        The values it reads; 0 is the image, from 0 to 1.
    output : int
        The value it gives.
    takes, gives : tuple of int
        The shape of the first that it reads, and of what it gives.
    arrays : dict of str to ndarray
        By their letters: ``f`` and ``b`` of a convolution, ``w`` and ``b`` of a dense layer, ``g``
        and ``b`` of a group normalization; of a batch normalization that could not be folded ``m``,
        ``s`` and ``b``: ``z = (x - m) s + b``.
    """

    layer: Layer
    place: str
    inputs: tuple[int, ...]
    output: int
    takes: Shape
    gives: Shape
    arrays: dict[str, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Description:
    """A model as exporters read it.

    Attributes
    ----------
    model : Model
        What is exported.
    pixels : Pixels
        What an image is, and how it becomes numbers from 0 to 1.
    steps : tuple of Step
        What is computed of these, in order; the last gives the logits, or the numbers.
    kind : "classes", "labels" or "numbers"
        Whether an image has one class or several labels, or what it gives are numbers.
    labels : tuple of int or tuple of str
        What the outputs are called.
    mean, deviation : ndarray of shape (outputs,), float64, or None
        Numbers are ``output * deviation + mean``; None where they are the output itself.
    """

    model: Model
    pixels: Pixels
    steps: tuple[Step, ...]
    kind: TargetKind
    labels: tuple[int, ...] | tuple[str, ...]
    mean: NDArray[np.float64] | None
    deviation: NDArray[np.float64] | None

    @property
    def outputs(self) -> int:
        """How many classes, labels or numbers there are."""
        return self.model.network.classes

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the parameters."""
        return fingerprint(self.model)

    @functools.cached_property
    def vectors(self) -> Vectors:
        """Ten images, and what Pellucid says of them."""
        images = self.pixels.of_unit(drawn(self.pixels.shape))
        return Vectors(images, self.answer(images).outputs)

    def answer(self, images: NDArray[Any]) -> Answer:
        """Return what Pellucid itself says of images (n, C, H, W) of the pixels' kind."""
        network = self.model.network
        ready = self.pixels.ready(images)
        logits = run_network(
            network, self.model.parameters, ready, None, None, logits=True
        ).probabilities
        if not np.isfinite(logits).all():
            raise ExportError(
                "The model gives NaN or infinity for some images, so it can't be exported; train "
                "it anew with a lower learning rate."
            )
        outputs = loss_rules_of(network.loss).outputs(network.loss, logits.astype(np.float64))
        if self.kind == "classes":
            return Answer(outputs, logits.argmax(axis=1))
        if self.kind == "labels":
            return Answer(outputs, (logits > 0).astype(np.int64))
        if self.mean is not None and self.deviation is not None:
            outputs = outputs * self.deviation + self.mean
        return Answer(outputs, None)

    def told(self, channels: str = "last") -> dict[str, str]:
        """Return what every export says of itself; where several channels lie in an image."""
        return {
            "made by": f"Pellucid {__version__}",
            "fingerprint": self.fingerprint,
            "image": self._image_told(channels),
            "before": _before(self.model.preprocessing),
            "answer": self._answer_told(),
        }

    def _image_told(self, place: str) -> str:
        pixels, channels = self.pixels, self.pixels.shape[0]
        what = "bytes" if pixels.kind == "uint8" else "floats"
        order = f", {channels} channels {place}" if channels > 1 else ""
        size = " x ".join(map(str, pixels.shape[1:]))
        return f"{size} {what}{order}; {pixels.low:g} becomes 0 and {pixels.high:g} becomes 1"

    def _answer_told(self) -> str:
        if self.kind == "numbers":
            return f"{self.outputs} numbers"
        names = ", ".join(map(str, self.labels))
        return f"{'one of the classes' if self.kind == 'classes' else 'of the labels'} {names}"


def description_of(model: Exportable, pixels: str = "auto") -> Description:
    """Return the description of a model or of a fitted estimator.

    Parameters
    ----------
    model : Model, CNNClassifier or CNNRegressor
        What to export.
    pixels : "auto", "uint8" or "float32"
        What it is to take: bytes, or floats; "auto" is what it learned from.

    Raises
    ------
    ConfigurationError, ExportError
        It is no model, or its pixels can't be expressed.

    Examples
    --------
    >>> from pellucid import Conv2D, Dense, Flatten, Network
    >>> network = Network([Conv2D(2, 3), BatchNorm2D(), Dropout(), Flatten(), Dense(2)], (8, 8))
    >>> model = Model(network, network.initial_parameters(), Preprocessing((8, 8)), ("a", "b"))
    >>> [(type(step.layer).__name__, step.inputs) for step in description_of(model).steps]
    [('Conv2D', (0,)), ('Flatten', (1,)), ('Dense', (3,))]
    """
    if not isinstance(model, Model):
        if not hasattr(model, "to_model"):
            raise ConfigurationError(
                f"model is {type(model).__name__}; give a Model, as load_model returns it, or a "
                "fitted CNNClassifier or CNNRegressor.",
                argument="model",
            )
        model = model.to_model()
    scale = model.configuration.get("scale") if "estimator" in model.configuration else None
    return Description(
        model=model,
        pixels=pixels_of(model, pixels),
        steps=_steps(model),
        kind=model.network.loss.targets,
        labels=_labels(model),
        mean=None if scale is None else np.array(scale["mean"], np.float64),
        deviation=None if scale is None else np.array(scale["deviation"], np.float64),
    )


def _steps(model: Model) -> tuple[Step, ...]:
    folding = folding_of(model.network)
    network = folding.network
    views = network.views(folding.fold(model.parameters))
    arrays: list[dict[str, NDArray[np.float32]]] = [{} for _ in network.nodes]
    for p in network.parameters:
        arrays[p.node][p.name[0]] = views[p.name]
    places = [folding.original.nodes[own].name for own, _ in folding.kept]
    same, steps = list(range(len(network.shapes))), []
    for number, node in enumerate(network.nodes):
        inputs = tuple(same[value] for value in node.inputs)
        if isinstance(node.layer, Dropout):
            same[number + 1] = inputs[0]
            continue
        own = arrays[number]
        if isinstance(node.layer, BatchNorm2D | BatchNorm1D):
            own = _in_prediction(own, node.layer.eps)
        takes, gives = network.shapes[node.inputs[0]], network.shapes[number + 1]
        steps.append(Step(node.layer, places[number], inputs, number + 1, takes, gives, own))
    return tuple(steps)


def _in_prediction(
    arrays: dict[str, NDArray[np.float32]], eps: float
) -> dict[str, NDArray[np.float32]]:
    """Return what a batch normalization does in prediction, ``z = (x - m) s + b``."""
    wide = {letter: array.astype(np.float64) for letter, array in arrays.items()}
    scale = (wide["g"] / np.sqrt(wide["v"] + eps)).astype(np.float32)
    return {"m": arrays["m"], "s": scale, "b": arrays["b"]}


def _labels(model: Model) -> tuple[int, ...] | tuple[str, ...]:
    """Return the classes as whole numbers where they are that, else their names."""
    names = model.classes
    if "estimator" not in model.configuration:  # as CNNClassifier.load reads a run's model
        numbered = all(name == str(place) for place, name in enumerate(names))
        return tuple(range(len(names))) if numbered else names
    stored = model.configuration.get("classes", names)
    limit = 2**63
    whole = all(type(name) is int and -limit <= name < limit for name in stored)
    return tuple(stored) if whole else names


def _before(preprocessing: Preprocessing) -> str:
    """Return what Pellucid does to a picture before, which an export does not."""
    how = {
        "mnist": "cuts the ink out, scales and centers it as MNIST's digits are",
        "resize": "resizes it",
    }[preprocessing.fit]
    polarity = {
        "auto": " and inverts it where it is dark on light",
        "dark-on-light": " and inverts it",
        "light-on-dark": "",
    }[preprocessing.polarity]
    return f"of a picture of another size Pellucid {how}{polarity}; the export does not"
