"""What a run writes into its folder, and what of an earlier run makes way for it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.console import Say
from pellucid.data import Dataset
from pellucid.files.atomic import atomic_write
from pellucid.files.model_file import Model, save_model
from pellucid.images.axes import four_axes, from_all_over
from pellucid.images.floats import in_float64
from pellucid.images.known import Known
from pellucid.images.looks import MOST, Looks, at_most, guessed_preprocessing
from pellucid.kernels.compiling.target import made_with
from pellucid.network.network import Network
from pellucid.runs.finished import Metrics
from pellucid.runs.folder import (
    CHECKPOINTS,
    HISTORY,
    METRICS,
    MODEL,
    PICTURES,
    REPORT,
    START,
    remove_checkpoints,
    remove_results,
)
from pellucid.runs.settings import DATA_PIXELS
from pellucid.runs.start import Start
from pellucid.training import Checkpoints, History, Trainer

__all__ = ["Output", "model_of"]


def model_of(
    configuration: dict[str, Any],
    dataset: Dataset,
    network: Network,
    parameters: NDArray[np.float32],
    known: Known | None = None,
    **more: Any,
) -> Model:
    """Return what was learned of some data as a model.

    Parameters
    ----------
    configuration : dict
        What it says of how the run was done.
    dataset : Dataset
        What was trained on.
    network : Network
        What was trained.
    parameters : ndarray of shape (network.size,), float32
        What it learned.
    known : Known, optional
        What tells unknown images.
    **more
        What else its configuration says: how many ``updates`` there were.
    """
    images, made = dataset.train_images, dataset.preprocessing
    most = at_most(MOST, dataset.input_shape)
    looks = Looks.of(four_axes(in_float64(from_all_over(images, most))))
    guess = guessed_preprocessing(network.input_shape, looks)
    return Model(
        network=network,
        parameters=parameters,
        preprocessing=made or guess,
        classes=dataset.classes,
        configuration={
            **configuration,
            # What looks like MNIST mostly is MNIST, or was made like it.
            "preprocessing_is_guessed": made is None and guess.fit != "mnist",
            "looks": looks and looks.to_dict(),
            DATA_PIXELS: configuration.get("pixel_range"),
            "pixel_range": [0, 255 if images.dtype == np.uint8 else 1],
            **more,
        },
        versions=made_with(),
        known=known,
    )


@dataclass(frozen=True)
class Output:
    """Where a run writes, and what it says of itself there.

    Attributes
    ----------
    folder : Path
        Where.
    configuration : dict
        What model and checkpoints say of how the run was done.
    replaces : bool
        Whether an earlier run in the folder makes way: with checkpoints once the first update is
        done, else once there is a new model.
    start : Start or None
        What the run starts from; kept in the folder, so that the run can be verified.
    checkpoints : Checkpoints or None
        When they are written; None for none.
    """

    folder: Path
    configuration: dict[str, Any]
    replaces: bool
    start: Start | None = None
    checkpoints: Checkpoints | None = None

    def with_checkpoints(self, checkpoints: Checkpoints | None, say: Say) -> Output:
        """Return the same with checkpoints, which go into the folder and tell of the same run."""
        if checkpoints is None:
            return self
        own = dataclasses.replace(
            checkpoints,
            folder=self.folder / CHECKPOINTS,
            replace=self.replaces,
            configuration=self.configuration,
            say=say,
        )
        return dataclasses.replace(self, checkpoints=own)

    @property
    def model(self) -> Path:
        """The file of the model."""
        return self.folder / MODEL

    def begin(self) -> None:
        """Let an earlier run make way, for the first update is done and kept."""
        if self.checkpoints is None:
            return
        if self.replaces:
            remove_results(self.folder)  # fit removed its checkpoints
        if self.start is not None:
            self.start.keep(self.folder)

    def save(
        self, trainer: Trainer, dataset: Dataset, history: History, known: Known | None = None
    ) -> None:
        """Write the model and its history, and remove what an earlier run said of its own."""
        losses = history.pass_losses(len(dataset.train_images))
        model = model_of(
            self.configuration, dataset, trainer.network, trainer.averaged, known,
            updates=len(history), loss_curve=losses,
        )  # fmt: skip
        save_model(self.model, model)
        atomic_write(self.folder / HISTORY, history.to_csv().encode())
        remove_results(self.folder, (METRICS, REPORT, *PICTURES))
        if self.replaces and self.checkpoints is None:
            remove_checkpoints(self.folder)
            remove_results(self.folder, (START,))
        if self.start is not None:
            self.start.keep(self.folder)

    def save_metrics(self, metrics: Metrics) -> None:
        """Write the metrics."""
        atomic_write(self.folder / METRICS, metrics.to_json().encode())
