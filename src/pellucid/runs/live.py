"""A studio of a run: what it trains, what its page shows, and whose curves stand beside it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.console import Say
from pellucid.errors import Argument, ConfigurationError, DataError
from pellucid.files.model_file import Model, model_bytes
from pellucid.images.axes import four_axes, from_all_over
from pellucid.runs.fitting import fit_arguments
from pellucid.runs.folder import HISTORY
from pellucid.runs.output import model_of
from pellucid.runs.plan import Plan
from pellucid.runs.ready import Ready, make_ready
from pellucid.runs.settings import RunSettings
from pellucid.studio.content import content_of
from pellucid.studio.examples import SHOWN, chosen_examples
from pellucid.studio.html import page_of
from pellucid.studio.live.branches import block_of, points
from pellucid.studio.live.looking import Looker, as_bytes, how_many
from pellucid.studio.live.training import LiveTraining
from pellucid.studio.server.app import Studio
from pellucid.training import History

__all__ = ["Beside", "make_studio", "read_beside", "studio_of"]

EXAMPLES = 30
"""Test images that the page has to look into: more where there are more classes."""


@dataclass(frozen=True, eq=False)
class Beside:
    """A run whose curves are drawn beside those of the training.

    Attributes
    ----------
    name : str
        What it is called.
    history : History
        Every update of it.
    """

    name: str
    history: History


def read_beside(run: Path) -> Beside:
    """Return the history of a run, from its folder or its file.

    Raises
    ------
    DataError
        There is none that can be read.
    """
    path = run / HISTORY if run.is_dir() else run
    try:
        return Beside(path.parent.name or str(run), History.from_csv(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, DataError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataError(
            Argument("beside"), f" is {run}, of which no history can be read ({reason}); name the "
            "folder of a run of pellucid train.",
        ) from error  # fmt: skip


def make_studio(
    asked: RunSettings | Plan,
    say: Say,
    *,
    beside: Sequence[Beside] = (),
    pace: float | None = None,
    title: str | None = None,
) -> Studio:
    """Return what a studio shows and trains.

    It begins when somebody looks; a training that starts from a model waits to be told.

    Parameters
    ----------
    asked : RunSettings or Plan
        What to train, and on what.
    say : callable
        Is told, a line at a time, what is going on.
    beside : sequence of Beside
        Runs to compare with.
    pace : float, optional
        Updates a second, at the most; by default as many as can be.
    title : str, optional
        What the page is called; by default after the data.

    Raises
    ------
    ConfigurationError, DataError, DownloadError
        Settings or data that can't be used, or that a page can't show.
    """
    ready = make_ready(asked, say)
    settings, dataset, network = ready.settings, ready.dataset, ready.network
    if settings.executor != "threads":
        raise ConfigurationError(
            Argument("executor"), f" is {settings.executor}, but a studio trains by threads; leave "
            "it out.",
        )  # fmt: skip
    trainer = ready.trainer()
    tested = np.ascontiguousarray(four_axes(from_all_over(dataset.test_images, how_many(network))))
    labels = from_all_over(dataset.test_labels, len(tested))
    model = _model(ready, trainer.averaged, [], 0)
    name = title if title is not None else f"A network that learns {_short(dataset.name)}"
    places = _chosen(labels, len(dataset.classes))
    content = content_of(model, tested[places], labels[places], name)
    looker = Looker(
        network, tested, labels, four_axes(dataset.train_images), dataset.train_labels,
        trainer.augmentation, settings.seed, settings.images, settings.batch_size,
        settings.workers,
    )  # fmt: skip
    training = LiveTraining(
        trainer, fit_arguments(settings, dataset, ready.held_back), looker,
        pace=pace, begins_when_watched=ready.start is None,
    )  # fmt: skip
    session = secrets.token_hex(8)
    content["live"] = {
        "session": session,
        "examples": places.tolist(),
        **_told_once(ready, labels, training.total, beside),
    }

    def pictures(places: Sequence[int]) -> bytes:
        return as_bytes(tested[list(places)]).tobytes()

    def learned() -> bytes:
        return _as_file(ready, training)

    return Studio(page_of(content), training, pictures, len(tested), learned, session)


def studio_of(model: Model, title: str | None = None) -> Studio:
    """Return a studio that shows a model and trains nothing.

    Raises
    ------
    ConfigurationError
        The model learned something else than classes.
    """
    images = np.zeros((0, *model.network.input_shape), np.uint8)
    name = title if title is not None else "A network"
    return Studio(page_of(content_of(model, images, np.zeros(0, np.int64), name)))


def _short(data: str) -> str:
    """Return what some data is called, without the folders that it is in.

    Examples
    --------
    >>> _short("mnist+folder/mine.csv")
    'mnist+mine.csv'
    """
    return "+".join(Path(part).name or part for part in data.split("+"))


def _chosen(labels: NDArray[np.int64], classes: int) -> NDArray[np.intp]:
    """Return which test images the page has to look into: of each class in turn."""
    # What is not trained yet has no mistakes worth showing.
    right = np.zeros((len(labels), classes), np.float32)
    right[np.arange(len(labels)), labels] = 1.0
    return chosen_examples(right, labels, max(EXAMPLES, min(classes, SHOWN)))


def _told_once(
    ready: Ready, labels: NDArray[np.int64], total: int, beside: Sequence[Beside]
) -> dict[str, Any]:
    """Return what a page must know of a training beside its network."""
    settings, dataset = ready.settings, ready.dataset
    return {
        "total": total,
        "block": block_of(total),
        "batch": settings.batch_size,
        "data": _short(dataset.name),
        "trained": len(dataset.train_images),
        "tested": len(dataset.test_images),
        "labels": labels.tolist(),
        "randomized": settings.augmentation is not None,
        "beside": [
            {
                "name": run.name,
                "points": points(run.history.updates, block_of(max(1, len(run.history)))),
            }
            for run in beside
        ],
    }


def _as_file(ready: Ready, training: LiveTraining) -> bytes:
    """Return the file of a model of what was seen last."""
    seen, branch = training.snapshot, training.branch
    if seen is None or seen.branch != branch.number:
        raise ConfigurationError("Nothing was seen of this run yet.")
    return model_bytes(_model(ready, seen.parameters, branch.rates, seen.update))


def _model(
    ready: Ready, parameters: NDArray[np.float32], rates: list[tuple[int, float]], updates: int
) -> Model:
    """Return what was learned as a model, with the learning rates that somebody set."""
    return model_of(
        ready.configuration, ready.dataset, ready.network, parameters.copy(),
        updates=updates, learning_rates=[[*pair] for pair in rates],
    )  # fmt: skip
