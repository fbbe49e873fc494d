"""The trainer: its settings, what it has learned, and the calls that train it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from functools import partial
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.arguments import flag, instance
from pellucid.errors import ConfigurationError
from pellucid.execution.inference import Evaluation, evaluate
from pellucid.execution.memory import check_training_memory, need_of_mixing
from pellucid.execution.runner import Runner
from pellucid.execution.sections import Procedure, prepare
from pellucid.execution.targets import check_targets
from pellucid.execution.workers import Workers
from pellucid.images.augmentation import Augmentation
from pellucid.images.checks import check_images
from pellucid.images.views import Views
from pellucid.kernels.optimizers.clip import clip
from pellucid.network.network import Network
from pellucid.training.averages.base import BaseAverage
from pellucid.training.batches import Batch, TrainingData
from pellucid.training.call import Call
from pellucid.training.checkpoint_file import Checkpoint
from pellucid.training.checkpoints import CheckpointFolder, Checkpoints
from pellucid.training.checks import (
    check_early_stopping,
    check_fit_settings,
    check_resume,
    check_trainer_settings,
    checked_weights,
    count_images,
)
from pellucid.training.history import History, Update
from pellucid.training.interrupt import Terminated
from pellucid.training.loop import Loop
from pellucid.training.optimizers.adam import Adam
from pellucid.training.optimizers.optimizer import Optimizer, prepare_optimizer
from pellucid.training.schedules.base import BaseSchedule
from pellucid.training.schedules.schedule import Schedule
from pellucid.training.state import Progress, TrainingState
from pellucid.training.statistics import statistics_of
from pellucid.training.stopping import EarlyStopping
from pellucid.training.update import Updater
from pellucid.training.validation import Measured, Validation

__all__ = ["Trainer"]


class Trainer:
    """Trains a network; the result depends on the data, the settings and the seed alone.

    Parameters
    ----------
    network : Network
        What to train.
    optimizer : Optimizer, optional
        How a gradient changes the parameters; the default is ``Adam()``.
    clip_norm : float, optional
        The largest norm that a batch's mean gradient may have, over all parameters; one that is
        longer is shortened. The default leaves gradients as they are.
    average : ExponentialAverage or MeanAverage, optional
        What predicts in place of the parameters after the last update; the default is nothing.
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
    averaged : ndarray of shape (network.size,), float32
        What predicts: the ``average`` of the parameters, or they themselves where none is kept.
        Statistics of norms are averaged along, and brought up to date when :meth:`fit` measures or
        ends, on training images.
    history : History
        Every update of every :meth:`fit` so far.
    state : TrainingState
        All of where it stands; what was taken can be put back.

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
        optimizer: Optimizer | None = None,
        clip_norm: float | None = None,
        average: BaseAverage | None = None,
        augmentation: Augmentation | None = None,
        sections: int = 8,
        workers: int | None = None,
        executor: Executor | None = None,
        seed: int = 0,
    ) -> None:
        self.network = instance("network", network, Network, "presets.reference()")
        self.optimizer: Optimizer = Adam() if optimizer is None else optimizer
        self.clip_norm, self.average, self.augmentation = clip_norm, average, augmentation
        self.sections, self.seed = sections, seed
        self._check_settings()
        self.sections, self.seed = int(sections), int(seed)
        self._workers = Workers(workers)
        self._runner = Runner(self._workers, executor)
        self._progress = Progress(
            network.initial_parameters(self.seed), self.optimizer.begin(network.size)
        )

    @property
    def parameters(self) -> NDArray[np.float32]:
        """The flat vector of parameters, which training changes in place; may be set."""
        return self._progress.parameters

    @parameters.setter
    def parameters(self, vector: NDArray[Any]) -> None:
        self._progress.set_parameters(self.network.check_parameters(vector))

    @property
    def averaged(self) -> NDArray[np.float32]:
        """What predicts: the average of the parameters, or they themselves where none is kept."""
        average = self._progress.average
        if self.average is None or average is None:
            return self.parameters
        return average.rounded

    @property
    def history(self) -> History:
        """Every update of every :meth:`fit` so far; may be set."""
        return self._progress.history

    @history.setter
    def history(self, history: History) -> None:
        self._progress.history = history

    @property
    def state(self) -> TrainingState:
        """Where training stands: parameters, the optimizer's vectors, history; may be set again.

        It is a copy, which stays as training goes on, and can be taken in ``on_update`` too.

        Examples
        --------
        >>> from pellucid import Dense, Flatten, Network, Trainer
        >>> trainer = Trainer(Network([Flatten(), Dense(2)], (2, 2)))
        >>> images, labels, before = np.zeros((8, 2, 2), np.uint8), np.arange(8) % 2, trainer.state
        >>> first = trainer.step(images, labels)
        >>> trainer.state = before
        >>> trainer.step(images, labels) == first
        True
        """
        return self._progress.capture()

    @state.setter
    def state(self, state: TrainingState) -> None:
        instance("state", state, TrainingState, "the state of a Trainer")
        if state.vectors.keys() != set(self.optimizer.vectors):
            raise ConfigurationError(
                f"state has the vectors {_listed(state.vectors)}, but {self.optimizer.name} keeps "
                f"{_listed(self.optimizer.vectors)}; use the state of a Trainer with that "
                "optimizer."
            )
        self.network.check_parameters(state.parameters)
        self._progress.restore(state)

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
            Classes, from 0; by another loss than cross-entropy (n, outputs), what each output
            should be.

        Returns
        -------
        float
            The mean loss of the images as randomized. ``history`` has no entry of it.

        Raises
        ------
        DataError
            Images or labels that can't be used; nothing is changed.
        DivergenceError
            The loss, the gradient or the optimizer's step is NaN or infinite; nothing is changed.
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
        data = self._checked(images, labels)
        # Images that have no number in any data get the next of a pass of their own.
        count = len(data.images)
        section = data.section(Batch(np.arange(count), np.full(count, self._progress.next_pass)))
        result = self._updater.update(self._progress, data.images, section)
        self._progress.next_pass += 1
        return result.loss

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
        schedule: BaseSchedule | None = None,
        validation_data: tuple[ArrayLike, ArrayLike] | None = None,
        validation_every: int | None = None,
        early_stopping: EarlyStopping | None = None,
        on_update: Callable[[Update], object] | None = None,
        checkpoints: Checkpoints | None = None,
        resume: bool | Checkpoint | TrainingState = False,
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
        schedule : Schedule, CosineSchedule, OneCycleSchedule or StepSchedule, optional
            How the learning rate changes over this call; the default keeps it constant.
        validation_data : (images, labels), optional
            Images that are not trained on. What predicts is measured on them at the end of each
            pass and of the call; ``history`` has loss and accuracy. They change no bit of what is
            learned.
        validation_every : int, optional
            Measure after so many updates, in place of the end of each pass.
        early_stopping : EarlyStopping, optional
            End once the accuracy on ``validation_data`` no longer rises, with the parameters that
            were best; by default all images are drawn, and the last parameters stay.
        on_update : callable, optional
            Called after every update; if it returns True, training ends.
        checkpoints : Checkpoints, optional
            Where to write checkpoints, and how often; none by default.
        resume : bool, Checkpoint or TrainingState, default False
            Go on from the newest good checkpoint there, or from the one given, to the same bits as
            without the break. Data, network and settings must be those of the call that wrote it,
            whatever this trainer did before; workers and ``checkpoints`` may be others. A state,
            taken in ``on_update``, is gone on from without being compared: that the call is the
            same is then yours to see to. It is for going back within a program, without
            ``checkpoints``.

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
            The loss, the gradient or the optimizer's step became NaN or infinite; the parameters
            are those before.
        ExecutorError
            The executor failed; the parameters are those before the update at work.
        OutOfMemoryError
            The threads would need more memory than there is; nothing was begun.
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
        check_early_stopping(early_stopping, validation_data)
        check_fit_settings(
            batch_size, self.sections, schedule=schedule, epochs=epochs, total_images=total_images
        )
        normalize = flag("normalize_weights", normalize_weights)
        if self.executor is None:
            sizes = self.network, self.workers, int(batch_size), self.sections
            mixes = self.augmentation is not None and self.augmentation.mixup > 0
            check_training_memory(*sizes, *([need_of_mixing(*sizes)] if mixes else []))
        data = self._checked(images, labels, sample_weight, normalize=normalize)
        total = count_images(len(data.images), epochs, total_images)
        call = Call(total, int(batch_size), schedule or Schedule(), early_stopping)
        validation, measure = None, None
        if validation_data is not None:
            validation = Validation.of(validation_data, self.network, validation_every)
            measure = partial(self._measure, validation, data)
        settings = partial(call.settings, self, data, validation)
        with self._begun(settings, checkpoints, resume) as folder:
            loop = Loop(
                call, data, self._progress, lambda: self._updater, on_update, folder, measure,
                validation_every, None if early_stopping is None else lambda: self.averaged,
            )  # fmt: skip
            stopped_by = loop.run()
        if self._progress.best is None:
            self._bring_up_to_date(data)
        else:
            self.parameters = self._progress.best
        if stopped_by == "SIGTERM":
            raise Terminated
        return History(self.history.updates[len(self.history) - self._progress.done :], stopped_by)

    @contextlib.contextmanager
    def _begun(
        self,
        settings: Callable[[], dict[str, Any]],
        checkpoints: Checkpoints | None,
        resume: bool | Checkpoint | TrainingState,
    ) -> Iterator[CheckpointFolder | None]:
        """Begin a call, or go on with one; yield where its checkpoints go, if anywhere."""
        with contextlib.ExitStack() as stack:
            folder = None
            if checkpoints is not None:
                folder = stack.enter_context(CheckpointFolder(checkpoints, settings()))
            before = self._progress.first_pass, self._progress.done
            try:
                self._begin(settings, folder, resume)
            except BaseException:  # a call that was refused changes nothing
                self._progress.first_pass, self._progress.done = before
                raise
            yield folder

    def _begin(
        self,
        settings: Callable[[], dict[str, Any]],
        folder: CheckpointFolder | None,
        resume: bool | Checkpoint | TrainingState,
    ) -> None:
        self._progress.begin_call()
        if isinstance(resume, TrainingState):
            self.state = resume
        elif isinstance(resume, Checkpoint):
            if folder is None:
                resume.check_settings(settings())
            self.state = resume.state if folder is None else folder.resume_from(resume)
        elif folder is not None:
            if resume:
                self.state = folder.resume()
            else:
                folder.begin(self.state)

    def evaluate(
        self, images: ArrayLike, labels: ArrayLike, views: Views | None = None
    ) -> Evaluation:
        """Return accuracy, loss and probabilities on labeled images, which are not randomized.

        What predicts is ``averaged``.

        Parameters
        ----------
        images, labels : array-like
            As in :meth:`step`.
        views : {"mirror", "shifts", "mirror+shifts"}, optional
            Take the mean over several views of each image, as :func:`pellucid.predict_proba` does.

        Returns
        -------
        Evaluation
            ``accuracy``, ``loss`` in nats an image, and ``probabilities``; what they are by
            another loss than cross-entropy says :class:`pellucid.Evaluation`.

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
        return evaluate(self.network, self.averaged, images, labels, self.workers, views)

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

    @property
    def _updater(self) -> Updater:
        """How the next update is made; settings may be others than at the last one."""
        procedure = Procedure(self.network, self.augmentation, self.seed)
        return Updater(
            self._runner, procedure, self.optimizer, self.sections, self.clip_norm, self.average
        )  # fmt: skip

    def _bring_up_to_date(self, data: TrainingData) -> None:
        """Let an average predict with the statistics that its own layers give."""
        average, network = self._progress.average, self.network
        if self.average is None or average is None or not average.count:
            return
        if average.statistics is None and network.trained_size < network.size:
            average.bring_up_to_date(
                statistics_of(network, average.rounded, data.images, self.seed, self.workers)
            )

    def _measure(self, validation: Validation, data: TrainingData) -> Measured:
        self._bring_up_to_date(data)
        return validation.measure(self.network, self.averaged, self.workers)

    def _check_settings(self) -> None:
        check_trainer_settings(
            self.optimizer, self.augmentation, self.sections, self.seed, clip_norm=self.clip_norm,
            average=self.average,
        )  # fmt: skip

    def _checked(
        self,
        images: ArrayLike,
        labels: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        normalize: bool = True,
    ) -> TrainingData:
        """Return what is to be trained on; all is checked, and compiled before time is taken."""
        # Settings may be set between updates.
        self._check_settings()
        if self.augmentation is not None:
            self.augmentation.check_channels(self.network.input_shape[0])
            self.augmentation.check_targets(self.network.loss.targets)
        pixels = check_images(images, self.network.input_shape)
        targets = check_targets(self.network, labels, len(pixels))
        weights = checked_weights(sample_weight, len(pixels), normalize=normalize)
        self._progress.make_writable()
        self._progress.suit(self.optimizer, self.average)
        prepare(self.network)
        prepare_optimizer(self.optimizer)
        if self.clip_norm is not None:
            clip(np.zeros(0, dtype=np.float32), self.clip_norm)  # compiled, or loaded
        four = pixels[:, None] if pixels.ndim == 3 else pixels
        return TrainingData(four, targets, weights)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
