"""A small training to watch, and how to wait for what it does."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from pellucid import Adam, Augmentation, Trainer
from pellucid.images.augmentation import Augmentation as Randomizing
from pellucid.studio.live.looking import Looker
from pellucid.studio.live.training import LiveTraining
from tests.training.examples import NETWORK, bright_corners
from tests.training.trainings import CALL

IMAGES, LABELS = bright_corners(60)
UPDATES = 10


def looker(augmentation: Randomizing | None = None) -> Looker:
    return Looker(
        NETWORK, IMAGES[:20], LABELS[:20], IMAGES, LABELS, augmentation, seed=0,
        images=CALL["total_images"], batch_size=CALL["batch_size"], workers=1,
    )  # fmt: skip


def made_trainer(rate: float = 0.01, **settings: Any) -> Trainer:
    randomizing = Augmentation()
    return Trainer(
        NETWORK, optimizer=Adam(rate), augmentation=randomizing, workers=1, **settings
    )  # fmt: skip


def straight(**settings: Any) -> Trainer:
    """Return a trainer that did all updates in one go, unwatched."""
    trainer = made_trainer(**settings)
    with trainer:
        trainer.fit(IMAGES, LABELS, **CALL)
    return trainer


@contextlib.contextmanager
def live(trainer: Trainer | None = None, **settings: Any) -> Iterator[LiveTraining]:
    """Yield a training that waits to be told to go."""
    arguments = {"images": IMAGES, "labels": LABELS, **CALL, **settings.pop("arguments", {})}
    made = LiveTraining(
        trainer or made_trainer(), arguments, looker(Augmentation()),
        **{"begins_when_watched": False} | settings,
    )  # fmt: skip
    try:
        yield made
    finally:
        made.close()


def wait(condition: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def waiting_at(training: LiveTraining, update: int) -> Callable[[], bool]:
    """Return what says whether a training waits after an update, and has been looked at there."""

    def is_there() -> bool:
        last = training.snapshot
        return training.update == update and training.is_paused and (
            last is not None and last.update == update and last.branch == training.branch.number
        )  # fmt: skip

    return is_there


def told(updates: Any) -> list[tuple[Any, ...]]:
    """Return what must be the same of updates."""
    return [(u.update, u.images, u.loss, u.accuracy, u.fingerprint) for u in updates]
