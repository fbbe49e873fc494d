"""What a run's model is used for: to be tested on a data set, and asked about pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pellucid.console import Say, some
from pellucid.data import Dataset
from pellucid.data.readers.unlabeled import read_unlabeled
from pellucid.errors import Argument, DataError, ModelFileError
from pellucid.execution.inference import Evaluation, evaluate, predict_proba
from pellucid.files.model_file import Model
from pellucid.kernels.compiling.compile import announce_with
from pellucid.runs.tested import load_tested

__all__ = ["ModelTest", "Predicted", "labels_for", "predict_pictures", "run_model_test"]


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
    source: str | None,
    say: Say,
    *,
    skip_bad: bool = False,
    test_share: float | None = None,
    workers: int | None = None,
) -> ModelTest:
    """Test a model on a data set, read as the model's own preprocessing has it.

    Parameters
    ----------
    model : Model
        What to test.
    source : str or None
        What :func:`pellucid.data.load` takes; None for what the model was trained on.
    say : callable
        Is told, a line at a time, what is going on.
    skip_bad : bool, default False
        Whether to go on without bad files and rows.
    test_share : float, optional
        The part of each class to test on where there are no test images; by default all, or of
        what the model was trained on what training kept.
    workers : int, optional
        Threads.

    Raises
    ------
    DataError, ConfigurationError, DownloadError
        The data can't be read, or does not fit the model.
    ModelFileError
        The model gives NaN or infinity.
    """
    dataset = load_tested(model, source, say, skip_bad=skip_bad, test_share=test_share)
    labels = labels_for(model, dataset)
    announce_with(say)
    images = model.preprocessing.for_kernels(dataset.test_images)
    evaluation = evaluate(model.network, model.parameters, images, labels, workers)
    _check_finite(model, evaluation.probabilities)
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


@dataclass(frozen=True)
class Predicted:
    """What a model says of images.

    Attributes
    ----------
    names, ids : list of str
        See :class:`pellucid.data.readers.unlabeled.Unlabeled`.
    probabilities : ndarray of shape (n, classes), float32
    """

    names: list[str]
    ids: list[str]
    probabilities: NDArray[np.float32]


def predict_pictures(
    model: Model, paths: Sequence[Path], say: Say, *, skip_bad: bool = False
) -> Predicted:
    """Return the probability of each class for each picture, and each row of a CSV file.

    Raises
    ------
    DataError
        Pictures that can't be read; the message names every one.
    ModelFileError
        The model gives NaN or infinity.
    """
    found = read_unlabeled(paths, model.preprocessing, say, skip_bad=skip_bad)
    announce_with(say)
    ready = model.preprocessing.for_kernels(found.images)
    probabilities = predict_proba(model.network, model.parameters, ready)
    _check_finite(model, probabilities)
    return Predicted(found.names, found.ids, probabilities)


def _check_finite(model: Model, probabilities: NDArray[np.float32]) -> None:
    """Refuse what is no probability: parameters may be finite, and their products not."""
    bad = np.flatnonzero(~np.isfinite(probabilities).all(axis=1))
    if len(bad):
        largest = float(np.abs(model.parameters).max())
        raise ModelFileError(
            f"The model gives NaN for {len(bad):,} of {len(probabilities):,} images, so it says "
            f"nothing of them: its parameters go up to {largest:.3g}, too large to compute with. "
            "Train it anew with a lower learning rate."
        )
