"""Sections: the parts of a batch that are worked on at once, and the pure function that works.

A batch is cut by its size and the configured number of sections, never by how many workers there
are. Each section's arithmetic has a fixed order, and whoever adds the sections up does it in their
order, so the result has the same bits on any number of workers.
"""

from __future__ import annotations

import functools
import threading
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.execution.mixup import loss_of_two, mixed_images, mixed_targets
from pellucid.execution.targets import Targets, no_targets, taken
from pellucid.images.augmentation import Augmentation
from pellucid.kernels.compiling.vector import LANES
from pellucid.kernels.execute import (
    enter_op,
    layout_of,
    leave_op,
    run_one_by_one,
    run_section,
)
from pellucid.kernels.plan import plan_for
from pellucid.kernels.plan_one_image import OneImagePlan, plan_for_one_image
from pellucid.kernels.program.arena import new_arena
from pellucid.kernels.program.draft import Plan
from pellucid.kernels.stretches import run_stretches
from pellucid.network.folding import folding_of
from pellucid.network.network import Network

__all__ = [
    "Outputs",
    "Procedure",
    "Section",
    "SectionResult",
    "cut",
    "prepare",
    "section_step",
    "threads_for",
    "unlabeled",
    "whole_section",
]

GRAIN = 16
"""Sections are whole multiples of this many images, but for the last: what kernels take at once."""

FEW = 8
"""Up to as many images are predicted one by one, where a whole chunk would be mostly empty."""

AROUND = 20_000
"""What reading an image and its loss take, in multiply-adds."""

WORTH_A_THREAD = {True: 8_000_000, False: 32_000_000}
"""Multiply-adds of a forward pass that another thread is woken for, in training and without: a
fifth of a millisecond."""

_local = threading.local()
_NO_GRADIENT = np.zeros(0, dtype=np.float32)
_NO_PROBABILITIES = np.zeros((0, 0), dtype=np.float32)


class Procedure(NamedTuple):
    """What all sections of a training have in common: network, randomizing, and its seed.

    Without augmentation images are taken as they are.
    """

    network: Network
    augmentation: Augmentation | None = None
    seed: int = 0


class Section(NamedTuple):
    """Which images a section works on; made eight times an update, so a light one.

    Attributes
    ----------
    indices : ndarray of shape (n,), int64
        Their places in the array of images.
    targets : ndarray of shape (n,), int64, or (n, outputs), float32
        What they are held to: their classes or, by another loss, what each output should be.
    weights : ndarray of shape (n,), float64
        What each counts.
    identities : ndarray of shape (n, 2), int64
        What their randomizing and dropout are keyed by, beside the seed: pass, and number in it.
    """

    indices: NDArray[np.int64]
    targets: Targets
    weights: NDArray[np.float64]
    identities: NDArray[np.int64]

    def part(self, where: slice) -> Section:
        """Return some of the images."""
        return Section(
            self.indices[where], self.targets[where], self.weights[where], self.identities[where]
        )

    def moved_to(self, start: int) -> Section:
        """Return the same images where they lie one after another from ``start`` on."""
        indices = np.arange(start, start + len(self.indices))
        return Section(indices, self.targets, self.weights, self.identities)


class Outputs(NamedTuple):
    """Arrays that a section fills, beside what it returns.

    Attributes
    ----------
    probabilities : ndarray of shape (n, classes), float32, or None
        The network's output.
    logits : bool
        Whether ``probabilities`` get the last layer's outputs as they are, without the softmax.
    image_gradients : ndarray of shape (n, C, H, W), float32, or None
        Each image's gradient; then no parameter's gradient is computed.
    statistics_alone : bool
        Whether, in training, only the way forward is gone: of the gradient there are the norms'
        statistics alone, where those of the running ones stand.
    """

    probabilities: NDArray[np.float32] | None = None
    logits: bool = False
    image_gradients: NDArray[np.float32] | None = None
    statistics_alone: bool = False

    def part(self, where: slice) -> Outputs:
        """Return the places of some of the images."""
        probabilities, gradients = self.probabilities, self.image_gradients
        return self._replace(
            probabilities=None if probabilities is None else probabilities[where],
            image_gradients=None if gradients is None else gradients[where],
        )


class SectionResult(NamedTuple):
    """What a section gives.

    Attributes
    ----------
    gradient : ndarray of shape (network.size,), float32
        Summed over the images; empty where none was asked for.
    loss : float
        Weighted losses, summed over the images, in nats.
    measure : float
        How many images the network had right; of a loss of numbers the squared errors, summed over
        images and outputs. :func:`pellucid.execution.targets.score_of` makes a score of it.
    """

    gradient: NDArray[np.float32]
    loss: float
    measure: float


_NO_OUTPUTS = Outputs()


def cut(images: int, sections: int) -> list[slice]:
    """Cut a batch into at most ``sections`` parts of whole grains; only the last may be smaller.

    Examples
    --------
    >>> [s.stop - s.start for s in cut(1024, 8)]
    [128, 128, 128, 128, 128, 128, 128, 128]
    >>> [s.stop - s.start for s in cut(40, 8)]
    [16, 16, 8]
    """
    size = -(-images // (sections * GRAIN)) * GRAIN
    return [slice(start, min(start + size, images)) for start in range(0, images, size)]


def threads_for(network: Network, images: int, *, training: bool) -> int:
    """Return how many threads some images are worth at the most.

    Examples
    --------
    >>> from pellucid import presets
    >>> [threads_for(presets.reference(), n, training=True) for n in (16, 32, 1024)]
    [1, 2, 45]
    """
    work = images * (network.multiply_adds + AROUND)
    return 1 + work // WORTH_A_THREAD[training]


def whole_section(targets: Targets, passes: NDArray[np.int64] | None = None) -> Section:
    """Return the section of all images, in order, each counting 1."""
    count = len(targets)
    indices = np.arange(count)
    numbers = np.zeros(count, dtype=np.int64) if passes is None else passes
    return Section(indices, targets, np.ones(count), np.stack([numbers, indices], axis=1))


def unlabeled(network: Network, count: int) -> Section:
    """Return the section of the first ``count`` images, for what needs no targets."""
    if count <= FEW:
        return _few_unlabeled(network, count)
    return whole_section(no_targets(network, count))


@functools.lru_cache(maxsize=8 * FEW)
def _few_unlabeled(network: Network, count: int) -> Section:
    """Keep these: their arrays take longer to make than a small network takes for an image."""
    return whole_section(no_targets(network, count))


@functools.lru_cache(maxsize=64)
def prepare(network: Network, *, training: bool = True) -> None:
    """Compile, or load from the cache, what sections of a network need; else the first one does."""
    images = np.zeros((1, *network.input_shape), dtype=np.uint8)
    one = whole_section(no_targets(network, 1))
    parameters = np.zeros(network.size, dtype=np.float32)
    # A section of no images takes the way of many, one of one the other.
    for section in (one.part(slice(0)), *([] if training else [one])):
        section_step(Procedure(network), parameters, images, section, training=training)


def section_step(
    procedure: Procedure,
    parameters: NDArray[np.float32],
    images: NDArray[np.uint8] | NDArray[np.float32],
    section: Section,
    outputs: Outputs = _NO_OUTPUTS,
    *,
    training: bool = True,
) -> SectionResult:
    """Work on one section: randomize, forward, loss and, in training, backward.

    A pure function but for the arrays it is given to fill; any thread or process may run it.

    Parameters
    ----------
    procedure : Procedure
        What to compute, and how to randomize.
    parameters : ndarray of shape (network.size,), float32
        The network's; other kinds of floats are converted.
    images : ndarray of shape (N, C, H, W), uint8 or float32, C-contiguous
        Bytes as stored, or floats in [0, 1]; checked by the caller.
    section : Section
        Which of them, with their targets.
    outputs : Outputs, optional
        What to fill; the default is nothing.
    training : bool, default True
        Whether to compute the gradient.

    Raises
    ------
    NetworkError
        The parameters are not those of the network.
    """
    network, augmentation, seed = procedure
    probabilities, logits, image_gradients, statistics_alone = outputs
    has_gradient = training and image_gradients is None
    if network.trained_size < network.size and not has_gradient:
        network, parameters = _folded(network, parameters)
    is_plain = not training and image_gradients is None and augmentation is None
    if is_plain and 0 < len(section.indices) <= FEW:
        few = plan_for_one_image(network)
        if few is not None:
            return _few(few, network, parameters, images, section, probabilities, logits)
    to_image = image_gradients is not None
    plan = plan_for(network, training or to_image, to_image)
    chunks = max(1, -(-len(section.indices) // LANES)) if plan.has_joins else 1
    if getattr(_local, "plan", None) is not plan or len(_local.arenas) < chunks:
        _local.plan, _local.loss = plan, plan.loss.copy()
        _local.arenas = new_arena(plan.size, chunks).reshape(chunks, -1)
    gradient = np.zeros(network.size if has_gradient else 0, dtype=np.float32)
    # Kernels get addresses: what lies there must stay until they are done.
    ranges = None if augmentation is None else augmentation.ranges()
    entering = enter_op(plan, _address(images), images.dtype == np.float32, ranges, seed)
    losing = _local.loss
    if augmentation is not None and augmentation.mixup and len(section.indices) > 1:
        images, section = _mixed(plan, entering, augmentation.mixup, section)
        entering = enter_op(plan, _address(images), True, None, seed)
        losing = loss_of_two(plan, section.targets, losing)
    leaving = leave_op(plan, None if image_gradients is None else _address(image_gradients))
    checked, targets = network.check_parameters(parameters), taken(network, section.targets)
    what = (
        np.ascontiguousarray(section.indices), _address(targets),
        np.ascontiguousarray(section.weights, np.float64),
        np.ascontiguousarray(section.identities),
        _NO_PROBABILITIES if probabilities is None else probabilities, logits,
    )  # fmt: skip
    if plan.has_joins:
        forward, backward = plan.forward_joins, plan.backward_joins
        back = slice(0 if statistics_alone else None)  # of nothing
        loss, measure = run_stretches(
            plan.begin, plan.forward, forward.shared, forward.places, forward.ops,
            plan.backward[back], backward.shared[back], backward.places[back], backward.ops[back],
            plan.end[back], layout_of(plan), _local.arenas, checked, gradient, entering, losing,
            *what,
        )  # fmt: skip
    else:
        loss, measure = run_section(
            plan.begin, plan.forward, plan.backward, plan.end, layout_of(plan), _local.arenas[0],
            checked, gradient, entering, leaving, losing, *what,
        )  # fmt: skip
    return SectionResult(gradient, float(loss), float(measure))


def _mixed(
    plan: Plan, entering: NDArray[np.int64], alpha: float, section: Section
) -> tuple[NDArray[np.float32], Section]:
    """Return a section's images, randomized and mixed, and the section that they make."""
    indices, targets, weights, identities = section
    images, shares = mixed_images(
        plan, _local.arenas[0], entering, np.ascontiguousarray(indices),
        np.ascontiguousarray(identities), alpha,
    )  # fmt: skip
    both, counts = mixed_targets(targets, np.asarray(weights, np.float64), shares)
    return images, Section(np.arange(len(indices)), both, counts, identities)


def _folded(
    network: Network, parameters: NDArray[np.float32]
) -> tuple[Network, NDArray[np.float32]]:
    """Return a network without the norms that layers before them take in, and its parameters."""
    parameters = network.check_parameters(parameters)
    held = getattr(_local, "folded", None)
    if held is None or held[0] is not network or not np.array_equal(held[1], parameters):
        copy = parameters.copy()  # first: another thread may train meanwhile
        folding = folding_of(network)
        held = _local.folded = network, copy, folding.network, folding.fold(copy)
    return held[2], held[3]


def _few(
    plan: OneImagePlan,
    network: Network,
    parameters: NDArray[np.float32],
    images: NDArray[np.uint8] | NDArray[np.float32],
    section: Section,
    probabilities: NDArray[np.float32] | None,
    logits: bool,
) -> SectionResult:
    """Take a few images through a network one by one; the same bits as all at once."""
    parameters = network.check_parameters(parameters)
    held = getattr(_local, "few", None)
    if held is None or held[0] is not plan:
        # Other parameters than those to come, bit by bit, so that these are packed.
        packed = (~parameters.view(np.int32)).view(np.float32)
        held = _local.few = plan, new_arena(plan.size), packed, plan.loss.copy()
    targets = taken(network, section.targets)
    loss, measure = run_one_by_one(
        plan.begin, plan.forward, plan.layout, held[1], parameters, held[2], held[3],
        _address(images), images.dtype == np.float32, section.indices, _address(targets),
        np.ascontiguousarray(section.weights, np.float64),
        _NO_PROBABILITIES if probabilities is None else probabilities, logits,
    )  # fmt: skip
    return SectionResult(_NO_GRADIENT, float(loss), float(measure))


def _address(array: NDArray[Any]) -> int:
    # Faster than array.ctypes.data, for which an image alone would wait.
    return int(array.__array_interface__["data"][0])
