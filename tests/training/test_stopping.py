"""Training that ends early: when, with which parameters, and to the same bits when resumed."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import (
    Checkpoints,
    CosineSchedule,
    EarlyStopping,
    ExponentialAverage,
    Schedule,
    Trainer,
    evaluate,
)
from pellucid.errors import CheckpointError, ConfigurationError, ModelFileError
from pellucid.training import load_checkpoint
from pellucid.training.checkpoints import checkpoint_paths
from pellucid.training.stopping import Standing
from tests.training.examples import NETWORK, bits, bright_corners

IMAGES, LABELS = bright_corners(60)
OTHERS = bright_corners(41, seed=1)
OTHERS[1][:8] = (OTHERS[1][:8] + 1) % 4  # some are mislabeled, so that the loss on them rises
CALL = {
    "epochs": 40, "batch_size": 20, "validation_data": OTHERS,
    "early_stopping": EarlyStopping(2),
}  # fmt: skip

scores = st.tuples(st.sampled_from([0.1, 0.2, 0.3]), st.sampled_from([-1.5, -1.0, -0.5]))
accuracies = st.lists(scores, max_size=12)


def trained(stop=None, average=None, workers=2, **call):
    """Train; return the trainer, its history, and what predicted after each update."""
    made, seen = Trainer(NETWORK, average=average, workers=workers), {}

    def on_update(update):
        seen[update.update] = made.averaged.copy()
        return update.update == stop

    with made:
        history = made.fit(IMAGES, LABELS, **CALL | call, on_update=on_update)
    return made, history, seen


def measured(history):
    return [(u.update, u.validation_accuracy, u.validation_loss) for u in history.validated]


@given(accuracies, st.integers(1, 5), st.integers(1, 9))
def test_patience_is_out_as_a_count_of_the_measurements_says(accuracies, patience, step):
    measured = [(step * number, a, -b) for number, (a, b) in enumerate(accuracies, start=1)]
    found = EarlyStopping(patience).standing(measured)
    expected = None
    for end in range(patience + 1, len(accuracies) + 1):
        before, waited = accuracies[: end - patience], accuracies[end - patience : end]
        if max(waited) <= max(before):
            best = before.index(max(before)) + 1
            expected = (step * end, step * (2 * end - best))
            break
    assert (found.fall, found.end) == (expected or (None, None))
    if accuracies:
        assert found.best == step * (1 + accuracies.index(max(accuracies)))


@given(st.integers(1, 50), st.integers(1, 50))
def test_the_learning_rate_falls_in_equal_steps_to_nearly_zero(fall, length):
    standing = Standing(1, fall, fall + length)
    factors = [standing.factor(number) for number in range(fall, fall + length + 1)]
    assert factors[0] == 1.0
    np.testing.assert_allclose(-np.diff(factors), 1 / (length + 1))
    assert factors[-1] == pytest.approx(1 / (length + 1))


@pytest.mark.parametrize("average", [None, ExponentialAverage(decay=0.5)])
def test_it_ends_early_with_the_parameters_that_were_best(average):
    made, history, seen = trained(average=average)
    standing = EarlyStopping(2).standing(measured(history))
    assert len(history) == standing.end < 40 * 3
    assert history.best.update == standing.best
    assert np.array_equal(made.averaged, seen[standing.best])
    assert np.array_equal(made.parameters, made.averaged)
    assert evaluate(NETWORK, made.parameters, *OTHERS).accuracy == history.best.validation_accuracy
    assert history.validated[-1].update == len(history)  # the end is measured too


def test_until_patience_is_out_nothing_is_other_than_without():
    _, plain, _ = trained(early_stopping=None)
    _, history, _ = trained()
    standing = EarlyStopping(2).standing(measured(history))
    until = [u.fingerprint for u in history.updates[: standing.fall]]
    assert until == [u.fingerprint for u in plain.updates[: standing.fall]]
    assert history.updates[standing.fall].fingerprint != plain.updates[standing.fall].fingerprint


def test_without_patience_running_out_all_images_are_drawn():
    made, history, seen = trained(epochs=3, early_stopping=EarlyStopping(50))
    assert len(history) == 9
    assert np.array_equal(made.parameters, seen[history.best.update])


@pytest.mark.parametrize("schedule", [Schedule(warmup=0.1), CosineSchedule()])
@pytest.mark.parametrize("average", [None, ExponentialAverage(decay=0.5)])
def test_resuming_ends_at_the_same_update_with_the_same_bits(schedule, average, tmp_path):
    whole, history, _ = trained(average=average, schedule=schedule)
    for stop in sorted({1, 4, history.best.update + 1, len(history) - 1, len(history)}):
        folder = tmp_path / str(stop)
        settings = {"average": average, "schedule": schedule, "checkpoints": Checkpoints(folder)}
        trained(stop, **settings)
        made, again, _ = trained(workers=3, resume=True, **settings)
        assert [u.fingerprint for u in again.updates] == [u.fingerprint for u in history.updates]
        assert bits(made.state) == bits(whole.state)


def test_a_checkpoint_keeps_what_was_best(tmp_path):
    _, history, seen = trained(7, checkpoints=Checkpoints(tmp_path))
    (path, *_) = checkpoint_paths(tmp_path)
    assert b'"format_version":"3"' in path.read_bytes()
    state = load_checkpoint(path).state
    assert np.array_equal(state.best, seen[history.best.update])
    assert np.array_equal(state.predicting, state.best)
    for place in range(0, path.stat().st_size, 997):  # damage anywhere is noticed
        data = bytearray(path.read_bytes())
        data[place] ^= 0x40
        (tmp_path / "bad").write_bytes(data)
        with pytest.raises((CheckpointError, ModelFileError)):
            load_checkpoint(tmp_path / "bad")


def test_another_patience_is_another_training(tmp_path):
    trained(3, checkpoints=Checkpoints(tmp_path))
    for other in (EarlyStopping(3), None):
        with pytest.raises(CheckpointError, match=r"patience is 2 there|early_stopping is"):
            trained(checkpoints=Checkpoints(tmp_path), resume=True, early_stopping=other)


def test_another_call_begins_anew():
    made, history, _ = trained()
    best = made.parameters.copy()
    made.fit(IMAGES, LABELS, epochs=1, batch_size=20)
    assert not np.array_equal(made.parameters, best)
    assert made.state.best is None
    assert len(made.history) == len(history) + 3


@pytest.mark.parametrize("patience", [0, -1, 1.5, "5", None, True])
def test_patience_must_be_a_count(patience):
    with pytest.raises(ConfigurationError, match=r"^patience is .* it must be a whole number"):
        EarlyStopping(patience)


def test_it_needs_something_to_go_by_before_work_starts():
    made = Trainer(NETWORK)
    with pytest.raises(ConfigurationError, match=r"^early_stopping needs validation_data="):
        made.fit(IMAGES, LABELS, early_stopping=EarlyStopping(2))
    with pytest.raises(ConfigurationError, match=r"early_stopping is True.*EarlyStopping\(pat"):
        made.fit(IMAGES, LABELS, **CALL | {"early_stopping": True})
    assert not made.history.updates


def test_its_settings_are_plain_values():
    assert EarlyStopping(**EarlyStopping(3).to_dict()) == EarlyStopping(3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        EarlyStopping(3).patience = 4
