"""The reference run: from a data set to a folder with the model, its figures and its pictures."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid import data, presets
from pellucid.augmentation import Augmentation
from pellucid.errors import ConfigurationError, DataError, DivergenceError, RunExistsError
from pellucid.files import atomic_write
from pellucid.inference import Evaluation
from pellucid.model_file import Model, save_model
from pellucid.network import Network
from pellucid.preprocessing import Preprocessing
from pellucid.progress import show_progress
from pellucid.training import Adam, History, Schedule, Trainer
from pellucid.training.batches import batch_sizes

__all__ = ["RunSettings", "fingerprint", "reference_run"]

MODEL, METRICS, HISTORY = "model.safetensors", "metrics.json", "history.csv"
PICTURES = ("loss.png", "predictions.png", "confusion.png", "randomised.png", "filters.png")

LEAST_SIDE = 10
"""Pixels that an image's shorter side needs for two 5 x 5 filters and a 2 x 2 pool."""
MOST_UPDATES = 10_000_000

Say = Callable[[str], None]


@dataclass(frozen=True)
class RunSettings:
    """Everything that a run depends on.

    Attributes
    ----------
    data : str or None
        A name or path for :func:`pellucid.data.load`; None is MNIST, or the bundled digits where
        MNIST is out of reach.
    images : int
        How many randomized training images to draw.
    batch_size, sections : int
        Images an update, and the parts they are worked on in.
    workers : int or None
        Threads; None is one on each processor.
    optimizer : Adam
        Learning rate, betas, eps.
    schedule : Schedule
        How the learning rate changes over the run.
    augmentation : Augmentation or None
        The randomizing; None for none.
    seed : int
        What all that is random is drawn from.
    """

    data: str | None = None
    images: int = 81_000
    batch_size: int = 1024
    sections: int = 8
    workers: int | None = None
    optimizer: Adam = field(default_factory=lambda: Adam(learning_rate=0.05))
    schedule: Schedule = field(default_factory=lambda: Schedule(warmup=0.3, cooldown=0.3))
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    seed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON-ready values."""
        values = dataclasses.asdict(self)
        values["augmentation"] = self.augmentation and self.augmentation.to_dict()
        return values


def fingerprint(parameters: NDArray[np.float32]) -> str:
    """Return the SHA-256, in hex, of the parameters' bytes, little-endian.

    Examples
    --------
    >>> fingerprint(np.zeros(3, dtype=np.float32))[:16]
    '15ec7bf0b50732b4'
    """
    return hashlib.sha256(np.ascontiguousarray(parameters, "<f4").tobytes()).hexdigest()


def reference_run(
    settings: RunSettings, out: str | os.PathLike[str], say: Say, *, overwrite: bool = False
) -> dict[str, Any]:
    """Train the reference network, test it, and write everything into a folder.

    Written are ``model.safetensors``, ``metrics.json``, ``history.csv``, and the pictures
    ``loss.png``, ``predictions.png``, ``confusion.png``, ``randomised.png`` (if images are
    randomized) and ``filters.png``. After Ctrl-C the same is done with what was learned; a run that
    diverges keeps its last good parameters and its history.

    Parameters
    ----------
    settings : RunSettings
        What to do.
    out : path-like
        The folder; it is made.
    say : callable
        Is told, a line at a time, what is going on.
    overwrite : bool, default False
        Whether a run that is in the folder may be replaced.

    Returns
    -------
    dict
        What ``metrics.json`` holds.

    Raises
    ------
    RunExistsError
        The folder holds a run, or a file that a run would write, already.
    ConfigurationError, DataError, DownloadError, DivergenceError
        See :class:`pellucid.Trainer` and :func:`pellucid.data.load`.
    """
    from pellucid.execution.sections import prepare
    from pellucid.kernels.compile import announce_with

    _check_settings(settings)
    folder = _new_folder(Path(out), overwrite)
    digits = data.load(settings.data or "mnist", fallback=settings.data is None, say=say)
    say(f"Data: {digits.name}, {len(digits.train_images):,} training and "
        f"{len(digits.test_images):,} test images ({digits.source}).")  # fmt: skip
    _check_data(digits)
    announce_with(say)
    network = presets.reference(digits.input_shape, len(digits.classes))
    prepare(network)  # here, because what it says would go into the middle of a progress bar
    with _trainer(network, settings) as trainer:
        folder.mkdir(parents=True, exist_ok=True)
        history = _train(trainer, digits, settings, folder)
        if history.interrupted:
            say(f"Stopped after update {len(history)}; keeping what was learned.")
        _save_state(trainer, digits, settings, history, folder)
        say("Testing, and drawing the pictures.")
        evaluation = trainer.evaluate(digits.test_images, digits.test_labels)
        _check_finite(evaluation, folder)
        metrics = _metrics(trainer, digits, settings, history, evaluation)
        atomic_write(folder / METRICS, (json.dumps(metrics, indent=2) + "\n").encode())
        _draw(trainer, digits, settings, history, evaluation, folder)
    return metrics


def _new_folder(folder: Path, overwrite: bool) -> Path:
    nearest = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not nearest.is_dir():
        raise ConfigurationError(f"{nearest} is a file; --out must name a folder.")
    found = [name for name in (MODEL, METRICS, HISTORY, *PICTURES) if (folder / name).exists()]
    if found and not overwrite:
        what = f"a run ({', '.join(found)})" if MODEL in found else ", ".join(found)
        raise RunExistsError(
            f"{folder} already holds {what}; name another folder with --out, or replace it with "
            "--overwrite."
        )
    if not os.access(nearest, os.W_OK):
        raise ConfigurationError(f"{folder} can't be written: {nearest} is read-only; name "
                                 "another folder with --out.")  # fmt: skip
    return folder


def _check_settings(settings: RunSettings) -> None:
    """Look at what can be wrong before data is fetched."""
    _trainer(presets.reference(), settings).close()
    if settings.batch_size < settings.sections:
        raise ConfigurationError(
            f"batch_size is {settings.batch_size}, but each of the {settings.sections} sections "
            "needs an image; use a larger batch_size or fewer sections."
        )
    if settings.images < 1:
        raise ConfigurationError(f"images is {settings.images}; at least 1 is needed.")
    if settings.images // settings.batch_size > MOST_UPDATES:
        raise ConfigurationError(
            f"images is {settings.images}, which is more than {MOST_UPDATES:,} updates of "
            f"batch_size {settings.batch_size}; use fewer."
        )


def _trainer(network: Network, settings: RunSettings) -> Trainer:
    return Trainer(
        network, optimizer=settings.optimizer, augmentation=settings.augmentation,
        sections=settings.sections, workers=settings.workers, seed=settings.seed,
    )  # fmt: skip


def _check_data(digits: data.Dataset) -> None:
    if len(digits.train_images) == 0 or len(digits.test_images) == 0:
        raise DataError(f"{digits.name} needs both training and test images; one of them is empty.")
    height, width = digits.input_shape[-2:]
    if min(height, width) < LEAST_SIDE:
        raise DataError(
            f"The images of {digits.name} are {height} x {width}, too small for the reference "
            f"network; it needs {LEAST_SIDE} x {LEAST_SIDE} at least."
        )


def _train(trainer: Trainer, digits: data.Dataset, settings: RunSettings, folder: Path) -> History:
    updates = len(batch_sizes(settings.images, settings.batch_size))
    with show_progress(updates, settings.images) as on_update:
        try:
            return trainer.fit(
                digits.train_images, digits.train_labels, total_images=settings.images,
                batch_size=settings.batch_size, schedule=settings.schedule, on_update=on_update,
            )  # fmt: skip
        except DivergenceError as error:
            _save_state(trainer, digits, settings, trainer.history, folder)
            raise DivergenceError(f"{error} They are kept in {folder / MODEL}.") from error


def _check_finite(evaluation: Evaluation, folder: Path) -> None:
    if not math.isfinite(evaluation.loss):
        raise DivergenceError(
            f"The loss on the test images is {evaluation.loss}; lower the learning rate. What was "
            f"learned is kept in {folder / MODEL}."
        )


def _metrics(
    trainer: Trainer, digits: data.Dataset, settings: RunSettings, history: History,
    evaluation: Evaluation,
) -> dict[str, Any]:  # fmt: skip
    return {
        "accuracy": evaluation.accuracy,
        "loss": evaluation.loss,
        "images": history.images,
        "updates": len(history),
        "seconds": history.seconds,
        "images_per_second": history.images / history.seconds,
        "parameters": trainer.network.size,
        "data": digits.name,
        "data_source": digits.source,
        "data_fingerprint": digits.fingerprint(),
        "test_images": len(digits.test_images),
        "seed": settings.seed,
        "workers": trainer.workers.count,
        "fingerprint": fingerprint(trainer.parameters),
        "interrupted": history.interrupted,
    }


def _save_state(
    trainer: Trainer, digits: data.Dataset, settings: RunSettings, history: History, folder: Path
) -> None:
    """Write the model and its history, and remove what an earlier run said of its own."""
    model = Model(
        network=trainer.network, parameters=trainer.parameters,
        preprocessing=_preprocessing(trainer.network.input_shape), classes=digits.classes,
        configuration={**settings.to_dict(), "data": digits.name, "updates": len(history)},
    )  # fmt: skip
    save_model(folder / MODEL, model)
    atomic_write(folder / HISTORY, history.to_csv().encode())
    for name in (METRICS, *PICTURES):
        (folder / name).unlink(missing_ok=True)


def _preprocessing(input_shape: tuple[int, ...]) -> Preprocessing:
    """Return MNIST's own for images of one channel; color pictures are only resized."""
    if input_shape[0] == 1:
        return Preprocessing(input_shape)
    return Preprocessing(input_shape, polarity="light-on-dark", fit="resize")


def _draw(
    trainer: Trainer, digits: data.Dataset, settings: RunSettings, history: History,
    evaluation: Evaluation, folder: Path,
) -> None:  # fmt: skip
    from pellucid import plots

    images, labels = digits.test_images, digits.test_labels
    title = f"Test images, {evaluation.accuracy:.2%} of {len(labels):,} right"
    learned = trainer.network.views(trainer.parameters)
    filters = [name for name in learned if name.startswith("f")]
    figures = {
        "loss": plots.loss_curve(history.losses, images_per_update=settings.batch_size),
        "predictions": plots.predictions(
            images, labels, evaluation.probabilities, digits.classes, title=title
        ),
        "confusion": plots.confusion(labels, evaluation.predicted, digits.classes),
        "filters": plots.filters([learned[name] for name in filters], filters),
    }
    if settings.augmentation is not None:
        before = digits.train_images[:20]
        after = settings.augmentation.apply(before, seed=settings.seed)
        figures["randomised"] = plots.randomized(before, after)
    for name, figure in figures.items():
        plots.save(figure, folder / f"{name}.png")
