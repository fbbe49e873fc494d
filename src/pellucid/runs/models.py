"""What a run's model is used for: to be tested on a data set, and asked about pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pellucid import data
from pellucid.console import Say, some
from pellucid.data import Dataset
from pellucid.data.catalog import Channels
from pellucid.errors import Argument, DataError
from pellucid.execution.inference import Evaluation, evaluate, predict_proba
from pellucid.files.model_file import Model
from pellucid.images.sameness import LEAST_CONTRAST, blank, sameness
from pellucid.kernels.compiling.cache import announce_with
from pellucid.runs.settings import RunSettings

__all__ = ["ModelTest", "labels_for", "predict_pictures", "run_model_test"]


@dataclass(frozen=True)
class ModelTest:
    """How a model did on the test images of a data set.

    Attributes
    ----------
    data : str
        The data set's name.
    labels : ndarray of int64
        The true labels, as indices of the model's classes.
    evaluation : Evaluation
        What the model said.
    """

    data: str
    labels: NDArray[np.int64]
    evaluation: Evaluation


def run_model_test(
    model: Model,
    source: str,
    say: Say,
    *,
    skip_bad: bool = False,
    test_share: float | None = None,
    label: str | None = None,
    pixel_range: tuple[float, float] | None = None,
    channels: Channels | None = None,
    workers: int | None = None,
) -> ModelTest:
    """Test a model on a data set, read as the model's own preprocessing has it.

    Parameters
    ----------
    model : Model
        What to test.
    source : str
        What :func:`pellucid.data.load` takes.
    say : callable
        Is told, a line at a time, what is going on.
    skip_bad : bool, default False
        Whether to go on without bad files and rows.
    test_share : float, optional
        The part to test on where there are no test images; by default what training kept.
    label, pixel_range, channels : optional
        As for :func:`pellucid.data.load`; by default what training was told.
    workers : int, optional
        Threads.

    Raises
    ------
    DataError, ConfigurationError, DownloadError
        The data can't be read, or does not fit the model.
    """
    if test_share is None:
        kept = model.configuration.get("test_share")
        test_share = kept if isinstance(kept, float) else RunSettings().test_share
    told = model.configuration
    with data.show_reading("reading") as progress:
        dataset = data.load(
            source,
            say=say,
            progress=progress,
            skip_bad=skip_bad,
            test_share=test_share,
            label=told.get("label") if label is None else label,
            pixel_range=told.get("pixel_range") if pixel_range is None else pixel_range,
            channels=told.get("channels") if channels is None else channels,
            transpose=bool(model.configuration.get("transpose")) or None,
            follow_links=bool(model.configuration.get("follow_links")),
            preprocessing=model.preprocessing,
        )
    labels = labels_for(model, dataset)
    announce_with(say)
    images = model.preprocessing.for_kernels(dataset.test_images)
    evaluation = evaluate(model.network, model.parameters, images, labels, workers)
    return ModelTest(dataset.name, labels, evaluation)


def labels_for(model: Model, dataset: Dataset) -> NDArray[np.int64]:
    """Return the test labels of a data set as indices of the model's classes.

    Raises
    ------
    DataError
        The data set has classes that the model was not trained on: the message names what the
        model knows, what the data set has, and the fix.
    """
    places = {name: place for place, name in enumerate(model.classes)}
    if not places.keys() >= set(dataset.classes):
        raise DataError(
            f"{dataset.name} has the classes {some(dataset.classes)}, but the model was trained "
            f"on {some(model.classes)}; give ", Argument("data"), " the set it was trained on.",
        )  # fmt: skip
    return np.array([places[name] for name in dataset.classes], np.int64)[dataset.test_labels]


def predict_pictures(model: Model, pictures: Sequence[Path], say: Say) -> NDArray[np.float32]:
    """Return the probability of each class for each picture.

    Raises
    ------
    DataError
        Pictures that can't be read; the message names every one.
    """
    images = data.read_images(pictures, model.preprocessing, say=say)
    _tell_of_blank(images, pictures, say)
    announce_with(say)
    ready = model.preprocessing.for_kernels(images)
    return predict_proba(model.network, model.parameters, ready)


def _tell_of_blank(images: NDArray[np.uint8], pictures: Sequence[Path], say: Say) -> None:
    """Say which pictures hold nothing, or that most are equal: their labels mean nothing."""
    names = [
        str(pictures[place]) for place in np.flatnonzero(blank(images, LEAST_CONTRAST)).tolist()
    ]
    if len(names) == 1:
        say(f"{names[0]} is blank, one color all over; what is said of it means nothing.")
    elif names:
        say(
            f"{len(names):,} of {len(images):,} pictures are blank, one color all over; what is "
            f"said of them means nothing: {some(names)}."
        )
    elif line := sameness(images, "pictures"):
        say(line)
