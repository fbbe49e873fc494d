"""Pellucid, through its public interface."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pellucid import Adam, Augmentation, Network, Trainer, predict_proba


class PellucidTraining:
    """One update of a Trainer."""

    def __init__(self, network: Network, threads: int, randomize: bool) -> None:
        augmentation = Augmentation() if randomize else None
        self.trainer = Trainer(
            network, optimizer=Adam(0.001), augmentation=augmentation, workers=threads
        )

    def load(self, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        views = self.trainer.network.views(self.trainer.parameters)
        for name, array in arrays.items():
            views[name][:] = array

    def step(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
        return self.trainer.step(images, labels)


class PellucidInference:
    """Probabilities of images."""

    def __init__(
        self, network: Network, parameters: NDArray[np.float32], threads: int, is_float: bool
    ) -> None:
        self.network, self.parameters, self.threads = network, parameters, threads

    def predict(self, images: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
        return predict_proba(self.network, self.parameters, images, self.threads)
