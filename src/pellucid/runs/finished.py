"""A run that was trained and tested: its figures, and its pictures."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pellucid.data import Dataset
from pellucid.execution.inference import Evaluation
from pellucid.files.atomic import atomic_write
from pellucid.files.fingerprints import fingerprint
from pellucid.recipes.learned import alike_within, not_learned
from pellucid.recipes.randomizing import suited
from pellucid.runs.folder import REPORT
from pellucid.runs.options import to_options
from pellucid.runs.page import class_rows, run_page
from pellucid.runs.settings import RunSettings
from pellucid.training import History, Trainer

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FinishedRun", "Metrics"]


@dataclass(frozen=True)
class Metrics:
    """What ``metrics.json`` holds, in its order.

    Attributes
    ----------
    accuracy, loss : float
        On the test images, the loss in nats an image.
    images, updates : int
        How many there were, repeated images counted as often as they were drawn.
    seconds, images_per_second : float
        Of training alone.
    parameters : int
        How many the network has.
    data, data_source, data_fingerprint : str
        The data set.
    test_images : int
        How many it has.
    seed, executor, workers : int, str, int
        As they were set; workers as many as there were.
    fingerprint : str
        That of the parameters.
    interrupted : bool
        Whether a signal ended training early.
    validation_accuracy, validation_loss : float or None
        On the images to validate, as they were measured last or, with patience, where best.
    recipe : str
        What said what to train and how.
    warnings : list of str
        What shows that little or nothing was learned, each in a sentence.
    """

    accuracy: float
    loss: float
    images: int
    updates: int
    seconds: float
    images_per_second: float
    parameters: int
    data: str
    data_source: str
    data_fingerprint: str
    test_images: int
    seed: int
    executor: str
    workers: int
    fingerprint: str
    interrupted: bool
    validation_accuracy: float | None = None
    validation_loss: float | None = None
    recipe: str = "reference"
    warnings: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        """Return them as the file has them."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"


@dataclass(frozen=True)
class FinishedRun:
    """What is left to describe and to draw once a run is tested."""

    settings: RunSettings
    dataset: Dataset
    trainer: Trainer
    history: History
    evaluation: Evaluation

    def metrics(self, data_fingerprint: str) -> Metrics:
        """Return what ``metrics.json`` holds."""
        history, dataset = self.history, self.dataset
        last = history.validated[-1] if history.validated else None
        if self.settings.patience is not None:
            last = history.best
        return Metrics(
            accuracy=self.evaluation.accuracy,
            loss=self.evaluation.loss,
            images=history.images,
            updates=len(history),
            seconds=history.seconds,
            images_per_second=history.images / history.seconds,
            parameters=self.trainer.network.trained_size,
            data=dataset.name,
            data_source=dataset.source,
            data_fingerprint=data_fingerprint,
            test_images=len(dataset.test_images),
            seed=self.settings.seed,
            executor=self.settings.executor,
            workers=self.trainer.workers,
            fingerprint=fingerprint(self.trainer.averaged),
            interrupted=history.interrupted,
            validation_accuracy=None if last is None else last.validation_accuracy,
            validation_loss=None if last is None else last.validation_loss,
            recipe=self.settings.recipe,
            warnings=self._warnings(),
        )

    def _warnings(self) -> list[str]:
        """Return what shows that little or nothing was learned."""
        dataset = self.dataset
        advice = {
            "reference": "Try --recipe auto,",
            "plain": "Try more --epochs, more pictures,",
        }.get(self.settings.recipe, "Try --recipe plain, more --epochs,")
        return [
            *alike_within(dataset.train_images, dataset.train_labels, dataset.classes),
            *not_learned(
                dataset.test_labels, self.evaluation.predicted, dataset.classes,
                self.history.losses, advice=advice,
            ),
        ]  # fmt: skip

    def draw(self, folder: Path, metrics: Metrics) -> None:
        """Draw the pictures into a folder, and write the page that has them all."""
        from pellucid import plots  # matplotlib takes 0.3 s, and a run may end before

        drawn = {}
        for name, figure in self._figures().items():
            drawn[name] = folder / f"{name}.png"
            plots.save(figure, drawn[name])
        dataset = self.dataset
        rows = class_rows(dataset.test_labels, self.evaluation.predicted, dataset.classes)
        summary = self.trainer.network.summary()
        page = run_page(
            dataclasses.asdict(metrics), rows, summary, to_options(self.settings), drawn
        )  # fmt: skip
        atomic_write(folder / REPORT, page.encode())

    def _figures(self) -> dict[str, Figure]:
        """Return the pictures by their names; filters, and randomized images, if there are any."""
        from pellucid import plots

        dataset, evaluation = self.dataset, self.evaluation
        images, labels = dataset.test_images, dataset.test_labels
        title = f"Test images, {evaluation.accuracy:.2%} of {len(labels):,} right"
        learned = self.trainer.network.views(self.trainer.averaged)
        filters = [name for name in learned if name.startswith("f")]
        figures = {
            "loss": plots.loss_curve(
                self.history.losses,
                images_per_update=self.settings.batch_size,
                classes=len(dataset.classes),
                validation=self.history.validation_losses,
            ),
            "predictions": plots.predictions(
                images, labels, evaluation.probabilities, dataset.classes, title=title
            ),
            "confusion": plots.confusion(labels, evaluation.predicted, dataset.classes),
        }
        if filters:
            figures["filters"] = plots.filters(
                [learned[name] for name in filters], filters, is_color=dataset.input_shape[0] == 3
            )
        augmentation = suited(self.settings.augmentation, self.dataset.input_shape)
        if augmentation is not None:
            before = dataset.train_images[:20]
            after = augmentation.apply(before, seed=self.settings.seed)
            figures["randomized"] = plots.randomized(before, after)
        return figures
