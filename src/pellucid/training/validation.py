"""Images that are not trained on, by which to see how well training goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import whole
from pellucid.errors import DataError
from pellucid.execution.inference import run_network
from pellucid.execution.targets import Targets, check_targets
from pellucid.files.fingerprints import array_fingerprint
from pellucid.images.checks import check_images
from pellucid.network.network import Network

__all__ = ["Measured", "Validation"]


class Measured(NamedTuple):
    """What was found on the images: mean loss, in nats an image, and accuracy."""

    loss: float
    accuracy: float


@dataclass(frozen=True, eq=False)
class Validation:
    """Labeled images to measure on; they change nothing in a training.

    Attributes
    ----------
    images : ndarray of shape (n, C, H, W), uint8 or float32
        As stored: they are never randomized.
    labels : ndarray of shape (n,), int64, or of shape (n, k), float32
        Their classes, or what the loss takes for such.
    every : int or None
        After how many updates to measure; None for the end of each pass.
    """

    images: NDArray[Any]
    labels: Targets
    every: int | None = None

    @classmethod
    def of(cls, data: Any, network: Network, every: Any = None) -> Validation:
        """Return a pair of images and labels, checked.

        Raises
        ------
        DataError
            It is no pair, or can't be used; the message says that it is of ``validation_data``.
        ConfigurationError
            ``every`` is no whole number of at least 1.
        """
        if every is not None:
            whole("validation_every", every, least=1)
        if not isinstance(data, tuple | list) or len(data) != 2:
            raise DataError(
                f"validation_data is a {type(data).__name__}; it must be a pair: (images, labels)."
            )
        try:
            images = check_images(data[0], network.input_shape)
            labels = check_targets(network, data[1], len(images))
        except DataError as error:
            raise DataError(f"In validation_data: {error}") from error
        return cls(images[:, None] if images.ndim == 3 else images, labels, every)

    def measure(
        self, network: Network, parameters: NDArray[np.float32], workers: int | None
    ) -> Measured:
        """Return loss and accuracy of a network; the number of workers changes no bit."""
        found = run_network(network, parameters, self.images, self.labels, workers)
        return Measured(found.loss, found.accuracy)

    def settings(self) -> dict[str, Any]:
        """Return what says whether the same is measured, as JSON-ready values."""
        return {
            "validation_data": array_fingerprint(self.images, self.labels),
            "validation_every": self.every,
        }
