"""A training that is paused, stepped, gone back in: the bits are those of one that was not."""

import dataclasses
import time

import numpy as np
import pytest

from pellucid import Adam, EarlyStopping, ExponentialAverage, fingerprint
from pellucid.errors import ConfigurationError
from pellucid.studio.live.training import LiveTraining
from tests.studio.live.examples import (
    IMAGES,
    LABELS,
    UPDATES,
    live,
    made_trainer,
    straight,
    told,
    wait,
    waiting_at,
)


@pytest.fixture(scope="module")
def whole():
    return straight()


def end(training: LiveTraining) -> None:
    training.watch()
    training.go()
    wait(lambda: training.ended and waiting_at(training, UPDATES)())


def step_to(training: LiveTraining, update: int) -> None:
    while training.update < update:
        now = training.update
        training.watch()
        training.step()
        wait(waiting_at(training, now + 1))


def test_it_waits_until_it_is_told_and_trains_as_the_trainer_does(whole):
    with live() as training:
        training.watch()
        wait(waiting_at(training, 0))
        assert (training.total, training.branch.updates) == (UPDATES, [])
        end(training)
        assert told(training.branch.updates) == told(whole.history.updates)
        assert fingerprint(training.snapshot.parameters) == fingerprint(whole)
        assert training.images_per_second > 0
        with pytest.raises(ConfigurationError, match="All 10 updates are done; go back to one"):
            training.go()


def test_it_begins_when_somebody_looks():
    with live(begins_when_watched=True) as training:
        assert training.is_paused
        training.watch()
        wait(lambda: training.ended)


def test_pausing_and_single_updates_change_no_bit(whole):
    with live(pace=200) as training:
        step_to(training, 3)
        training.go()
        wait(lambda: training.update >= 5)
        training.pause()
        training.watch()
        wait(lambda: waiting_at(training, training.update)())
        assert 5 <= training.update < UPDATES
        end(training)
        assert told(training.branch.updates) == told(whole.history.updates)


def test_going_back_and_on_gives_the_same_bits(whole):
    with live() as training:
        end(training)
        for number, update in enumerate((4, 0, UPDATES), start=2):
            training.go_back(training.branch.number, update)
            training.watch()
            wait(lambda n=number: training.branch.number == n)
            wait(waiting_at(training, update))
            branch = training.branch
            assert (branch.number, branch.start, branch.came_of) == (number, update, number - 1)
            assert told(branch.updates) == told(whole.history.updates[:update])
            end(training)
            first = training.branches[0]
            assert training.branch.same_as(first) == UPDATES - update
            assert fingerprint(training.snapshot.parameters) == fingerprint(whole)


def test_an_average_and_early_stopping_go_back_too():
    arguments = {
        "validation_data": (IMAGES[:20], LABELS[:20]), "validation_every": 2,
        "early_stopping": EarlyStopping(2),
    }  # fmt: skip
    average = ExponentialAverage(decay=0.5)
    other = made_trainer(average=average)
    with other:
        from tests.training.trainings import CALL

        other.fit(IMAGES, LABELS, **CALL, **arguments)
    with live(made_trainer(average=average), arguments=arguments) as training:
        for back in (3, 0):
            training.watch()
            training.go()
            wait(lambda: training.ended and waiting_at(training, len(other.history))())
            assert told(training.branch.updates) == told(other.history.updates)
            assert fingerprint(training.snapshot.parameters) == fingerprint(other.averaged)
            training.go_back(training.branch.number, back)
            wait(waiting_at(training, back))


def test_another_learning_rate_is_noted_and_is_part_of_what_is_gone_back_to(whole):
    with live() as training:
        step_to(training, 4)
        training.set_rate(0.5)
        training.set_rate(0.1)
        assert training.rate == 0.1
        step_to(training, 6)
        assert training.branch.rates == [(1, 0.01), (5, 0.1)]
        assert told(training.branch.updates[:4]) == told(whole.history.updates[:4])
        assert training.branch.updates[5].fingerprint != whole.history.updates[5].fingerprint
        changed = training.branch.updates[5].fingerprint
        # Before it was changed: the rate is what it was, and so are the bits.
        training.go_back(1, 2)
        wait(waiting_at(training, 2))
        assert training.rate == 0.01
        end(training)
        assert training.branch.same_as(training.branches[0]) is None
        assert fingerprint(training.snapshot.parameters) == fingerprint(whole)
        # Behind it: it is the one that was set.
        training.go_back(1, 5)
        wait(waiting_at(training, 5))
        assert (training.rate, training.branch.rates) == (0.1, [(1, 0.01), (5, 0.1)])
        step_to(training, 6)
        assert training.branch.updates[5].fingerprint == changed


def test_the_schedule_goes_on_beside_a_rate_that_was_set():
    with live() as training:
        factors = []
        for update in range(UPDATES):
            factors.append(training.factor)
            step_to(training, update + 1)
        # Schedule(0.3, 0.4) of 10 updates.
        np.testing.assert_allclose(
            factors, [1 / 3, 2 / 3, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25], rtol=1e-12
        )


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda t: t.set_rate(0.0), "learning_rate is 0.0; it must be"),
        (lambda t: t.set_rate("0.1"), "'0.1'; it must be a number"),
        (lambda t: t.set_pace(-1), "pace is -1; it must be a finite number above 0"),
        (lambda t: t.go_back(1, -1), "There is no update -1 of run 1 to go back to"),
        (lambda t: t.go_back(9, 0), "There is no update 0 of run 9 to go back to"),
    ],
)
def test_what_cant_be_is_refused_and_changes_nothing(ask, message):
    with live() as training:
        with pytest.raises(ConfigurationError, match=message):
            ask(training)
        assert (training.rate, training.pace, len(training.branches)) == (0.01, None, 1)


def test_a_training_that_diverges_says_so_and_can_be_gone_back_in(whole):
    with live() as training:
        step_to(training, 2)
        training.set_rate(1e30)
        training.go()
        wait(lambda: training.trouble)
        assert "lower the learning rate" in training.trouble
        assert not training.ended
        with pytest.raises(ConfigurationError, match="go back to an earlier update"):
            training.step()
        training.go_back(1, 1)
        end(training)
        assert training.trouble == ""
        assert told(training.branch.updates) == told(whole.history.updates)


def test_a_run_in_which_nothing_was_done_makes_way():
    with live() as training:
        step_to(training, 3)
        for update in (2, 1):
            training.go_back(1, update)
            wait(waiting_at(training, update))
        assert [(b.number, b.start) for b in training.branches] == [(1, 0), (3, 1)]
        training.go_back(3, 7)  # of which there is 1, at the most
        wait(lambda: training.branch.number == 4)
        assert (training.branch.start, training.update) == (1, 1)


def test_nobody_looks_where_nobody_watches():
    with live() as training:
        training.go()
        wait(lambda: training.ended)
        assert training.snapshot is None
        training.watch()
        wait(waiting_at(training, UPDATES))


def test_the_pace_is_kept():
    with live(pace=20) as training:
        begun = time.monotonic()
        training.go()
        wait(lambda: training.ended)
        assert time.monotonic() - begun > 0.4
        assert dataclasses.astuple(Adam(training.rate))[0] == 0.01
