"""One update: cut the batch, work on its sections, add up in their order, check, let Adam step."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.execution.runner import Runner
from pellucid.execution.sections import Recipe, Section, cut
from pellucid.training.adam import Adam, AdamState
from pellucid.training.divergence import divergence, is_finite, step_divergence

__all__ = ["BatchResult", "section_of", "update_parameters"]


class BatchResult(NamedTuple):
    """Mean loss, in nats an image, and accuracy of a batch, before the update."""

    loss: float
    accuracy: float


def section_of(
    labels: NDArray[np.int64],
    weights: NDArray[np.float64],
    indices: NDArray[np.int64],
    passes: NDArray[np.int64],
) -> Section:
    """Return a batch as one section: which images of the data, in which pass each."""
    identities = np.empty((len(indices), 2), dtype=np.int64)
    identities[:, 0], identities[:, 1] = passes, indices
    return Section(indices, labels[indices], weights[indices], identities)


def update_parameters(
    runner: Runner,
    recipe: Recipe,
    parameters: NDArray[np.float32],
    images: NDArray[Any],
    batch: Section,
    state: AdamState,
    optimizer: Adam,
    *,
    sections: int,
    learning_rate: float,
) -> BatchResult:
    """Do one update; parameters and moments are changed in place.

    Parameters
    ----------
    runner : Runner
        What works on the sections.
    recipe : Recipe
        What to compute.
    parameters, state
        What the update changes.
    images, batch
        The data, and which of them.
    optimizer : Adam
        Its settings.
    sections : int
        Into how many parts to cut the batch.
    learning_rate : float
        That of this update, where a schedule changes it.

    Raises
    ------
    DivergenceError
        Loss, gradient or step is NaN or infinite; nothing is changed.
    """
    count = len(batch.indices)
    results = runner.run(recipe, parameters, images, batch, cut(count, sections))
    gradient = results[0].gradient
    for result in results[1:]:
        gradient += result.gradient
    loss = sum(result.loss for result in results) / count
    if not is_finite(loss, gradient):
        raise divergence(
            recipe, parameters, images, batch, loss=loss, gradient=gradient, update=state.t + 1,
            learning_rate=optimizer.learning_rate,
        )  # fmt: skip
    bad = state.update(optimizer, parameters, gradient, count, learning_rate)
    if bad is not None:
        raise step_divergence(recipe.network, bad, optimizer, update=state.t + 1)
    return BatchResult(loss, sum(result.correct for result in results) / count)
