"""One update: cut the batch, work on its sections, add up in order, check, clip, take a step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from numpy.typing import NDArray

from pellucid.execution.runner import Runner
from pellucid.execution.sections import Procedure, Section, cut
from pellucid.execution.targets import score_of
from pellucid.kernels.optimizers.clip import clip
from pellucid.training.averages.base import BaseAverage
from pellucid.training.divergence import divergence, is_finite, step_divergence
from pellucid.training.optimizers.optimizer import Optimizer, Step
from pellucid.training.optimizers.stretches import stretches_of
from pellucid.training.state import Progress
from pellucid.training.statistics import bring_up_to_date

__all__ = ["BatchResult", "Updater"]


class BatchResult(NamedTuple):
    """Mean loss, in nats an image, and accuracy of a batch, before the update.

    Of a loss of numbers the accuracy is R^2: :func:`pellucid.execution.targets.score_of`.
    """

    loss: float
    accuracy: float


@dataclass(frozen=True)
class Updater:
    """How updates are made: by whom, of what, with which step, in how many sections a batch.

    ``clip_norm`` is the largest norm of the gradient's mean over a batch; None for any.
    """

    runner: Runner
    procedure: Procedure
    optimizer: Optimizer
    sections: int
    clip_norm: float | None = None
    average: BaseAverage | None = None

    def update(
        self,
        progress: Progress,
        images: NDArray[Any],
        batch: Section,
        factor: float = 1.0,
        share: float = 1.0,
    ) -> BatchResult:
        """Do one update.

        ``factor`` is what a schedule multiplies its learning rate by, and ``share`` the part of a
        call that was done before it: the average may begin late.

        Raises
        ------
        DivergenceError
            Loss, gradient or step is NaN or infinite; nothing is changed.
        """
        count = len(batch.indices)
        parts = cut(count, self.sections)
        results = self.runner.run(self.procedure, progress.parameters, images, batch, parts)
        gradient = results[0].gradient
        for result in results[1:]:
            gradient += result.gradient
        loss = sum(result.loss for result in results) / count
        network = self.procedure.network
        learned = slice(network.trained_size)
        step = Step(
            progress.parameters[learned],
            {name: vector[learned] for name, vector in progress.vectors.items()},
            gradient[learned], count, progress.t + 1, self.optimizer.learning_rate * factor,
            stretches_of(network),
        )  # fmt: skip
        if not is_finite(loss, gradient):
            raise divergence(self.procedure, images, batch, step, loss, self.optimizer)
        if self.clip_norm is not None:
            clip(step.gradient, self.clip_norm * count)
        bad = self.optimizer.update(step)
        if bad is not None:
            raise step_divergence(network, bad, self.optimizer, step.number)
        bring_up_to_date(network, progress.parameters, gradient, count)
        progress.t += 1
        progress.see(self.average, share)
        kind = self.procedure.network.loss.targets
        measures = (result.measure for result in results)
        return BatchResult(loss, score_of(kind, measures, batch.targets))
