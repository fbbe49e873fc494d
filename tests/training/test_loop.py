"""A call of fit: how much it trains, what it tells, and how it ends."""

import signal
import threading
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

from pellucid import Adam, Checkpoints, Conv2D, Dense, Flatten, History, Network, Trainer
from pellucid.errors import ConfigurationError
from pellucid.training.checkpoints import newest_checkpoint
from pellucid.training.interrupt import Terminated
from tests.execution.digests import InlineExecutor
from tests.training.examples import NETWORK, bits, bright_corners


@pytest.fixture
def trainer():
    with Trainer(NETWORK, optimizer=Adam(0.01), workers=2) as made:
        yield made


def state(trainer):
    return bits(trainer.state)


# How much it trains, and what it tells.


@pytest.mark.parametrize(
    ("arguments", "sizes"),
    [
        ({}, [100]),
        ({"batch_size": 40}, [40, 40, 20]),
        ({"batch_size": 41}, [41, 59]),
        ({"batch_size": 30}, [30, 30, 40]),
        ({"batch_size": 60}, [60, 40]),
        ({"batch_size": 50, "epochs": 2.5}, [50] * 5),
        ({"batch_size": 50, "epochs": 0.25}, [25]),
        ({"batch_size": 50, "epochs": 0.001}, [1]),
        ({"batch_size": 80, "total_images": 230}, [80, 80, 70]),
        ({"batch_size": 500, "total_images": 230}, [230]),
        ({"batch_size": 50, "total_images": 50, "epochs": 9}, [50]),
    ],
)
def test_epochs_and_total_images(trainer, arguments, sizes):
    history = trainer.fit(*bright_corners(100), **arguments)
    assert [update.images for update in history.updates] == sizes
    assert history.images == sum(sizes)


def test_history_tells_what_happened_and_on_update_hears_it(trainer):
    images, labels = bright_corners(100)
    heard = []
    before = trainer.evaluate(images, labels)
    history = trainer.fit(images, labels, epochs=3, batch_size=100, on_update=heard.append)
    assert heard == history.updates
    assert [update.update for update in heard] == [1, 2, 3]
    assert heard[0].loss == pytest.approx(before.loss, rel=1e-6)
    assert heard[0].accuracy == before.accuracy
    seconds = [update.seconds for update in heard]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0
    assert not history.interrupted
    assert len(history.to_csv().splitlines()) == 4


def test_a_second_fit_goes_on(trainer):
    images, labels = bright_corners(100)
    first = trainer.fit(images, labels, epochs=2, batch_size=50)
    second = trainer.fit(images, labels, epochs=1, batch_size=50)
    assert [update.update for update in first.updates] == [1, 2, 3, 4]
    assert [update.update for update in second.updates] == [5, 6]
    assert trainer.history.updates == first.updates + second.updates
    assert trainer.state.t == 6


def test_weights_that_are_not_normalized_mean_the_same_in_every_call(trainer):
    def first_loss(factor, normalize):
        made, weights = Trainer(NETWORK, workers=1), np.full(20, float(factor))
        return made.fit(
            *bright_corners(20), sample_weight=weights, normalize_weights=normalize, batch_size=20
        ).losses[0]

    assert first_loss(3, True) == first_loss(1, True) == first_loss(1, False)
    assert first_loss(3, False) == pytest.approx(3 * first_loss(1, False))
    with pytest.raises(ConfigurationError, match="normalize_weights is 'no'; it must be True or"):
        first_loss(1, "no")


def test_an_error_in_on_update_comes_through_and_leaves_the_last_update(trainer):
    seen = []

    def fail(update):
        seen.append(state(trainer))
        raise RuntimeError("disk full")

    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(RuntimeError, match="disk full"):
        trainer.fit(*bright_corners(100), batch_size=50, on_update=fail)
    assert state(trainer) == seen[0]
    assert len(trainer.history) == 1
    assert signal.getsignal(signal.SIGINT) is handler


# Ctrl-C.


def test_ctrl_c_ends_training_after_the_update_at_work(trainer):
    handler = signal.getsignal(signal.SIGINT)
    states = []

    def interrupt(update):
        states.append(state(trainer))
        if update.update == 3:
            signal.raise_signal(signal.SIGINT)

    images, labels = bright_corners(100)
    history = trainer.fit(images, labels, epochs=20, batch_size=50, on_update=interrupt)
    assert history.interrupted
    assert trainer.history.interrupted
    assert len(history) == 3
    assert state(trainer) == states[-1]
    assert signal.getsignal(signal.SIGINT) is handler

    again = trainer.fit(images, labels, batch_size=50)
    assert not again.interrupted
    assert [update.update for update in again.updates] == [4, 5]


def test_a_second_ctrl_c_raises_at_once(trainer):
    handler = signal.getsignal(signal.SIGINT)

    def interrupt_twice(update):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        trainer.fit(*bright_corners(100), batch_size=50, on_update=interrupt_twice)
    assert len(trainer.history) == 1
    assert signal.getsignal(signal.SIGINT) is handler


def test_training_works_in_another_thread():
    found, images_labels = [], bright_corners(100)

    def train():
        with Trainer(NETWORK, workers=2) as trainer:
            history = trainer.fit(*images_labels, batch_size=50)
            found.append((history, trainer.parameters))

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    (history, parameters) = found[0]
    assert isinstance(history, History)
    with Trainer(NETWORK, workers=2) as trainer:
        trainer.fit(*images_labels, batch_size=50)
        np.testing.assert_array_equal(parameters, trainer.parameters)


def test_two_trainers_at_once_do_not_disturb_each_other():
    images, labels = bright_corners(100)
    other = Network([Conv2D(5, 3, padding="same"), Flatten(), Dense(4)], (1, 10, 11))

    def train(network, out):
        with Trainer(network, workers=2) as trainer:
            trainer.fit(images, labels, epochs=4, batch_size=50)
            out.append(trainer.parameters.tobytes())

    alone, together = [], [[], []]
    for network in (NETWORK, other):
        train(network, alone)
    threads = [
        threading.Thread(target=train, args=(network, out))
        for network, out in zip((NETWORK, other), together, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == [[alone[0]], [alone[1]]]


# What SIGTERM does.


def stopping(number, at):
    def on_update(update):
        if update.update == at:
            signal.raise_signal(number)

    return on_update


class LostWithUs(InlineExecutor):
    """Whoever sends us a signal, after so many updates, ends the workers with it."""

    def __init__(self, number, updates):
        super().__init__()
        self.number, self.last = number, 4 * updates  # 50 images are worked on in 4 sections

    def submit(self, function, /, job):
        if len(self.jobs) == self.last:
            signal.raise_signal(self.number)
            raise BrokenProcessPool("A process was terminated abruptly")
        return super().submit(function, job)


def test_an_executor_that_is_lost_with_us_is_no_failure(tmp_path):
    images, labels = bright_corners(100)
    call = {"epochs": 9, "batch_size": 50}
    every = Checkpoints(tmp_path)
    with Trainer(NETWORK, executor=LostWithUs(signal.SIGTERM, 2)) as trainer:
        with pytest.raises(Terminated):
            trainer.fit(images, labels, **call, checkpoints=every)
        assert (len(trainer.history), trainer.history.stopped_by) == (2, "SIGTERM")
        assert len(newest_checkpoint(tmp_path, print).state.updates) == 2
        trainer.executor = LostWithUs(signal.SIGINT, 1)
        history = trainer.fit(images, labels, **call, checkpoints=every, resume=True)
        assert (len(history), history.stopped_by) == (3, "SIGINT")


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)]
)
def test_an_executor_that_is_lost_with_us_before_the_first_update(number, error):
    trainer = Trainer(NETWORK, executor=LostWithUs(number, 0))
    with pytest.raises(error):
        trainer.fit(*bright_corners(100), batch_size=50)
    assert not trainer.history.interrupted


def test_sigterm_saves_a_checkpoint_and_ends_the_process(trainer, tmp_path):
    images, labels = bright_corners(100)
    call = {"epochs": 9, "batch_size": 50}
    with pytest.raises(Terminated) as error:
        trainer.fit(
            images, labels, **call, on_update=stopping(signal.SIGTERM, 3),
            checkpoints=Checkpoints(tmp_path),
        )  # fmt: skip
    assert error.value.code == 143
    assert trainer.history.stopped_by == "SIGTERM"
    kept = newest_checkpoint(tmp_path, print).state
    assert (len(kept.updates), kept.parameters.tobytes()) == (3, trainer.parameters.tobytes())
    trainer.fit(images, labels, **call, checkpoints=Checkpoints(tmp_path), resume=True)
    with Trainer(NETWORK, optimizer=Adam(0.01)) as whole:
        whole.fit(images, labels, **call)
    assert trainer.parameters.tobytes() == whole.parameters.tobytes()
