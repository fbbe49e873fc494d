"""Using parameters that were learned: probabilities, evaluation, and the gradient of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.data.checks import check_images, check_labels
from pellucid.execution.sections import Section, SectionResult, prepare, section_step, whole_section
from pellucid.execution.workers import Workers
from pellucid.network import Network

__all__ = ["Evaluation", "evaluate", "image_gradients", "predict_proba", "run_network"]

PART = 256
"""Images that one worker takes at a time."""


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
    labels = np.zeros(len(checked), dtype=np.int64)
    return run_network(network, parameters, checked, labels, workers).probabilities


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
    labels: NDArray[np.int64],
    workers: int | None,
    *,
    logits: bool = False,
) -> Evaluation:
    """Run images that were checked already; see :func:`evaluate`.

    With ``logits=True`` the ``probabilities`` of the result are the last layer's outputs as they
    are, without the softmax.
    """
    whole, four = whole_section(labels), _four_axes(images)
    probabilities = np.zeros((len(labels), network.classes), dtype=np.float32)
    prepare(network, training=False)

    def work(section: Section, out: NDArray[np.float32]) -> SectionResult:
        return section_step(
            network, parameters, four, section, training=False, probabilities=out, logits=logits
        )

    def work_on(where: slice) -> SectionResult:
        return work(whole.part(where), probabilities[where])

    if len(labels) <= PART:
        results = [work(whole, probabilities)]
    else:
        parts = [slice(start, start + PART) for start in range(0, len(labels), PART)]
        with Workers(workers) as threads:
            results = threads.map(work_on, parts)
    count = max(1, len(labels))
    return Evaluation(
        accuracy=sum(r.correct for r in results) / count,
        loss=sum(r.loss for r in results) / count,
        probabilities=probabilities,
    )


def _four_axes(images: NDArray[Any]) -> NDArray[Any]:
    return images[:, None] if images.ndim == 3 else images
