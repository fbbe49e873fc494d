"""What a run's model is used for: to be tested on a data set, and asked about pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.console import Say, some
from pellucid.data import Dataset
from pellucid.data.catalog import Channels
from pellucid.data.readers.unlabeled import Unlabeled, each_unlabeled
from pellucid.errors import Argument, ConfigurationError, DataError, ModelFileError
from pellucid.execution.features import seen_by_last
from pellucid.execution.inference import Evaluation, evaluate, not_finite, predict_proba
from pellucid.files.model_file import Model
from pellucid.images.axes import four_axes, from_all_over
from pellucid.images.floats import in_float64
from pellucid.images.looks import at_most, guess_told
from pellucid.images.pixel_range import LOOKED_AT
from pellucid.images.sameness import LEAST_CONTRAST, blank, sameness
from pellucid.images.views import Views
from pellucid.kernels.compiling.cache import announce_with
from pellucid.network.loss import IN_WORDS, TargetKind
from pellucid.runs.tested import load_tested, told_by_training

__all__ = [
    "UNKNOWN",
    "ModelTest",
    "Predicted",
    "labels_for",
    "predict_pictures",
    "run_model_test",
]

KEPT = 256
"""Images of a block that are kept for a look at all."""

UNKNOWN = "unknown"
"""The label of what is unlike all that a model was trained on."""


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
    label: str | None = None,
    pixel_range: tuple[float, float] | None = None,
    channels: Channels | None = None,
    views: Views | None = None,
    transpose: bool = False,
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
    label, pixel_range, channels : optional
        As for :func:`pellucid.data.load`; by default what training was told.
    views : str, optional
        Take the mean over several views of each; see :func:`pellucid.predict_proba`.
    workers : int, optional
        Threads.

    Raises
    ------
    DataError, ConfigurationError, DownloadError
        The data can't be read, or does not fit the model.
    ModelFileError
        The model gives NaN or infinity.
    """
    if model.network.loss.targets != "classes":
        raise ConfigurationError(
            f"This model learned {IN_WORDS[model.network.loss.targets]}, but data here have one "
            f"class an image; test it in Python: {_estimator(model)}.load(path).score(X, y)."
        )
    dataset = load_tested(
        model, source, say, skip_bad=skip_bad, test_share=test_share, label=label,
        pixel_range=pixel_range, channels=channels, transpose=transpose,
    )  # fmt: skip
    labels = labels_for(model, dataset)
    announce_with(say)
    images = model.preprocessing.for_kernels(dataset.test_images)
    tell_of_looks(model, images, say)
    evaluation = evaluate(model.network, model.parameters, images, labels, workers, views)
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
    odd = [name for name in dataset.classes if name not in places]
    if odd:
        are = "is no class" if len(odd) == 1 else "are no classes"
        raise DataError(
            f"{dataset.name} has the classes {some(dataset.classes)}; {some(odd)} {are} of the "
            f"model, which was trained on {some(model.classes)}. Leave these images out, or give ",
            Argument("data"), " the set it was trained on.",
        )  # fmt: skip
    return np.array([places[name] for name in dataset.classes], np.int64)[dataset.test_labels]


def _estimator(model: Model) -> str:
    return "CNNRegressor" if model.network.loss.targets == "numbers" else "CNNClassifier"


@dataclass(frozen=True)
class Predicted:
    """What a model says of images.

    Attributes
    ----------
    names, ids : list of str
        See :class:`pellucid.data.readers.unlabeled.Unlabeled`.
    probabilities : ndarray of shape (n, classes), float32
    kind : "classes" or "labels"
        Whether a picture is of one class, or has labels, those with a probability above 0.5.
    is_known : ndarray of shape (n,), bool, or None
        Whether each image is like those of the training; None if that was not asked.
    """

    names: list[str]
    ids: list[str]
    probabilities: NDArray[np.float32]
    kind: TargetKind = "classes"
    is_known: NDArray[np.bool_] | None = None

    def labels(self, classes: Sequence[str]) -> list[list[str]]:
        """Return what is said of each image: its class, or ``"unknown"``; or all its labels."""
        if self.kind == "labels":
            return [
                [name for name, share in zip(classes, row, strict=True) if share > 0.5]
                for row in self.probabilities
            ]
        found = [classes[int(row.argmax())] for row in self.probabilities]
        known = np.ones(len(found), bool) if self.is_known is None else self.is_known
        return [
            [name if is_known else UNKNOWN] for name, is_known in zip(found, known, strict=True)
        ]


def predict_pictures(
    model: Model,
    paths: Sequence[Path],
    say: Say,
    *,
    skip_bad: bool = False,
    views: Views | None = None,
    unknown: bool = False,
    false_alarms: float | None = None,
) -> Predicted:
    """Return the probability of each class or label for each picture, and each row of a CSV file.

    Parameters
    ----------
    model : Model
        What to ask.
    paths : sequence of Path
        Pictures, folders and zip archives of them, CSV files, files of arrays.
    say : callable
        Is told, a line at a time, what is going on.
    skip_bad : bool, default False
        Whether to go on without what can't be read.
    views : str, optional
        Take the mean over several views of each; see :func:`pellucid.predict_proba`.
    unknown : bool, default False
        Whether to tell what is unlike all that the model was trained on.
    false_alarms : float, optional
        The share of the training's kind that may be called unknown; by default the model's.

    Raises
    ------
    ConfigurationError
        The model gives numbers, or can't tell what is unknown, or not with so few false alarms.
    DataError
        Pictures that can't be read; the message names every one.
    ModelFileError
        The model gives NaN or infinity.
    """
    if model.network.loss.targets == "numbers":
        raise ConfigurationError(
            "This model gives numbers, not classes; ask it in Python: "
            f"{_estimator(model)}.load(path).predict(paths)."
        )
    limit = _limit(model, unknown, false_alarms)
    tell_of_guess(model, say)
    asked = _Asked(model, views, limit)
    told = told_by_training(model)
    for block in each_unlabeled(paths, model.preprocessing, say, skip_bad=skip_bad, told=told):
        announce_with(say)
        asked.add(block)
    asked.tell(say)
    return asked.said()


class _Asked:
    """What a model says of block after block, and some of their images for a look at all."""

    def __init__(self, model: Model, views: Views | None, limit: float | None) -> None:
        self._model, self._views, self._limit = model, views, limit
        self._names: list[str] = []
        self._ids: list[str] = []
        self._probabilities: list[NDArray[np.float32]] = []
        self._known: list[NDArray[np.bool_]] = []
        self._some: list[NDArray[np.uint8]] = []
        self._blank: list[str] = []

    def add(self, block: Unlabeled) -> None:
        """Ask about a block. Of the first all images are kept for the look, of others some."""
        model = self._model
        self._blank += [
            block.names[k] for k in np.flatnonzero(blank(block.images, LEAST_CONTRAST)).tolist()
        ]
        self._some.append(from_all_over(block.images, KEPT) if self._names else block.images)
        self._names += block.names
        self._ids += block.ids
        ready = model.preprocessing.for_kernels(block.images)
        found = predict_proba(model.network, model.parameters, ready, views=self._views)
        _check_finite(model, found)
        self._probabilities.append(found)
        if model.known is not None and self._limit is not None:
            seen = seen_by_last(model.network, model.parameters, four_axes(ready), None)
            self._known.append(model.known.distance(seen) <= self._limit)

    def tell(self, say: Say) -> None:
        """Say what is odd about the images: blank, equal, or of another look than trained on."""
        if not self._some:
            return
        looked_at = np.concatenate(self._some)
        count = len(self._names)
        if len(self._blank) == 1:
            say(f"{self._blank[0]} is blank, one color all over; what is said of it means nothing.")
        elif self._blank:
            say(
                f"{len(self._blank):,} of {count:,} pictures are blank, one color all over; what "
                f"is said of them means nothing: {some(self._blank)}."
            )
        elif line := sameness(
            looked_at, "pictures" if len(looked_at) == count else "pictures looked at"
        ):
            say(line)
        tell_of_looks(self._model, self._model.preprocessing.for_kernels(looked_at), say)

    def said(self) -> Predicted:
        """Return what was said of all."""
        classes = self._model.network.classes
        return Predicted(
            self._names, self._ids,
            np.concatenate(self._probabilities or [np.empty((0, classes), np.float32)]),
            self._model.network.loss.targets,
            np.concatenate(self._known) if self._known else None,
        )  # fmt: skip


def _limit(model: Model, unknown: bool, false_alarms: float | None) -> float | None:
    """Return the distance above which a picture is unknown, if that is asked."""
    if not unknown:
        if false_alarms is not None:
            raise ConfigurationError(
                Argument("false_alarms"), " says how often ", Argument("unknown"),
                " may be wrong; give both.",
            )  # fmt: skip
        return None
    if model.known is None:
        raise ConfigurationError(
            "The model can't tell what is unknown: it is of an older Pellucid, of a run that was "
            "ended before its test, or of a CNNClassifier without unknown=0.05. Train it anew, by "
            "pellucid train or with that."
        )
    return model.known.limit(false_alarms)


def tell_of_guess(model: Model, say: Say) -> None:
    """Say what is done to pictures, where nobody said how those of the training were made."""
    if model.preprocessing_is_guessed:
        say(guess_told(model.preprocessing))


def tell_of_looks(model: Model, images: NDArray[Any], say: Say) -> None:
    """Say how pictures that are ready for the network differ from those of the training, if so."""
    try:
        looks = model.looks
    except ValueError as error:
        raise ModelFileError(f"The model can't be used: {error}.") from error
    if looks is None:
        return
    most = at_most(LOOKED_AT, model.network.input_shape)
    some = four_axes(in_float64(from_all_over(images, most)))
    difference = looks.difference(some, (0.0, 1.0), "the data")
    if difference is not None:  # which advises in terms of an array
        say(difference.replace("Give 1 - the data", "Invert it"))


def _check_finite(model: Model, probabilities: NDArray[np.float32]) -> None:
    """Refuse what is no probability."""
    words = not_finite(probabilities, model.parameters)
    if words is not None:
        raise ModelFileError(words)
