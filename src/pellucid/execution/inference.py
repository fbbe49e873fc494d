"""Using parameters that were learned: probabilities, evaluation, and the gradient of an image."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.arguments import count_workers, instance
from pellucid.equations.rules import loss_rules_of
from pellucid.execution.memory import check_inference_memory
from pellucid.execution.sections import (
    AROUND,
    FEW,
    GRAIN,
    Outputs,
    Procedure,
    Section,
    SectionResult,
    prepare,
    section_step,
    threads_for,
    unlabeled,
    whole_section,
)
from pellucid.execution.targets import Targets, check_targets, score_of
from pellucid.execution.workers import shared_workers
from pellucid.images.checks import check_images
from pellucid.images.views import Views, as_seen, views_for
from pellucid.network.loss import TargetKind
from pellucid.network.loss.crossentropy import EPS
from pellucid.network.network import Network

__all__ = [
    "Evaluation",
    "evaluate",
    "image_gradients",
    "not_finite",
    "predict_proba",
    "run_network",
]

PART, PARTS = 256, 4
"""Images that one worker takes at a time, at the most, and parts of fewer images than that."""

AT_ONCE = 4096
"""Images that are mirrored and shifted at a time."""

SURE = 2.0**-25
"""Half of how far below 1 the next float32 is: the least doubt that a mean over views has."""

WORTH_A_PART = 16_000_000
"""Multiply-adds of a part, at the least: what comes once a part, such as packing filters, is then
a quarter of it at the most."""


@dataclass(frozen=True)
class Evaluation:
    """How a network does on labeled images.

    Attributes
    ----------
    accuracy : float
        The share of images that it has right; where each may have several labels, with all of them.
        Where the loss is of numbers it is R^2, the part of the targets' variance that the outputs
        explain: 1 at best, 0 for who says the mean of each column.
    loss : float
        The mean loss; cross-entropy is in nats an image.
    probabilities : ndarray of shape (n, classes), float32
        Its output for every image; the numbers where the loss is of numbers.
    kind : "classes", "labels" or "numbers"
        What the loss holds the outputs to.

    Examples
    --------
    >>> Evaluation(0.5, 0.6, np.array([[0.9, 0.1], [0.7, 0.3]], np.float32)).predicted
    array([0, 0])
    """

    accuracy: float
    loss: float
    probabilities: NDArray[np.float32]
    kind: TargetKind = "classes"

    def __repr__(self) -> str:
        images, outputs = self.probabilities.shape
        score = (
            f"R2 {self.accuracy:.4f}" if self.kind == "numbers" else f"accuracy {self.accuracy:.3%}"
        )
        return (
            f"<Evaluation: {score}, loss {self.loss:.4f} on {images:,} images "
            f"of {outputs} {self.kind}>"
        )

    @property
    def predicted(self) -> NDArray[Any]:
        """What is said of every image.

        The most probable class, int64; of several labels, int64 of shape (n, labels), 1 for those
        that are likelier than not; of numbers, these.
        """
        if self.kind == "classes":
            return np.asarray(self.probabilities.argmax(axis=1), dtype=np.int64)
        if self.kind == "labels":
            return (self.probabilities > 0.5).astype(np.int64)
        return self.probabilities


def predict_proba(
    network: Network,
    parameters: NDArray[np.float32],
    images: ArrayLike,
    workers: int | None = None,
    views: Views | None = None,
) -> NDArray[np.float32]:
    """Return each image's probability of each class.

    ``probs[n, k] = exp(out[n, k]) / sum_l exp(out[n, l])``, with ``out`` the last layer's scores.
    Where the loss is of several labels, ``probs = sigmoid(out)``, and where it is of numbers, these
    are what is returned, ``out``. Images are never randomized. Up to eight images are computed one
    by one, others side by side; an image has the same bits either way. With several views of an
    image it is the mean over them, added up in float64 and in their order.

    Parameters
    ----------
    network : Network
        What to compute.
    parameters : ndarray of shape (network.size,), float32
        What it has learned.
    images : array-like of shape (n, H, W) or (n, C, H, W)
        uint8, or floats in [0, 1].
    workers : int, optional
        Threads; the default is one on each processor. It never changes the result.
    views : {"mirror", "shifts", "mirror+shifts"}, optional
        Look at each image and its mirror image; at it and four that are shifted by a pixel (of
        images above 48 pixels by more, a 32nd of the shorter side), at whose edges the outermost
        pixels go on; or at both: it takes 2, 5 or 10 times as long. Where left and right matter, as
        in writing, the mirror image misleads.

    Returns
    -------
    ndarray of shape (n, classes), float32
        Of classes each row sums to 1.

    Raises
    ------
    ConfigurationError
        ``workers`` is no whole number of at least 1, or ``views`` none of those.
    DataError
        Images of another shape or dtype, or with values out of range; the message names the first.
    NetworkError
        The parameters have another length than the network's.

    Notes
    -----
    Source: "Forward" in docs/equations.md.

    Examples
    --------
    >>> from pellucid import Dense, Flatten, Network
    >>> network = Network([Flatten(), Dense(2)], (2, 2))
    >>> parameters = np.zeros(network.size, np.float32)
    >>> predict_proba(network, parameters, np.zeros((1, 2, 2), np.uint8)).tolist()
    [[0.5, 0.5]]
    """
    _check_settings(network, workers)
    seen = views_for(views, network.input_shape)
    checked = check_images(images, network.input_shape)
    if len(seen) == 1:
        return run_network(network, parameters, checked, None, workers).probabilities
    means = np.empty((len(checked), network.classes), dtype=np.float32)
    for start in range(0, len(checked), AT_ONCE):
        part = checked[start : start + AT_ONCE]
        sums = np.zeros((len(part), network.classes))
        for view in seen:
            sums += run_network(
                network, parameters, as_seen(part, view), None, workers
            ).probabilities
        means[start : start + AT_ONCE] = sums / len(seen)
    return means


def evaluate(
    network: Network,
    parameters: NDArray[np.float32],
    images: ArrayLike,
    labels: ArrayLike,
    workers: int | None = None,
    views: Views | None = None,
) -> Evaluation:
    """Return accuracy, loss and probabilities on labeled images, which are not randomized.

    ``loss = mean_n -log(max(eps, min(probs[n, label[n]], 1 - eps)))``, ``eps = 1e-10``; accuracy is
    the share of images whose label has the largest probability, the first of equals. The network
    may have another loss; what accuracy is then says :class:`Evaluation`. With several views of an
    image both are of the mean over them.

    Parameters
    ----------
    network : Network
        What to compute.
    parameters : ndarray of shape (network.size,), float32
        What it has learned.
    images : array-like of shape (n, H, W) or (n, C, H, W)
        uint8, or floats in [0, 1].
    labels : array-like of shape (n,)
        True class indices, from 0; by another loss than cross-entropy (n, outputs), what each
        output should be.
    workers : int, optional
        Threads; the default is one on each processor. It never changes the result.
    views : {"mirror", "shifts", "mirror+shifts"}, optional
        As for :func:`predict_proba`.

    Returns
    -------
    Evaluation
        ``accuracy``, ``loss`` in nats an image, and ``probabilities``.

    Raises
    ------
    ConfigurationError, NetworkError
        As :func:`predict_proba`.
    DataError
        Images or labels that can't be used, or not as many of these as of those.

    Notes
    -----
    Source: "Cross-entropy" in docs/equations.md.

    Examples
    --------
    >>> from pellucid import Dense, Flatten, Network
    >>> network = Network([Flatten(), Dense(2)], (2, 2))
    >>> parameters = np.zeros(network.size, np.float32)
    >>> found = evaluate(network, parameters, np.zeros((4, 2, 2), np.uint8), [0, 1, 0, 0])
    >>> found.accuracy, round(found.loss, 4)
    (0.75, 0.6931)
    """
    _check_settings(network, workers)
    checked = check_images(images, network.input_shape)
    targets = check_targets(network, labels, len(checked))
    if views is None:
        return run_network(network, parameters, checked, targets, workers)
    return _of_views(
        network, predict_proba(network, parameters, checked, workers, views), targets
    )  # fmt: skip


def _of_views(
    network: Network, probabilities: NDArray[np.float32], targets: Targets
) -> Evaluation:  # fmt: skip
    """Return accuracy and loss of what is the mean over several views, by the equations."""
    loss, kind = network.loss, network.loss.targets
    outputs = probabilities.astype(np.float64)
    if kind != "numbers":  # the scores that have these probabilities, which float32 may round to 1
        outputs = np.clip(outputs, EPS, 1.0 if kind == "classes" else 1.0 - SURE)
        outputs = np.log(outputs) - (0.0 if kind == "classes" else np.log1p(-outputs))
    losses = loss_rules_of(loss).loss(loss, outputs, targets, None)
    found = Evaluation(0.0, math.fsum(losses) / max(1, len(targets)), probabilities, kind)
    if kind == "numbers":
        with np.errstate(under="ignore"):
            measure = float(((outputs - targets) ** 2).sum())
    else:
        is_right = found.predicted == (targets if kind == "classes" else targets > 0.5)
        measure = float(is_right.reshape(len(targets), -1).all(axis=1).sum())
    return replace(found, accuracy=score_of(kind, [measure], targets))


def not_finite(values: NDArray[Any], parameters: NDArray[np.float32]) -> str | None:
    """Return in a sentence that what a network gives, a row an image, holds NaN or infinity.

    Parameters may be finite, and their products not.

    Examples
    --------
    >>> not_finite(np.array([[0.5], [np.nan]]), np.array([1, -2e20], np.float32))
    'The model gives NaN for 1 of 2 images, so it says nothing of them: its parameters go up to
    2e+20, too large to compute with. Train it anew with a lower learning rate.'
    >>> not_finite(np.array([[0.5]]), np.array([1.0], np.float32))
    """
    finite = np.isfinite(values)
    if finite.all():
        return None
    bad = np.count_nonzero(~finite.reshape(len(values), -1).all(axis=1))
    largest = float(np.abs(parameters).max())
    return (
        f"The model gives NaN for {bad:,} of {len(values):,} images, so it says nothing of them: "
        f"its parameters go up to {largest:.3g}, too large to compute with. Train it anew with a "
        "lower learning rate."
    )


def image_gradients(
    network: Network, parameters: NDArray[np.float32], images: ArrayLike, labels: ArrayLike
) -> NDArray[np.float32]:
    """Return the gradient of each image's loss by its pixels: the saliency map.

    ``dImage = dLoss / dImage``, the last of the ten backward steps, where Loss is the cross-entropy
    of the image's own label, or the network's own loss. A pixel with a large gradient, of either
    sign, matters to the loss.

    Parameters
    ----------
    network : Network
        What to compute.
    parameters : ndarray of shape (network.size,), float32
        What it has learned.
    images : array-like of shape (n, H, W) or (n, C, H, W)
        uint8, or floats in [0, 1]; they are not randomized.
    labels : array-like of shape (n,)
        Class indices, from 0: the true ones, or those whose pixels are asked for. By another loss
        (n, outputs), as for :func:`evaluate`.

    Returns
    -------
    ndarray of shape (n, C, H, W), float32
        In nats a pixel, for pixels in [0, 1] whatever the images' dtype.

    Raises
    ------
    DataError
        Images or labels that can't be used.
    NetworkError
        The parameters have another length than the network's.

    Notes
    -----
    Source: the founding document's step 10 of backpropagation, listed in docs/equations.md. As a
    picture: K. Simonyan, A. Vedaldi, A. Zisserman, "Deep Inside Convolutional Networks", 2014.

    Examples
    --------
    >>> from pellucid import Dense, Flatten, Network
    >>> network = Network([Flatten(), Dense(2)], (1, 2))
    >>> parameters = np.array([1, 0, 0, 0, 0, 0], np.float32)  # the first pixel speaks for class 0
    >>> image_gradients(network, parameters, np.zeros((1, 1, 2), np.uint8), [0]).tolist()
    [[[[-0.5, 0.0]]]]
    """
    _check_settings(network)
    checked = check_images(images, network.input_shape)
    targets = check_targets(network, labels, len(checked))
    out = np.zeros((len(checked), *network.input_shape), dtype=np.float32)
    section = whole_section(targets)
    section_step(
        Procedure(network), parameters, _four_axes(checked), section, Outputs(image_gradients=out)
    )
    return out


def _check_settings(network: Any, workers: int | None = None) -> None:
    """Refuse what is no network, or no number of threads, however few images there are."""
    instance("network", network, Network, "classifier.network_")
    if workers is not None:
        count_workers(workers)


def run_network(
    network: Network,
    parameters: NDArray[np.float32],
    images: NDArray[Any],
    targets: Targets | None,
    workers: int | None,
    *,
    logits: bool = False,
    weights: NDArray[np.float64] | None = None,
) -> Evaluation:
    """Run images that were checked already, which need no targets; see :func:`evaluate`.

    With ``logits=True`` the ``probabilities`` of the result are the last layer's outputs as they
    are, without the softmax. With ``weights`` the loss is the weighted mean; accuracy counts every
    image once.
    """
    procedure, four, count = Procedure(network), _four_axes(images), len(images)
    whole = unlabeled(network, count) if targets is None else whole_section(targets)
    probabilities = np.zeros((count, network.classes), dtype=np.float32)
    outputs = Outputs(probabilities, logits)
    total = float(max(1, count))
    if weights is not None:
        whole, total = whole._replace(weights=weights), math.fsum(weights)
    if count <= FEW:  # a single image would wait for the slices
        results = [section_step(procedure, parameters, four, whole, outputs, training=False)]
    else:
        parts = -(-count // part_size(network, count))
        check_inference_memory(network, count_workers(workers), count, parts)
        prepare(network, training=False)
        results = _in_parts(procedure, parameters, four, whole, outputs, workers)
    kind = network.loss.targets
    return Evaluation(
        accuracy=score_of(kind, (r.measure for r in results), whole.targets),
        loss=sum(r.loss for r in results) / total,
        probabilities=probabilities,
        kind=kind,
    )


def _in_parts(
    procedure: Procedure,
    parameters: NDArray[np.float32],
    images: NDArray[Any],
    whole: Section,
    outputs: Outputs,
    workers: int | None,
) -> list[SectionResult]:
    """Share images out among threads; all parts fill their places of the same array."""

    def work_on(where: slice) -> SectionResult:
        section, own = whole.part(where), outputs.part(where)
        return section_step(procedure, parameters, images, section, own, training=False)

    network, count = procedure.network, len(images)
    size, most = part_size(network, count), threads_for(network, count, training=False)
    parts = [slice(start, start + size) for start in range(0, count, size)]
    return shared_workers(count_workers(workers)).map(work_on, parts, most=most)


def part_size(network: Network, images: int) -> int:
    """Return how many images a worker takes at a time.

    It follows from images and network alone, so that the sum of the losses does, too.

    Examples
    --------
    >>> from pellucid import Dense, Flatten, presets
    >>> [part_size(presets.reference(), images) for images in (100, 300, 1024, 10_000)]
    [48, 80, 256, 256]
    >>> part_size(Network([Flatten(), Dense(10)], (8, 8)), 10_000)
    784
    """
    grain = (network.multiply_adds + AROUND) * GRAIN
    least = -(-WORTH_A_PART // grain) * GRAIN
    return max(least, min(PART, -(-images // (PARTS * GRAIN)) * GRAIN))


def _four_axes(images: NDArray[Any]) -> NDArray[Any]:
    return images[:, None] if images.ndim == 3 else images
