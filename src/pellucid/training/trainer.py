"""The training loop: batch -> sections -> gradients summed in section order -> Adam."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable
from concurrent.futures import Executor
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.arguments import flag, instance, whole
from pellucid.errors import ConfigurationError, DivergenceError, ExecutorError
from pellucid.execution.inference import Evaluation, evaluate
from pellucid.execution.runner import Runner
from pellucid.execution.sections import Recipe, Section, prepare
from pellucid.execution.workers import Workers
from pellucid.files.fingerprints import fingerprint
from pellucid.images.augmentation import Augmentation
from pellucid.images.checks import check_images, check_labels
from pellucid.network.network import Network
from pellucid.training.adam import Adam, AdamState, prepare_adam
from pellucid.training.batches import batches
from pellucid.training.call import Call, check_resume, checked_weights, count_images
from pellucid.training.checkpoint_file import Checkpoint
from pellucid.training.checkpoints import CheckpointFolder, Checkpoints
from pellucid.training.history import DIGITS, History, Update
from pellucid.training.interrupt import Terminated, stop_on_signals
from pellucid.training.schedule import Schedule
from pellucid.training.state import TrainingState
from pellucid.training.update import BatchResult, section_of, update_parameters

__all__ = ["Trainer"]


class Trainer:
    """Trains a network; the result depends on the data, the settings and the seed alone.

    Parameters
    ----------
    network : Network
        What to train.
    optimizer : Adam, optional
        Its settings; the default is ``Adam()``.
    augmentation : Augmentation, optional
        How each training image is randomized; the default leaves images as they are.
    sections : int, default 8
        Into how many parts a batch is cut, to be worked on at once. Another number may change the
        last bits of the result.
    workers : int, optional
        Threads; the default is one on each processor. It never changes the result.
    executor : concurrent.futures.Executor, optional
        What works on the sections in place of threads: processes, a cluster. It never changes the
        result, and stays open. :func:`pellucid.open_executor` makes one from a name.
    seed : int, default 0
        What the initial parameters, the order of the images and the randomizing are drawn from.

    Attributes
    ----------
    parameters : ndarray of shape (network.size,), float32
        The flat vector of parameters; ``network.views`` names its parts.
    history : History
        Every update of every :meth:`fit` so far.

    Raises
    ------
    ConfigurationError
        A setting out of bounds.

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import Adam, Dense, Flatten, Network, Trainer
    >>> images = np.repeat([0, 255], 16).astype(np.uint8)[:, None, None] * np.ones((2, 2), np.uint8)
    >>> labels = np.repeat([0, 1], 16)
    >>> trainer = Trainer(Network([Flatten(), Dense(2)], (2, 2)), optimizer=Adam(0.1))
    >>> history = trainer.fit(images, labels, epochs=50, batch_size=32)
    >>> trainer.evaluate(images, labels).accuracy
    1.0
    """

    def __init__(
        self,
        network: Network,
        *,
        optimizer: Adam | None = None,
        augmentation: Augmentation | None = None,
        sections: int = 8,
        workers: int | None = None,
        executor: Executor | None = None,
        seed: int = 0,
    ) -> None:
        self.network = instance("network", network, Network, "presets.reference()")
        self.optimizer = Adam() if optimizer is None else optimizer
        self.augmentation = augmentation
        self._check()
        self.sections = whole("sections", sections, least=1)
        self.seed = whole("seed", seed, least=0, most=2**63 - 1)
        self._workers = Workers(workers)
        self._runner = Runner(self._workers, executor)
        self._parameters = network.initial_parameters(self.seed)
        self.history = History()
        self._state = AdamState(network.size)
        self._passes = 0

    @property
    def parameters(self) -> NDArray[np.float32]:
        """The flat vector of parameters, which training changes in place; may be set."""
        return self._parameters

    @parameters.setter
    def parameters(self, vector: NDArray[Any]) -> None:
        self._make_writable()
        self._parameters[:] = self.network.check_parameters(vector)

    @property
    def workers(self) -> int:
        """How many threads there are at the most; may be set between updates, None for all."""
        return self._workers.count

    @workers.setter
    def workers(self, workers: int | None) -> None:
        new = Workers(workers)
        self._workers.close()
        self._workers = new
        self._runner = Runner(new, self.executor)

    @property
    def executor(self) -> Executor | None:
        """What works on the sections in place of threads; may be set between updates."""
        return self._runner.executor

    @executor.setter
    def executor(self, executor: Executor | None) -> None:
        self._runner = Runner(self._workers, executor)

    def step(self, images: ArrayLike, labels: ArrayLike) -> float:
        """Do one update on one batch; return its mean loss before the update, in nats an image.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, C, H, W)
            uint8 as stored, or floats in [0, 1].
        labels : array-like of shape (n,)
            Classes, from 0.

        Returns
        -------
        float
            The mean cross-entropy of the images as randomized. ``history`` has no entry of it.

        Raises
        ------
        DataError
            Images or labels that can't be used; nothing is changed.
        DivergenceError
            The loss, the gradient or Adam's step is NaN or infinite; nothing is changed.
        ExecutorError
            The executor failed; nothing is changed.

        Examples
        --------
        >>> from pellucid import Dense, Flatten, Network, Trainer
        >>> trainer = Trainer(Network([Flatten(), Dense(2)], (2, 2)))
        >>> images, labels = np.zeros((8, 2, 2), np.uint8), np.arange(8) % 2
        >>> round(trainer.step(images, labels), 4)
        0.6931
        """
        pixels, classes = self._checked(images, labels)
        indices = np.arange(len(pixels))
        # Images that have no number in any data get the next of a pass of their own.
        passes = np.full(len(pixels), self._passes)
        self._passes += 1
        section = section_of(classes, np.ones(len(pixels)), indices, passes)
        return self._update(pixels, section, self.optimizer.learning_rate).loss

    def fit(
        self,
        images: ArrayLike,
        labels: ArrayLike,
        *,
        epochs: float = 1,
        total_images: int | None = None,
        sample_weight: ArrayLike | None = None,
        normalize_weights: bool = True,
        batch_size: int = 1024,
        schedule: Schedule | None = None,
        on_update: Callable[[Update], object] | None = None,
        checkpoints: Checkpoints | None = None,
        resume: bool | Checkpoint = False,
    ) -> History:
        """Train on shuffled batches; a second call goes on where the first ended.

        The images are drawn in passes over the data, reshuffled whenever they run out. Ctrl-C ends
        training after the update at work; what was learned stays, and ``history.interrupted`` says
        so. SIGTERM does the same and then ends the process with exit code 143, by raising
        :class:`~pellucid.training.interrupt.Terminated`. A second signal is obeyed at once.

        Parameters
        ----------
        images, labels : array-like
            As in :meth:`step`.
        epochs : float, default 1
            Passes over the data.
        total_images : int, optional
            How many images to draw in all, in place of ``epochs``.
        sample_weight : array-like of shape (n,), optional
            What each image counts.
        normalize_weights : bool, default True
            Whether the weights are divided by their mean, so that only their ratios matter. False
            suits data that come in parts: a weight then means the same in every call.
        batch_size : int, default 1024
            Images an update. A remainder below half a batch joins the last one.
        schedule : Schedule, optional
            How the learning rate changes over this call; the default keeps it constant.
        on_update : callable, optional
            Called after every update; if it returns True, training ends.
        checkpoints : Checkpoints, optional
            Where to write checkpoints, and how often; none by default.
        resume : bool or Checkpoint, default False
            Go on from the newest good checkpoint there, or from the one given, to the same bits as
            without the break. Data, network and settings must be those of the call that wrote it,
            whatever this trainer did before; workers and ``checkpoints`` may be others.

        Returns
        -------
        History
            The updates of this call, those before a resume among them.

        Raises
        ------
        ConfigurationError
            A batch size below the number of sections, or nothing to train on.
        DataError
            Images or labels that can't be used; the message names the first.
        DivergenceError
            The loss, the gradient or Adam's step became NaN or infinite; the parameters are those
            before.
        ExecutorError
            The executor failed; the parameters are those before the update at work.
        CheckpointError
            There is no usable checkpoint to resume from, it is of other data, network or settings,
            the folder holds checkpoints and ``resume`` is False, or it can't be written.
        RunInUseError
            Another training writes checkpoints into the folder.

        Examples
        --------
        >>> from pellucid import Dense, Flatten, Network, Trainer
        >>> trainer = Trainer(Network([Flatten(), Dense(2)], (2, 2)))
        >>> images, labels = np.zeros((64, 2, 2), np.uint8), np.arange(64) % 2
        >>> history = trainer.fit(images, labels, epochs=2, batch_size=16)
        >>> len(history), history.images
        (8, 128)
        """
        check_resume(resume, checkpoints)
        if schedule is not None:
            instance("schedule", schedule, Schedule, "Schedule(cooldown=0.5)")
        batch_size = whole("batch_size", batch_size, least=1)
        if batch_size < self.sections:
            raise ConfigurationError(
                f"batch_size {batch_size} is smaller than sections {self.sections}, but each "
                f"section needs an image; use sections={batch_size} or a larger batch_size."
            )
        pixels, classes = self._checked(images, labels)
        normalize = flag("normalize_weights", normalize_weights)
        weights = checked_weights(sample_weight, len(pixels), normalize=normalize)
        total = count_images(len(pixels), epochs, total_images)
        call = Call(total, batch_size, schedule or Schedule(), self._passes, len(self.history))
        with contextlib.ExitStack() as stack:
            folder = None
            if checkpoints is not None or resume:
                settings = call.settings(self, pixels, classes, weights)
            if checkpoints is not None:
                folder = stack.enter_context(CheckpointFolder(checkpoints, settings))
            if isinstance(resume, Checkpoint):
                if folder is None:
                    resume.check_settings(settings)
                else:
                    folder.resume_from(resume)
                call = self._restore(call, resume.state)
            elif resume and folder is not None:
                call = self._restore(call, folder.resume())
            elif folder is not None:
                folder.begin(self._capture(call))
            stopped_by = self._run(call, pixels, classes, weights, on_update, folder)
        if stopped_by == "SIGTERM":
            raise Terminated
        return History(self.history.updates[call.before :], stopped_by)

    def _run(
        self,
        call: Call,
        pixels: NDArray[Any],
        classes: NDArray[np.int64],
        weights: NDArray[np.float64],
        on_update: Callable[[Update], object] | None,
        folder: CheckpointFolder | None,
    ) -> str | None:
        """Do the updates that are left of a call; return the signal that ended them, if one did."""
        done = len(self.history) - call.before
        start = time.perf_counter() - (self.history.seconds if done else 0.0)
        drawn = batches(
            len(pixels), call.images, call.batch_size, self.seed, call.first_pass, done
        )  # fmt: skip
        before = self._state.t - done
        with stop_on_signals() as stop, self._runner.images_at_hand(pixels):
            try:
                for batch in drawn:
                    done += 1
                    rate = self.optimizer.learning_rate * call.factor(done)
                    section = section_of(classes, weights, batch.indices, batch.passes)
                    result = self._update(pixels, section, rate)
                    self._passes = int(batch.passes[-1]) + 1
                    seconds = time.perf_counter() - start
                    update = Update(
                        call.before + done, len(batch.indices), result.loss, result.accuracy,
                        seconds, fingerprint(self.parameters)[:DIGITS],
                    )  # fmt: skip
                    self.history.append(update)
                    if folder is not None:
                        folder.after_update(done, lambda: self._capture(call))
                    if (on_update is not None and on_update(update) is True) or stop.is_set():
                        break
            except DivergenceError:
                raise  # what led to it need not take the place of an older checkpoint
            except Exception as error:
                # Whoever stops us may have stopped the workers too: that is no failure.
                if not (stop.is_set() and isinstance(error, ExecutorError)):
                    # A lost worker, an error in on_update: what was done is not lost.
                    is_whole = self._state.t - before == len(self.history) - call.before
                    if folder is not None and is_whole:
                        folder.finish(self._capture(call))
                    raise
                if len(self.history) == call.before:
                    stop.obey()
            if folder is not None:
                folder.finish(self._capture(call))
        self.history.stopped_by = stop.signal
        return stop.signal

    def _capture(self, call: Call) -> TrainingState:
        """Return where a call stands; nothing of it changes as training goes on."""
        return TrainingState(
            self.parameters.copy(), self._state.m.copy(), self._state.v.copy(), self._state.t,
            len(self.history) - call.before, call.first_pass, self._passes,
            tuple(self.history.updates),
        )  # fmt: skip

    def _restore(self, call: Call, state: TrainingState) -> Call:
        """Take up a call where it stood, and return it."""
        self.parameters[:] = state.parameters
        self._state.m[:], self._state.v[:], self._state.t = state.m, state.v, state.t
        self._passes = state.next_pass
        self.history = History(list(state.updates))
        before = len(state.updates) - state.done
        return dataclasses.replace(call, first_pass=state.first_pass, before=before)

    def evaluate(self, images: ArrayLike, labels: ArrayLike) -> Evaluation:
        """Return accuracy, loss and probabilities on labeled images, which are not randomized.

        Parameters
        ----------
        images, labels : array-like
            As in :meth:`step`.

        Returns
        -------
        Evaluation
            ``accuracy``, ``loss`` in nats an image, and ``probabilities``.

        Raises
        ------
        DataError
            Images or labels that can't be used.

        Examples
        --------
        >>> from pellucid import Dense, Flatten, Network, Trainer
        >>> trainer = Trainer(Network([Flatten(), Dense(2)], (2, 2)))
        >>> trainer.evaluate(np.zeros((4, 2, 2), np.uint8), [0, 1, 0, 0]).accuracy
        0.75
        """
        return evaluate(self.network, self.parameters, images, labels, self.workers)

    def close(self) -> None:
        """End the worker threads; training can go on, with new ones."""
        self._workers.close()

    def __enter__(self) -> Trainer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _check(self) -> None:
        """Refuse settings of another type; they may be set between updates."""
        instance("optimizer", self.optimizer, Adam, "Adam(learning_rate=0.01)")
        if self.augmentation is not None:
            instance("augmentation", self.augmentation, Augmentation, "Augmentation()")

    def _make_writable(self) -> None:
        """Copy what joblib has mapped from a file that may not be written."""
        for owner, name in ((self, "_parameters"), (self._state, "m"), (self._state, "v")):
            array = getattr(owner, name)
            if not array.flags.writeable:
                setattr(owner, name, np.array(array))

    def _checked(
        self, images: ArrayLike, labels: ArrayLike
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        self._check()
        self._make_writable()
        pixels = check_images(images, self.network.input_shape)
        classes = check_labels(labels, self.network.classes, len(pixels))
        # Compiled before time is taken.
        prepare(self.network)
        prepare_adam()
        return (pixels[:, None] if pixels.ndim == 3 else pixels), classes

    def _update(self, images: NDArray[Any], batch: Section, learning_rate: float) -> BatchResult:
        return update_parameters(
            self._runner, Recipe(self.network, self.augmentation, self.seed), self.parameters,
            images, batch, self._state, self.optimizer, sections=self.sections,
            learning_rate=learning_rate,
        )  # fmt: skip
