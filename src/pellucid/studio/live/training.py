"""A training in a thread of its own, which waits, goes on and goes back as it is told."""

from __future__ import annotations

import dataclasses
import enum
import threading
import time
import traceback
from collections import deque
from typing import Any

from pellucid.arguments import positive
from pellucid.errors import ConfigurationError, PellucidError
from pellucid.studio.live.branches import Branch
from pellucid.studio.live.kept import Kept, KeptStates
from pellucid.studio.live.looking import Looker, Snapshot
from pellucid.training import Trainer, Update
from pellucid.training.batches import batch_sizes
from pellucid.training.optimizers.optimizer import Optimizer

__all__ = ["LiveTraining"]

WATCHED = 3.0
"""Seconds for which a page that looked counts as one that looks."""

EVERY = 1.0
"""Seconds between two looks while training goes on, at the least."""

SHARE = 50
"""A look may take one part in so many of the time."""

BYTES_A_SECOND = 4_000_000
"""Parameters that are handed on in a second, about."""

IDLE = 0.1
"""Seconds after which who waits sees whether somebody has come to look."""

MOST_BRANCHES = 12
"""Runs that are kept; of more the oldest is forgotten."""


class _Next(enum.Enum):
    """What a thread that waited is to do."""

    UPDATE = enum.auto()
    BACK = enum.auto()
    CLOSE = enum.auto()


class LiveTraining:
    """Lets a trainer train as :meth:`pellucid.Trainer.fit` does, and be steered meanwhile.

    What is told to it takes effect between two updates. A learning rate that was changed is noted
    with the update that it began with, for the bits depend on it; nothing else that is done here
    changes any bit. What others read (``branches``, ``snapshot``, ``update``) is only ever
    replaced or added to, so that nobody waits for anybody.

    Parameters
    ----------
    trainer : Trainer
        What trains; nobody else may use it.
    arguments : dict
        What its ``fit`` takes, but for ``on_update``, ``checkpoints`` and ``resume``.
    looker : Looker
        What looks at it for those who watch.
    pace : float or None
        Updates a second, at the most; None for as fast as it can.
    begins_when_watched : bool, default True
        Whether it begins when somebody looks for the first time; else it waits to be told.
    keep : KeptStates, optional
        Where states are kept to go back to.

    Attributes
    ----------
    total : int
        Updates to do.
    branches : list of Branch
        The runs; the last one goes on.
    snapshot : Snapshot or None
        What was seen at the last look.
    update : int
        Updates that are done.
    is_paused : bool
        Whether it waits for somebody.
    ended : bool
        Whether all updates are done.
    trouble : str
        What went wrong, in a sentence; "" if nothing did.
    """

    def __init__(
        self,
        trainer: Trainer,
        arguments: dict[str, Any],
        looker: Looker,
        *,
        pace: float | None = None,
        begins_when_watched: bool = True,
        keep: KeptStates | None = None,
    ) -> None:
        self._trainer, self._arguments, self._looker = trainer, arguments, looker
        self.total = len(batch_sizes(arguments["total_images"], arguments["batch_size"]))
        self.branches = [Branch(1, rates=[(1, trainer.optimizer.learning_rate)])]
        self.snapshot: Snapshot | None = None
        self.update, self.is_paused, self.ended, self.trouble = 0, True, False, ""
        self.pace = pace
        self._kept = KeptStates() if keep is None else keep
        self._changed = threading.Condition()
        self._numbers, self._steps = 1, 0
        self._rate: float | None = None
        self._back: tuple[int, Kept] | None = None
        self._is_closing, self._is_to_begin = False, begins_when_watched
        self._watched = self._looked = float("-inf")
        self._took = self._next_update = 0.0
        self._speeds: deque[tuple[int, float]] = deque(maxlen=20)
        self._begun = 0.0
        self._keep()
        self._thread = threading.Thread(target=self._run, name="pellucid-training", daemon=True)
        self._thread.start()

    # What others may ask and tell.

    @property
    def branch(self) -> Branch:
        """The run that goes on."""
        return self.branches[-1]

    @property
    def rate(self) -> float:
        """The learning rate of the next update, before the schedule's factor."""
        return self._trainer.optimizer.learning_rate if self._rate is None else self._rate

    @property
    def factor(self) -> float:
        """What the schedule multiplies it by, for the next update or the last."""
        schedule = self._arguments.get("schedule")
        number = min(self.update + 1, self.total)
        return 1.0 if schedule is None else schedule.factor(number, self.total)

    @property
    def images_per_second(self) -> float:
        """How fast the last updates were, waiting not counted; 0 before any."""
        speeds = list(self._speeds)
        seconds = sum(second for _, second in speeds)
        return sum(count for count, _ in speeds) / seconds if seconds > 0 else 0.0

    @property
    def every(self) -> int:
        """After every so many updates there is a state to go back to."""
        return self._kept.every

    def watch(self) -> None:
        """Note that somebody looks just now."""
        self._watched = time.monotonic()
        if self._is_to_begin:
            self._is_to_begin = self.is_paused = False

    def pause(self) -> None:
        """Wait after the update at work."""
        with self._changed:
            self.is_paused, self._steps, self._is_to_begin = True, 0, False
            self._changed.notify_all()

    def go(self) -> None:
        """Go on.

        Raises
        ------
        ConfigurationError
            There is nothing left to do.
        """
        with self._changed:
            self._check_not_over()
            self.is_paused = False
            self._changed.notify_all()

    def step(self) -> None:
        """Do one update and wait.

        Raises
        ------
        ConfigurationError
            There is nothing left to do.
        """
        with self._changed:
            self._check_not_over()
            self.is_paused = True
            self._steps += 1
            self._changed.notify_all()

    def set_pace(self, pace: float | None) -> None:
        """Do so many updates a second, at the most; None is as many as it can.

        Raises
        ------
        ConfigurationError
            It is no number above 0.
        """
        with self._changed:
            self.pace = None if pace is None else positive("pace", pace, ", or None")
            self._next_update = 0.0
            self._changed.notify_all()

    def set_rate(self, rate: float) -> None:
        """Take another learning rate, from the next update on; the schedule still multiplies it.

        Raises
        ------
        ConfigurationError
            The optimizer can't take it.
        """
        with self._changed:
            self._rate = self._with_rate(rate).learning_rate
            self._changed.notify_all()

    def go_back(self, branch: int, update: int) -> None:
        """Go back to an update, and wait there; what was trained since stays as a run.

        Where its state is not kept it is the last one before it that is.

        Raises
        ------
        ConfigurationError
            There is no such run, or the update is below 0.
        """
        with self._changed:
            kept = self._kept.find(branch, update)
            if kept is None:
                raise ConfigurationError(
                    f"There is no update {update} of run {branch} to go back to; choose another."
                )
            self._back, self._steps, self.is_paused = (branch, kept), 0, True
            self._rate, self.ended, self.trouble = None, False, ""
            self._changed.notify_all()

    def close(self, seconds: float = 10.0) -> None:
        """End after the update at work; wait for that, but not for ever."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        self._thread.join(seconds)
        if not self._thread.is_alive():
            self._trainer.close()

    def _check_not_over(self) -> None:
        if self.ended:
            raise ConfigurationError(
                f"All {self.total} updates are done; go back to one of them to train again."
            )
        if self.trouble:
            raise ConfigurationError(
                "Training can't go on from here; go back to an earlier update and change the "
                "learning rate."
            )

    def _with_rate(self, rate: float) -> Optimizer:
        if isinstance(rate, bool) or not isinstance(rate, int | float):
            raise ConfigurationError(f"The learning rate is {rate!r:.40}; it must be a number.")
        return dataclasses.replace(self._trainer.optimizer, learning_rate=float(rate))

    # What the thread does.

    def _run(self) -> None:
        resume: Any = False
        while (then := self._wait()) is not _Next.CLOSE:
            if then is _Next.BACK:
                resume = self._went_back()
                continue
            self._begun, trouble = time.perf_counter(), ""
            try:
                self._trainer.fit(**self._arguments, on_update=self._after, resume=resume)
            except (PellucidError, MemoryError) as error:
                trouble = str(error) or "There is not enough memory."
            except Exception as error:  # the page must not go on as if it trained
                traceback.print_exc()
                trouble = f"Training failed: {error}."
            with self._changed:
                if self._back is None and not self._is_closing:
                    self.trouble, self.ended, self.is_paused = trouble, not trouble, True

    def _after(self, update: Update) -> bool:
        """Note an update and wait for the next; return True where there is to be none now.

        This is what :meth:`pellucid.Trainer.fit` calls.
        """
        self._speeds.append((update.images, time.perf_counter() - self._begun))
        self.branch.updates.append(update)
        self.update = update.update
        if self._kept.is_due(self.update) or self.update == self.total:
            self._keep()
        if self.update == self.total:  # what fit does at its end comes before the last look
            return False
        then = self._wait()
        self._begun = time.perf_counter()
        return then is not _Next.UPDATE

    def _wait(self) -> _Next:
        """Wait until there is something to do, and let those who watch look meanwhile."""
        while True:
            with self._changed:
                if self._is_closing:
                    return _Next.CLOSE
                if self._back is not None:
                    return _Next.BACK
                if not self._is_look_due(SHARE * self._took):
                    left = self._seconds_left()
                    if left == 0.0:
                        self._take_rate()
                        return _Next.UPDATE
                    if not self._is_look_due(self._took):  # who waits has the time
                        self._changed.wait(IDLE if left is None else min(left, IDLE))
                        continue
            self._look()

    def _seconds_left(self) -> float | None:
        """Return how long to wait for the next update; None until somebody says so."""
        if self._steps:
            self._steps -= 1
            return 0.0
        if self.is_paused:
            is_kept = self._kept.has(*self._place)
            if not (is_kept or self.ended or self.trouble):
                self._keep()  # what somebody looks at for a while
            return None
        if self.pace is None:
            return 0.0
        now = time.monotonic()
        if now < self._next_update:
            return self._next_update - now
        self._next_update = max(self._next_update, now - 1 / self.pace) + 1 / self.pace
        return 0.0

    def _take_rate(self) -> None:
        if self._rate is not None:
            self._trainer.optimizer = self._with_rate(self._rate)
            self.branch.set_rate(self.update + 1, self._rate)
            self._rate = None

    def _keep(self) -> None:
        self._kept.keep(self.branch.number, Kept(self._trainer.state, tuple(self.branch.rates)))

    def _went_back(self) -> Any:
        """Begin a run where another one was; return from what ``fit`` goes on."""
        with self._changed:
            assert self._back is not None
            (came_of, kept), self._back = self._back, None
            left = [b for b in self.branches if b.number == came_of or not _is_bare(b)]
            self.branches = left[-MOST_BRANCHES + 1 :]
            self._numbers += 1
            number, updates, rates = self._numbers, list(kept.state.updates), list(kept.rates)
            self._kept.share(number, came_of, kept.update)
            self.branches = [
                *self.branches, Branch(number, kept.update, came_of, updates, rates)
            ]  # fmt: skip
            self._kept.drop_but({branch.number for branch in self.branches})
            self.update = kept.update
            self._trainer.state = kept.state
            self._trainer.optimizer = self._with_rate(rates[-1][1])
            return kept.state if kept.update else False

    def _is_look_due(self, pause: float) -> bool:
        """Return whether somebody who watches has something to see, so long after the last look."""
        now, last = time.monotonic(), self.snapshot
        if now - self._watched > WATCHED:
            return False
        if last is None or (self.is_paused and not self._steps):
            pause = 0.0
        else:
            pause = max(EVERY, pause, last.parameters.nbytes / BYTES_A_SECOND)
        is_seen = last is not None and (last.branch, last.update) == self._place
        return not is_seen and now >= self._looked + pause

    @property
    def _place(self) -> tuple[int, int]:
        return self.branch.number, self.update

    def _look(self) -> None:
        self._looked = time.monotonic()
        self.snapshot = self._looker.look(*self._place, self._trainer.averaged)
        self._took = time.monotonic() - self._looked


def _is_bare(branch: Branch) -> bool:
    """Return whether nothing was trained in a run since it left another."""
    return branch.came_of is not None and len(branch.updates) == branch.start
