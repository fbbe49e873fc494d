"""One training that covers what could depend on who works on it, and its bits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import numpy as np

from pellucid import Augmentation, Network, Trainer
from tests.training.examples import NETWORK, bright_corners

COUNT = 300
IMAGES, LABELS = bright_corners(COUNT)
WEIGHTS = np.random.default_rng(1).uniform(0.5, 2.0, COUNT)


class InlineExecutor(Executor):
    """The plainest executor there is: it does the work on submission, and notes the jobs."""

    def __init__(self) -> None:
        self.jobs: list[Any] = []

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        self.jobs.append(arguments[0])
        future: Future[Any] = Future()
        try:
            future.set_result(function(*arguments, **named))
        except Exception as error:
            future.set_exception(error)
        return future


def digest_of_training(
    executor: Executor | None = None,
    images: np.ndarray = IMAGES,
    *,
    workers: int = 2,
    weights: np.ndarray | None = WEIGHTS,
    augmentation: Augmentation | None = Augmentation(),  # noqa: B008 (frozen)
    network: Network = NETWORK,
) -> str:
    """Return the SHA-256 of the parameters after 13 updates; the last batch is a smaller one."""
    trainer = Trainer(network, workers=workers, executor=executor, augmentation=augmentation)
    with trainer:
        trainer.fit(images, LABELS, total_images=1260, batch_size=100, sample_weight=weights)
        assert len(trainer.history) == 13
        return hashlib.sha256(trainer.parameters.tobytes()).hexdigest()


def mapped(path: Path, images: np.ndarray = IMAGES) -> np.ndarray:
    """Return images from a file, after some that are not used."""
    np.save(path, np.concatenate([images[:7], images]))
    return np.load(path, mmap_mode="r")[7:]
