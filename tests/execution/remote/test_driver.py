"""Workers that don't share our memory: the same bits, little to carry, and clean failures."""

import dataclasses
import functools
import os
import pickle
import signal
import tempfile
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

from pellucid import Augmentation, Trainer
from pellucid.errors import ExecutorError
from pellucid.execution.executors import open_executor
from pellucid.execution.remote import image_file, worker
from pellucid.execution.remote.worker import Job
from tests.execution.digests import IMAGES, LABELS, InlineExecutor, digest_of_training, mapped
from tests.training.examples import NETWORK, bits

KINDS = [
    pytest.param(weighted, randomized, id=f"{first}-{second}")
    for weighted, first in ((False, "plain"), (True, "weighted"))
    for randomized, second in ((False, "as they are"), (True, "randomized"))
]


@functools.cache
def by_threads(weighted, randomized):
    return digest(None, weighted, randomized)


def digest(executor, weighted, randomized, images=IMAGES, **settings):
    weights = np.linspace(0.5, 2.0, len(LABELS)) if weighted else None
    augmentation = Augmentation() if randomized else None
    return digest_of_training(
        executor, images, weights=weights, augmentation=augmentation, **settings
    )


@pytest.fixture(scope="module")
def processes():
    with open_executor("processes", 2) as pool:
        yield pool


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Return the folder of temporary files, which must be empty again after every test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


class FickleExecutor(InlineExecutor):
    """Forgets everything after each job, as if another worker took the next; pickles like one."""

    def submit(self, function, /, job):
        worker._places.clear()
        return super().submit(function, pickle.loads(pickle.dumps(job)))


# The same bits.


@pytest.mark.parametrize("is_mapped", [False, True], ids=["memory", "mapped"])
@pytest.mark.parametrize(("weighted", "randomized"), KINDS)
def test_processes(processes, weighted, randomized, is_mapped, tmp_path):
    images = mapped(tmp_path / "images.npy") if is_mapped else IMAGES
    assert digest(processes, weighted, randomized, images) == by_threads(weighted, randomized)


@pytest.mark.parametrize("kind", [InlineExecutor, FickleExecutor])
@pytest.mark.parametrize(("weighted", "randomized"), KINDS)
def test_executors_of_any_kind(kind, weighted, randomized):
    assert digest(kind(), weighted, randomized) == by_threads(weighted, randomized)


@pytest.mark.parametrize("slots", [1, 3, 5, 100])
def test_however_many_sections_make_a_job(slots):
    executor = InlineExecutor()
    executor._max_workers = slots
    assert digest(executor, False, True) == by_threads(False, True)
    # 100 images make seven sections: whole multiples of 16.
    assert [len(job.sections) for job in executor.jobs[: min(slots, 7)]] == {
        1: [7], 3: [2, 2, 3], 5: [1, 1, 2, 1, 2], 100: [1] * 7,
    }[slots]  # fmt: skip


def test_steps_on_an_executor(processes):
    expected, found = Trainer(NETWORK, workers=1), Trainer(NETWORK, executor=processes)
    for start in (0, 90, 180):
        part = slice(start, start + 90)
        assert found.step(IMAGES[part], LABELS[part]) == expected.step(IMAGES[part], LABELS[part])
    np.testing.assert_array_equal(found.parameters, expected.parameters)


# What is carried.


def test_workers_are_set_up_once_and_sent_numbers(tmp_path):
    executor = InlineExecutor()
    worker._places.clear()
    digest(executor, True, True, mapped(tmp_path / "images.npy"))
    assert all(job.images is None for job in executor.jobs)
    assert [job.setup is not None for job in executor.jobs] == [True] * 7 + [False] * 81
    per_image = 8 + 8 + 8 + 16  # index, label, weight, identity
    job = executor.jobs[-1]
    size = len(pickle.dumps(job))
    assert size < 4 * NETWORK.size + per_image * len(job.sections[0].indices) + 1500


def test_images_in_memory_are_written_to_a_file_of_their_own(temporary):
    executor = InlineExecutor()

    def look(update):
        assert [path.suffix for path in temporary.iterdir()] == [".raw"]

    with Trainer(NETWORK, executor=executor) as trainer:
        trainer.fit(IMAGES, LABELS, batch_size=100, on_update=look)
    assert all(job.images is None for job in executor.jobs)


def test_a_worker_that_cannot_open_the_file_is_sent_pixels(monkeypatch, tmp_path):
    executor = FickleExecutor()
    monkeypatch.setattr(
        image_file.ImageFile, "open", lambda file: (_ for _ in ()).throw(worker.DataError("no"))
    )
    with pytest.warns(UserWarning, match=r"Workers can't open the images \(on .*, no\), so pixels"):
        found = digest(executor, False, True)
    assert found == by_threads(False, True)


def test_a_file_that_changes_under_a_worker_is_not_used(tmp_path):
    """The worker's machine has another file of the same name, size and time."""

    class ElsewhereExecutor(InlineExecutor):
        def submit(self, function, /, job):
            if job.setup is not None and job.setup.file is not None:
                file = dataclasses.replace(job.setup.file, digest="of the driver's file")
                setup = dataclasses.replace(job.setup, file=file)
                setup.__dict__["token"] = job.token
                job = dataclasses.replace(job, setup=setup)
            return super().submit(function, job)

    with pytest.warns(UserWarning, match="holds other images than the file of this name"):
        found = digest(ElsewhereExecutor(), False, True, mapped(tmp_path / "images.npy"))
    assert found == by_threads(False, True)


def test_where_no_file_can_be_written_pixels_are_sent(monkeypatch):
    monkeypatch.setattr(image_file.tempfile, "gettempdir", lambda: "no such folder")
    executor = FickleExecutor()
    assert digest(executor, False, True) == by_threads(False, True)
    assert all(job.images is not None for job in executor.jobs)


# Failure.


def state(trainer):
    return bits(trainer.state)


def test_a_worker_that_is_killed_ends_in_a_clean_error_and_training_can_go_on(temporary):
    trainer, states = Trainer(NETWORK), []

    def kill(update):
        states.append(state(trainer))
        if update.update == 2:
            os.kill(next(iter(pool._processes)), signal.SIGKILL)

    with open_executor("processes", 2) as pool:
        trainer.executor = pool
        with pytest.raises(
            ExecutorError,
            match=r"^A worker process ended abruptly \(BrokenProcessPool\): .*\. The parameters "
            r"are those before this update; training can go on with a new executor\.$",
        ) as caught:
            # So many that the pool has noticed long before the last.
            trainer.fit(IMAGES, LABELS, epochs=50_000, batch_size=100, on_update=kill)
        assert isinstance(caught.value.__cause__, BrokenProcessPool)
        assert state(trainer) == states[-1]
        with pytest.raises(ExecutorError, match="A worker process ended abruptly"):
            trainer.step(IMAGES, LABELS)  # the pool stays broken
        assert state(trainer) == states[-1]
    assert list(temporary.iterdir()) == []

    trainer.executor = None
    again = Trainer(NETWORK)
    again.fit(IMAGES, LABELS, total_images=100 * len(states), batch_size=100)
    assert state(again) == states[-1]
    assert trainer.step(IMAGES, LABELS) == again.step(IMAGES, LABELS)
    trainer.close()
    again.close()


class FailingExecutor(InlineExecutor):
    """Fails at a section, by submission or in its future, and keeps those before it waiting."""

    def __init__(self, error, *, on_submit):
        super().__init__()
        self.error, self.on_submit, self.futures = error, on_submit, []

    def submit(self, function, /, job):
        if len(self.futures) == 4:
            if self.on_submit:
                raise self.error
            self.futures[0].set_exception(self.error)
        self.futures.append(Future())
        return self.futures[-1]


@pytest.mark.parametrize("on_submit", [False, True], ids=["result", "submit"])
@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RuntimeError("cannot schedule new futures"), r"failed with RuntimeError: cannot schedule"),
        (MemoryError(), r"failed with MemoryError: no reason"),
        (OSError(104, "Connection reset"), r"failed with .*: \[Errno 104\] Connection reset"),
        (ExecutorError("The worker on far has numpy 0.9."), r"^The worker on far has numpy 0\.9\."),
    ],
)
def test_an_executor_that_fails_leaves_all_as_it_was(error, message, on_submit):
    executor = FailingExecutor(error, on_submit=on_submit)
    trainer = Trainer(NETWORK, executor=executor)
    before = state(trainer)
    with pytest.raises(ExecutorError, match=message + r".* The parameters are those before this"):
        trainer.fit(IMAGES, LABELS, batch_size=100)
    assert state(trainer) == before
    assert len(trainer.history) == 0
    assert all(future.done() for future in executor.futures)  # taken back


def test_an_executor_that_was_shut_down():
    with ProcessPoolExecutor(1) as pool:
        pass
    with pytest.raises(ExecutorError, match="cannot schedule new futures after shutdown"):
        Trainer(NETWORK, executor=pool).fit(IMAGES, LABELS, batch_size=100)


def test_work_that_is_taken_back_from_outside():
    class Canceling(InlineExecutor):
        def submit(self, function, /, job):
            future = Future()
            future.cancel()
            future.set_running_or_notify_cancel()
            return future

    with pytest.raises(ExecutorError, match="gave the work up: its scheduler is gone, or it was"):
        Trainer(NETWORK, executor=Canceling()).fit(IMAGES, LABELS, batch_size=100)


@pytest.mark.skipif(os.name == "nt", reason="SIGINT can't be sent to a process")
def test_a_second_ctrl_c_takes_the_work_back(temporary):
    def interrupt():
        os.kill(os.getpid(), signal.SIGINT)

    class Stuck(InlineExecutor):
        futures: list[Future] = []  # noqa: RUF012

        def submit(self, function, /, job):
            self.futures.append(Future())
            if len(self.futures) == 7:
                for _ in range(2):
                    threading.Timer(0.2 * (1 + _), interrupt).start()
            return self.futures[-1]

    trainer = Trainer(NETWORK, executor=Stuck())
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(IMAGES, LABELS, batch_size=100)
    assert all(future.cancelled() for future in Stuck.futures)
    assert list(temporary.iterdir()) == []


def test_jobs_are_small_enough_to_read():
    """Job's fields are what the documentation says is carried."""
    assert [field.name for field in dataclasses.fields(Job)] == [
        "token", "parameters", "sections", "setup", "images",
    ]  # fmt: skip
