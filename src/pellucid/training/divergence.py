"""What to say of NaN and infinity in loss, gradient or step: in which layer, by which images."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

from pellucid.equations import forward
from pellucid.equations.dropout import image_keys
from pellucid.errors import DivergenceError
from pellucid.execution.sections import Outputs, Procedure, Section, section_step
from pellucid.kernels.optimizers.largest import largest
from pellucid.network.network import Network
from pellucid.network.summary import describe
from pellucid.training.optimizers.optimizer import Optimizer, Step

__all__ = ["divergence", "is_finite", "step_divergence"]

NAMED = 5
"""Images that a message names."""
LOOKED_AT = 4
"""Images whose way through the layers is followed."""

_LARGEST = float(np.finfo(np.float32).max)


def is_finite(loss: float, gradient: NDArray[np.float32]) -> bool:
    """Return whether an update may be made."""
    return math.isfinite(loss) and math.isfinite(largest(gradient))


def divergence(
    procedure: Procedure,
    images: NDArray[np.uint8] | NDArray[np.float32],
    batch: Section,
    step: Step,
    loss: float,
    optimizer: Optimizer,
) -> DivergenceError:
    """Return the error that says where NaN or infinity first appears.

    The kernels tell which images have it: those whose own outputs are not finite or, where
    all are, those whose own gradient is not. The equations then follow some of these images through
    the layers, in float64, to the first layer whose output is more than float32 can hold. If it is
    the gradient alone, the layer is the last one whose own part of it is not finite: on the way
    back the first.

    Parameters
    ----------
    procedure, images, batch
        What the update was computed from.
    step : Step
        What it would do, with the gradient that came out.
    loss : float
        The batch's mean.
    optimizer : Optimizer
        Its learning rate is what a person can lower.
    """
    parameters, gradient = step.parameters, step.gradient
    if procedure.augmentation is not None:  # a mixture would have two images to blame
        unmixed = dataclasses.replace(procedure.augmentation, mixup=0.0)
        procedure = procedure._replace(augmentation=unmixed)
    with np.errstate(all="ignore"):
        bad = _bad_forward(procedure, parameters, images, batch)
        if bad.any():
            index = _layer_forward(procedure, parameters, images, batch, bad)
        else:
            bad = _bad_backward(procedure, parameters, images, batch)
            index = _layer_backward(procedure.network, gradient)
    places = batch.indices[bad]
    layer = None if index is None else _named(procedure.network, index)
    what = f"The loss is {loss}" if not math.isfinite(loss) else "The gradient is not finite"
    return DivergenceError(
        f"{what} in update {step.number}: {_where(layer, math.isfinite(loss))}, "
        f"{_whom(places, len(batch.indices))}; lower the learning rate (now "
        f"{optimizer.learning_rate:g}). The parameters are those before this update.",
        update=step.number,
        layer=layer,
        images=places.tolist(),
    )


def step_divergence(
    network: Network, place: int, optimizer: Optimizer, number: int
) -> DivergenceError:
    """Return the error for a step that would make a parameter infinite; ``place`` is its place."""
    index = next(p.node for p in network.parameters if p.offset <= place < p.offset + p.size)
    layer = _named(network, index)
    return DivergenceError(
        f"{optimizer.name}'s step is not finite in update {number}: the first parameter that it "
        f"would make infinite is one of {layer}; {optimizer.advice()}. The parameters are those "
        "before this update.",
        update=number,
        layer=layer,
    )


def _named(network: Network, index: int) -> str:
    node = network.nodes[index]
    return f"layer {node.name}, {describe(node.layer)}"


def _where(layer: str | None, in_gradient: bool) -> str:
    if layer is None:
        return "it first appears in a sum of finite numbers that float32 can't hold"
    return f"it first appears in the {'gradient' if in_gradient else 'output'} of {layer}"


def _whom(places: NDArray[np.int64], count: int) -> str:
    if not len(places):
        return f"in the sum over the batch's {count:,} images, none of which has it alone"
    shown = ", ".join(map(str, places[:NAMED].tolist()))
    more = f" and {len(places) - NAMED:,} more" if len(places) > NAMED else ""
    part = "all" if len(places) == count else f"{len(places):,}"
    return f"for {part} of the batch's {count:,} images (number {shown}{more} of the data)"


def _bad_forward(
    procedure: Procedure,
    parameters: NDArray[np.float32],
    images: NDArray[np.uint8] | NDArray[np.float32],
    batch: Section,
) -> NDArray[np.bool_]:
    """Return which images have outputs that are not finite; a sigmoid would hide infinity."""
    logits = np.zeros((len(batch.indices), procedure.network.classes), dtype=np.float32)
    section_step(procedure, parameters, images, batch, Outputs(logits, True), training=False)
    return np.asarray(~np.isfinite(logits).all(axis=1))


def _bad_backward(
    procedure: Procedure,
    parameters: NDArray[np.float32],
    images: NDArray[np.uint8] | NDArray[np.float32],
    batch: Section,
) -> NDArray[np.bool_]:
    """Return which images have a gradient that is not finite: halves, and halves of these."""
    bad = np.zeros(len(batch.indices), dtype=bool)
    parts = [slice(0, len(bad))]
    while parts:
        part = parts.pop()
        result = section_step(procedure, parameters, images, batch.part(part))
        if is_finite(result.loss, result.gradient):
            continue
        if part.stop - part.start == 1:
            bad[part] = True
            continue
        middle = (part.start + part.stop) // 2
        parts += [slice(part.start, middle), slice(middle, part.stop)]
    return bad


def _layer_forward(
    procedure: Procedure,
    parameters: NDArray[np.float32],
    images: NDArray[np.uint8] | NDArray[np.float32],
    batch: Section,
    bad: NDArray[np.bool_],
) -> int | None:
    """Return the first layer whose output float32 can't hold, for any of some bad images."""
    some = np.flatnonzero(bad)[:LOOKED_AT]
    pixels = []
    for place in some.tolist():
        number, image = batch.indices[place], batch.identities[place]
        one = images[number : number + 1]
        if procedure.augmentation is None:
            scaled = one / 255.0 if one.dtype == np.uint8 else one.astype(np.float64)
        else:
            scaled = procedure.augmentation.apply(
                one, seed=procedure.seed, pass_number=int(image[0]), first=int(image[1])
            )
        pixels.append(scaled)
    keys = image_keys(procedure.seed, *batch.identities[some].T)
    found = forward(procedure.network, parameters, np.concatenate(pixels), keys)
    for index, output in enumerate(found.activations[1:]):
        if not (np.abs(output) <= _LARGEST).all():
            return index
    return None


def _layer_backward(network: Network, gradient: NDArray[np.float32]) -> int | None:
    views = network.views(gradient)
    bad = [p.node for p in network.parameters if not np.isfinite(views[p.name]).all()]
    return max(bad, default=None)
