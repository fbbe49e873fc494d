"""A model in whole numbers of 8 bits: weights by their size, values by what images make of them.

A value is ``scale * (q - zero)``, q from -128 to 127; scale and zero are the same for all that a
layer gives, and its range is what it had for the images that were looked at. A filter's weights are
``scale * q``, q from -127 to 127, each filter with a scale of its own. What a layer adds up, 32
bits wide, is brought to the next scale by a product with ``factor / 2**shift``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.equations import forward
from pellucid.equations.rules import rules_of
from pellucid.errors import ExportError
from pellucid.export.description import Description, Step
from pellucid.images.axes import from_all_over
from pellucid.network.folding import folding_of
from pellucid.network.layers import (
    GELU,
    Add,
    AveragePool2D,
    BatchNorm1D,
    BatchNorm2D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    GlobalMaxPool2D,
    LeakyReLU,
    MaxPool2D,
    ReLU,
    Sigmoid,
    SiLU,
    Tanh,
)
from pellucid.network.summary import describe

__all__ = ["CURVES", "SHIFT", "IntStep", "Quantized", "Scale", "quantized"]

SHIFT = 16
"""Bits behind the point of the factors of sums, averages and norms."""

LARGEST_SUM = 2**30
"""Beyond which a layer's sum might not fit 32 bits."""

MOST_IMAGES = 512
"""Images that ranges are taken from."""

KEEPING = (ReLU, MaxPool2D, GlobalMaxPool2D, Flatten)
"""Layers that give values that they read, so that the scale may stay."""

CURVES = (ReLU, LeakyReLU, Sigmoid, Tanh, SiLU, GELU)
"""Layers that go number by number: a table of 256 does what they do."""


@dataclass(frozen=True)
class Scale:
    """What the whole numbers of a value stand for: ``step * (q - zero)``."""

    step: float
    zero: int

    @classmethod
    def of(cls, low: float, high: float) -> Scale:
        """Return the scale of a range; 0 is in it, and is met exactly.

        Examples
        --------
        >>> Scale.of(-1.0, 254.0)
        Scale(step=1.0, zero=-127)
        """
        low, high = min(low, 0.0), max(high, 0.0)
        step = (high - low) / 255 or 1.0
        return cls(step, int(np.clip(round(-128 - low / step), -128, 127)))


@dataclass(frozen=True, eq=False)
class IntStep:
    """A layer in whole numbers.

    Attributes
    ----------
    step : Step
        Which.
    takes : tuple of Scale
        Of what it reads.
    gives : Scale
        Of what it gives.
    is_same : bool
        Whether nothing is done: what it gives is what it reads.
    is_last : bool
        Whether it gives floats: the logits.
    tables : dict of str to ndarray
        Its constants, integers but for ``scale``, what a sum of the last layer stands for.
    """

    step: Step
    takes: tuple[Scale, ...]
    gives: Scale
    is_same: bool = False
    is_last: bool = False
    tables: dict[str, NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Quantized:
    """A model in whole numbers.

    Attributes
    ----------
    description : Description
        Of the model.
    pixels : ndarray of shape (256,), int8, or None
        What a byte of an image becomes; None where pixels are floats.
    image : Scale
        Of the image.
    steps : tuple of IntStep
        In order.
    """

    description: Description
    pixels: NDArray[np.int8] | None
    image: Scale
    steps: tuple[IntStep, ...]


IMAGE = Scale(1 / 255, -128)


def quantized(description: Description, images: NDArray[Any]) -> Quantized:
    """Return a model in whole numbers.

    Parameters
    ----------
    description : Description
        Of classes or labels.
    images : ndarray of shape (n, C, H, W)
        Like those to come, as the export takes them; up to 512 are looked at.

    Raises
    ------
    ExportError
        A layer can't be expressed, or too many products are added up.
    """
    for step in description.steps:
        if not isinstance(step.layer, tuple(_MAKERS)):
            raise ExportError(
                f"Layer {step.place}, {describe(step.layer)}, can't be quantized to int8; export "
                "the model without it."
            )
    scales = _scales(description, images)
    steps = [_int_step(step, scales, description.steps[-1]) for step in description.steps]
    pixels = None
    if description.pixels.kind == "uint8":
        every = np.arange(256, dtype=np.uint8).reshape(-1, 1, 1, 1)
        unit = np.asarray(description.pixels.ready(every), np.float64).ravel()
        unit = unit / 255 if description.pixels.are_bytes else unit
        pixels = (np.rint(unit * 255) - 128).astype(np.int8)
    return Quantized(description, pixels, IMAGE, tuple(steps))


def _scales(description: Description, images: NDArray[Any]) -> dict[int, Scale]:
    """Return the scale of each value, by what some images make of it."""
    folding = folding_of(description.model.network)
    parameters = folding.fold(description.model.parameters)
    ready = description.pixels.ready(from_all_over(images, MOST_IMAGES))
    if not len(ready):
        raise ExportError("There are no images to quantize by; give some.")
    ends: dict[int, tuple[float, float]] = {}
    for start in range(0, len(ready), 32):
        unit = ready[start : start + 32].astype(np.float64)
        unit = unit / 255 if ready.dtype == np.uint8 else unit
        with np.errstate(all="ignore"):
            values = forward(folding.network, parameters, unit).activations
        for number, value in enumerate(values):
            low, high = ends.get(number, (0.0, 0.0))
            ends[number] = min(low, float(value.min())), max(high, float(value.max()))
    readers = Counter(value for step in description.steps for value in step.inputs)
    for step in reversed(description.steps):
        (first, *others) = step.inputs
        if isinstance(step.layer, KEEPING) and not others and readers[first] == 1 and first:
            ends[first] = ends[step.output]
    scales = {number: Scale.of(*pair) for number, pair in ends.items()}
    scales[0] = IMAGE
    for step in description.steps:
        if isinstance(step.layer, MaxPool2D | GlobalMaxPool2D | Flatten):
            scales[step.output] = scales[step.inputs[0]]
    return scales


def _int_step(step: Step, scales: dict[int, Scale], last: Step) -> IntStep:
    takes, gives = tuple(scales[value] for value in step.inputs), scales[step.output]
    plain = IntStep(step, takes, gives, is_last=step is last)
    if isinstance(step.layer, Flatten):
        return IntStep(step, takes, gives, is_same=True)
    if isinstance(step.layer, ReLU) and takes[0] == gives and gives.zero == -128:
        return IntStep(step, takes, gives, is_same=True)
    make = next(make for kind, make in _MAKERS.items() if isinstance(step.layer, kind))
    return IntStep(step, takes, gives, is_last=plain.is_last and make is _products,
                   tables=make(step, takes, gives))  # fmt: skip


Tables = dict[str, NDArray[Any]]


def _products(step: Step, takes: tuple[Scale, ...], gives: Scale) -> Tables:
    """Return the constants of a convolution or a dense layer."""
    weights = step.arrays["f" if isinstance(step.layer, Conv2D) else "w"].astype(np.float64)
    flat = weights.reshape(len(weights), -1)
    shift = step.arrays.get("b", np.zeros(len(flat))).astype(np.float64)
    # Where weights are next to nothing, a bias is to stay within 32 bits.
    least = np.abs(shift) / (takes[0].step * 2.0**27)
    own = np.maximum(np.abs(flat).max(axis=1) / 127, least)
    own[own == 0] = 1.0
    whole = np.rint(flat / own[:, None]).astype(np.int8)
    steps = own * takes[0].step
    bias = np.rint(shift / steps)
    sums = np.abs(whole.astype(np.int64)).sum(axis=1) * 255 + np.abs(bias)
    if sums.max() >= LARGEST_SUM:
        raise ExportError(
            f"Layer {step.place}, {describe(step.layer)}, adds up more than 32 bits hold; export "
            "the model without int8."
        )
    factors, shifts = _factors(steps / gives.step)
    return {
        "w": whole.reshape(weights.shape), "b": bias.astype(np.int32), "factor": factors,
        "shift": shifts, "scale": steps.astype(np.float32),
    }  # fmt: skip


def _factors(ratios: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """Return whole numbers of which ``factor / 2**shift`` are some ratios."""
    part, power = np.frexp(ratios)
    factors, shifts = np.rint(part * 2.0**31), 31 - power
    over = factors == 2**31
    factors, shifts = np.where(over, 2.0**30, factors), np.where(over, shifts - 1, shifts)
    far = shifts > 60
    factors, shifts = np.where(far, 0, factors), np.where(far, 60, shifts)
    if (shifts < 1).any():
        raise ExportError("A layer's values are far larger than those of the next; see its norms.")
    return factors.astype(np.int32), shifts.astype(np.int8)


def _table(step: Step, takes: tuple[Scale, ...], gives: Scale) -> Tables:
    """Return what each of the 256 whole numbers becomes."""
    inputs = takes[0].step * (np.arange(-128.0, 128.0) - takes[0].zero)
    with np.errstate(all="ignore"):
        values = rules_of(step.layer, False).forward(step.layer, inputs[:, None])[:, 0]
    held = np.clip(np.rint(values / gives.step) + gives.zero, -128, 127)
    return {"table": held.astype(np.int8)}


def _average(step: Step, takes: tuple[Scale, ...], gives: Scale) -> Tables:
    layer = step.layer
    window = layer.pool_pair if isinstance(layer, AveragePool2D) else step.takes[1:]
    ratio = takes[0].step / (math.prod(window) * gives.step)
    factors, shifts = _factors(np.array([ratio]))
    return {"factor": factors, "shift": shifts}


def _sum(step: Step, takes: tuple[Scale, ...], gives: Scale) -> Tables:
    ratios = np.array([scale.step / gives.step for scale in takes])
    return {"factor": _fixed(step, ratios)}


def _norm(step: Step, takes: tuple[Scale, ...], gives: Scale) -> Tables:
    m, s, b = (step.arrays[letter].astype(np.float64) for letter in "msb")
    return {
        "factor": _fixed(step, takes[0].step * s / gives.step),
        "b": _fixed(step, (b - m * s) / gives.step),
    }


def _fixed(step: Step, values: NDArray[np.float64]) -> NDArray[np.int32]:
    whole = np.rint(values * 2.0**SHIFT)
    if np.abs(whole).max() >= 2**31 - 1:
        raise ExportError(
            f"Layer {step.place}, {describe(step.layer)}, scales too far for int8; export the "
            "model without it."
        )
    return whole.astype(np.int32)


def _none(step: Step, takes: tuple[Scale, ...], gives: Scale) -> Tables:
    return {}


_MAKERS: dict[Any, Callable[[Step, tuple[Scale, ...], Scale], Tables]] = {
    Conv2D: _products, Dense: _products, MaxPool2D: _none, GlobalMaxPool2D: _none,
    AveragePool2D: _average, GlobalAveragePool2D: _average, Flatten: _none, Dropout: _none,
    Add: _sum, BatchNorm2D: _norm, BatchNorm1D: _norm, **dict.fromkeys(CURVES, _table),
}  # fmt: skip
