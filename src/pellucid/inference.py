"""Using parameters that were learned: probabilities, evaluation, and the gradient of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.data.checks import check_images, check_labels
from pellucid.execution.sections import (
    AROUND,
    FEW,
    GRAIN,
    SectionResult,
    prepare,
    section_step,
    threads_for,
    unlabeled,
    whole_section,
)
from pellucid.execution.workers import count_workers, shared_workers
from pellucid.network import Network

__all__ = ["Evaluation", "evaluate", "image_gradients", "predict_proba", "run_network"]

PART, PARTS = 256, 4
"""Images that one worker takes at a time, at the most, and parts of fewer images than that."""

WORTH_A_PART = 16_000_000
"""Multiply-adds of a part, at the least: what comes once a part, such as packing filters, is then
a quarter of it at the most."""


@dataclass(frozen=True)
class Evaluation:
    """How a network does on labeled images.

    Attributes
    ----------
    accuracy : float
        The share that it has right.
    loss : float
        Mean cross-entropy, in nats an image.
    probabilities : ndarray of shape (n, classes), float32
        Its output for every image.
    """

    accuracy: float
    loss: float
    probabilities: NDArray[np.float32]

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable class of every image."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.int64)


def predict_proba(
    network: Network,
    parameters: NDArray[np.float32],
    images: ArrayLike,
    workers: int | None = None,
) -> NDArray[np.float32]:
    """Return each image's probability of each class.

    Parameters
    ----------
    network : Network
        What to compute.
    parameters : ndarray of shape (network.size,), float32
        What it has learned.
    images : array-like of shape (n, H, W) or (n, C, H, W)
        uint8, or floats in [0, 1].
    workers : int, optional
        Threads; the default is one on each processor.

    Returns
    -------
    ndarray of shape (n, classes), float32
        Each row sums to 1.

    Raises
    ------
    DataError
        Images that can't be used.
    """
    checked = check_images(images, network.input_shape)
    return run_network(network, parameters, checked, None, workers).probabilities


def evaluate(
    network: Network,
    parameters: NDArray[np.float32],
    images: ArrayLike,
    labels: ArrayLike,
    workers: int | None = None,
) -> Evaluation:
    """Return accuracy, loss and probabilities on labeled images; see :func:`predict_proba`."""
    checked = check_images(images, network.input_shape)
    indices = check_labels(labels, network.classes, len(checked))
    return run_network(network, parameters, checked, indices, workers)


def image_gradients(
    network: Network, parameters: NDArray[np.float32], images: ArrayLike, labels: ArrayLike
) -> NDArray[np.float32]:
    """Return the gradient of each image's loss by its pixels: the saliency map.

    ``dImage = dLoss / dImage``, the last of the ten backward steps, where Loss is the cross-entropy
    of the image's own label.

    Returns
    -------
    ndarray of shape (n, C, H, W), float32
    """
    checked = check_images(images, network.input_shape)
    indices = check_labels(labels, network.classes, len(checked))
    out = np.zeros((len(checked), *network.input_shape), dtype=np.float32)
    section_step(
        network, parameters, _four_axes(checked), whole_section(indices), image_gradients=out
    )
    return out


def run_network(
    network: Network,
    parameters: NDArray[np.float32],
    images: NDArray[Any],
    labels: NDArray[np.int64] | None,
    workers: int | None,
    *,
    logits: bool = False,
) -> Evaluation:
    """Run images that were checked already, which need no labels; see :func:`evaluate`.

    With ``logits=True`` the ``probabilities`` of the result are the last layer's outputs as they
    are, without the softmax.
    """
    four, count = _four_axes(images), len(images)
    whole = unlabeled(count) if labels is None else whole_section(labels)
    probabilities = np.zeros((count, network.classes), dtype=np.float32)

    def work_on(where: slice) -> SectionResult:
        return section_step(
            network, parameters, four, whole.part(where), training=False,
            probabilities=probabilities[where], logits=logits,
        )  # fmt: skip

    if count <= FEW:  # a single image would wait for the slices
        results = [
            section_step(
                network, parameters, four, whole, training=False, probabilities=probabilities,
                logits=logits,
            )
        ]  # fmt: skip
    else:
        prepare(network, training=False)
        size, most = part_size(network, count), threads_for(network, count, training=False)
        parts = [slice(start, start + size) for start in range(0, count, size)]
        results = shared_workers(count_workers(workers)).map(work_on, parts, most=most)
    return Evaluation(
        accuracy=sum(r.correct for r in results) / max(1, count),
        loss=sum(r.loss for r in results) / max(1, count),
        probabilities=probabilities,
    )


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
