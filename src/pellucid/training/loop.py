"""The training loop: batch -> sections -> gradients summed in section order -> optimizer."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import DivergenceError, ExecutorError
from pellucid.files.fingerprints import fingerprint
from pellucid.training.batches import TrainingData, batches
from pellucid.training.call import Call
from pellucid.training.checkpoints import CheckpointFolder
from pellucid.training.history import DIGITS, Update
from pellucid.training.interrupt import Stop, stop_on_signals
from pellucid.training.state import Progress
from pellucid.training.stopping import Standing
from pellucid.training.update import Updater
from pellucid.training.validation import Measured

__all__ = ["Loop"]


@dataclass(frozen=True)
class Loop:
    """The updates of one call of :meth:`pellucid.Trainer.fit`.

    Attributes
    ----------
    call : Call
        What to do.
    data : TrainingData
        What to train on.
    progress : Progress
        Where training stands; changed by every update.
    updater : callable
        Returns how the next update is made: settings may change from one to the next.
    on_update : callable or None
        Called after every update; if it returns True, training ends.
    folder : CheckpointFolder or None
        Where checkpoints go.
    measure : callable or None
        Returns loss and accuracy on the images to validate with; called at the end of each pass.
    every : int or None
        After how many updates to call it, in place of that.
    predicting : callable or None
        Returns what predicts, for early stopping to keep what is best.
    """

    call: Call
    data: TrainingData
    progress: Progress
    updater: Callable[[], Updater]
    on_update: Callable[[Update], object] | None
    folder: CheckpointFolder | None
    measure: Callable[[], Measured] | None = None
    every: int | None = None
    predicting: Callable[[], NDArray[np.float32]] | None = None

    def run(self) -> str | None:
        """Do the updates that are left; return the signal that ended them, if one did."""
        progress = self.progress
        start = time.perf_counter() - (progress.history.seconds if progress.done else 0.0)
        runner = self.updater().runner
        with (
            stop_on_signals() as stop,
            runner.serving(self.data.images, stop.is_set),
            self._last_checkpoint(stop),
        ):
            for update in self._updates(start):
                if self.folder is not None:
                    self.folder.after_update(progress.done, progress.capture)
                if self.on_update is not None and self.on_update(update) is True:
                    break
                if stop.is_set():
                    break
        progress.history.stopped_by = stop.signal
        return stop.signal

    def _updates(self, start: float) -> Iterator[Update]:
        """Do the updates that are left, one at a time."""
        call, data, progress = self.call, self.data, self.progress
        standing = self._standing()
        drawn = batches(
            len(data.images), call.images, call.batch_size, self.updater().procedure.seed,
            progress.first_pass, progress.done,
        )  # fmt: skip
        for batch in drawn:
            if standing.end is not None and progress.done >= standing.end:
                return
            section, number = data.section(batch), progress.done + 1
            factor = call.factor(number, standing)
            result = self.updater().update(
                progress, data.images, section, factor, call.share(number)
            )
            progress.next_pass = int(batch.passes[-1]) + 1
            is_last = standing.end == number
            measured = self._measured(len(batch.indices), is_last=is_last)
            is_finite = all(value is None or math.isfinite(value) for value in measured)
            update = Update(
                len(progress.history) + 1, len(batch.indices), result.loss, result.accuracy,
                time.perf_counter() - start, fingerprint(progress.parameters)[:DIGITS],
                *(measured if is_finite else (None, None)),
            )  # fmt: skip
            progress.history.append(update)
            progress.done += 1
            if not is_finite:
                raise DivergenceError(
                    f"The loss on validation_data is {measured[0]} after update {update.update}; "
                    "lower the learning rate.",
                    update=update.update,
                )
            if update.validation_accuracy is not None:
                standing = self._standing()
                if standing.best == number and self.predicting is not None:
                    progress.best = self.predicting().copy()
            yield update

    def _standing(self) -> Standing:
        """Return what the updates of the call so far say of early stopping."""
        if self.call.early_stopping is None or not self.progress.done:
            return Standing()
        return self.call.standing(self.progress.history.updates[-self.progress.done :])

    def _measured(self, images: int, *, is_last: bool = False) -> tuple[float | None, float | None]:
        """Measure after an update of some images, if it is time, or the end of the call."""
        if self.measure is None:
            return None, None
        size, before = len(self.data.images), self.progress.done * self.call.batch_size
        now = before + images
        if self.every is None:
            is_time = now // size > before // size
        else:
            is_time = (self.progress.done + 1) % self.every == 0
        is_time = is_time or is_last or now == self.call.images
        return self.measure() if is_time else (None, None)

    @contextlib.contextmanager
    def _last_checkpoint(self, stop: Stop) -> Iterator[None]:
        """Write the last checkpoint of the call, however it ends but by a divergence."""
        progress = self.progress
        earlier = progress.t - progress.done  # updates of earlier calls
        try:
            yield
        except DivergenceError:
            raise  # what led to it need not take the place of an older checkpoint
        except Exception as error:
            # Whoever stops us may have stopped the workers too: that is no failure.
            if not (stop.is_set() and isinstance(error, ExecutorError)):
                # A lost worker, an error in on_update: what was done is not lost.
                if self.folder is not None and progress.t - progress.done == earlier:
                    self.folder.finish(progress.capture())
                raise
            if progress.done == 0:
                stop.obey()
        if self.folder is not None:
            self.folder.finish(progress.capture())
