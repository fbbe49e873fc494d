"""How much can be trained within some time, measured in its first moments.

What comes out is a number of images, and that is what a run records: whoever trains so many again,
on whatever machine, gets the same bits.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from pellucid.training import Trainer, Update

__all__ = ["images_within"]

LEAST_UPDATES, SHARE, MOST_SECONDS = 4, 0.05, 3.0
"""Updates, and what of the time but at most so many seconds, that are spent on measuring."""


def images_within(
    seconds: float,
    make: Callable[[], Trainer],
    images: NDArray[Any],
    labels: NDArray[Any],
    batch_size: int,
) -> int:
    """Return how many images can be drawn within some time, measuring included: whole batches.

    Parameters
    ----------
    seconds : float
        The time.
    make : callable
        Makes a trainer as the training will have it; what it learns here is thrown away.
    images, labels : ndarray
        What will be trained on.
    batch_size : int
        Images an update.

    Returns
    -------
    int
        A batch at least.
    """
    pace: list[tuple[float, int]] = []

    def on_update(update: Update) -> bool:
        pace.append((time.perf_counter(), update.images))
        spent = pace[-1][0] - pace[0][0]
        return len(pace) > LEAST_UPDATES and spent >= min(MOST_SECONDS, SHARE * seconds)

    with make() as trainer:
        trainer.fit(
            images, labels, total_images=1_000_000 * batch_size, batch_size=batch_size,
            on_update=on_update,
        )  # fmt: skip
    # The first update does not count: it may have compiled.
    spent = max(pace[-1][0] - pace[0][0], 1e-9)
    rate = sum(count for _, count in pace[1:]) / spent
    return max(1, math.floor(rate * max(0.0, seconds - spent) / batch_size)) * batch_size
