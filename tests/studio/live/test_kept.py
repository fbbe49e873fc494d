import numpy as np

from pellucid.studio.live.kept import Kept, KeptStates
from pellucid.training import Update
from pellucid.training.state import TrainingState

SIZE = 1000


def kept(update):
    updates = tuple(Update(k, 8, 1.0, 0.5, 0.1) for k in range(1, update + 1))
    vectors = {"m": np.zeros(SIZE, np.float32), "v": np.zeros(SIZE, np.float32)}
    state = TrainingState(
        np.zeros(SIZE, np.float32), vectors, update, update, 0, 0, updates
    )  # fmt: skip
    return Kept(state, ((1, 0.1),))


def test_all_are_kept_while_there_is_room():
    states = KeptStates()
    for update in range(40):
        assert states.is_due(update)
        states.keep(1, kept(update))
    assert states.updates(1) == list(range(40))
    assert states.find(1, 7).update == 7
    assert states.find(1, 99).update == 39
    assert states.find(1, -1) is states.find(2, 7) is None
    assert states.has(1, 39)
    assert not states.has(1, 40)


def test_of_too_many_every_other_one_goes_but_the_first_and_the_newest():
    states = KeptStates(room=10 * 12_400)
    for update in range(61):
        if states.is_due(update):
            states.keep(1, kept(update))
    assert states.updates(1) == [0, 8, 16, 24, 32, 40, 48, 56]
    states.keep(1, kept(61))  # somebody paused there
    assert states.updates(1)[-1] == 61
    assert (states.every, states.find(1, 30).update) == (8, 24)
    assert sum(states.find(1, update).size for update in states.updates(1)) <= 10 * 12_400


def test_one_state_that_is_too_large_is_kept_all_the_same():
    states = KeptStates(room=1)
    for update in range(5):
        states.keep(1, kept(update))
        assert update in states.updates(1)
        assert 0 in states.updates(1)


def test_what_runs_share_counts_once_and_outlives_one_of_them():
    states = KeptStates(room=6 * 12_100)
    for update in range(5):
        states.keep(1, kept(update))
    states.share(2, 1, 3)
    assert states.updates(2) == [0, 1, 2, 3]
    assert states.find(2, 3) is states.find(1, 3)
    states.drop_but({2})
    assert states.updates(1) == []
    assert states.updates(2) == [0, 1, 2, 3]
