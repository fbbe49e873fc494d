"""Images that are not trained on: what is measured on them, when, and that it changes nothing."""

import numpy as np
import pytest

from pellucid import (
    Augmentation,
    Checkpoints,
    ExponentialAverage,
    History,
    Trainer,
    evaluate,
)
from pellucid.errors import CheckpointError, ConfigurationError, DataError, DivergenceError
from pellucid.training import load_checkpoint
from pellucid.training.checkpoints import checkpoint_paths, newest_checkpoint
from pellucid.training.validation import Measured, Validation
from tests.training.examples import NETWORK, bits, bright_corners

IMAGES, LABELS = bright_corners(60)
OTHERS = bright_corners(41, seed=1)
CALL = {"epochs": 3, "batch_size": 25, "validation_data": OTHERS}


def trained(stop=None, workers=2, average=None, **call):
    """Train for seven updates; return the trainer and what predicted after each."""
    made, seen = Trainer(NETWORK, augmentation=Augmentation(), workers=workers, average=average), []

    def on_update(update):
        seen.append(made.averaged.copy())
        return update.update == stop

    with made:
        made.fit(IMAGES, LABELS, **CALL | call, on_update=on_update)
    return made, seen


def rows(made):
    return [(u.loss, u.validation_loss, u.validation_accuracy) for u in made.history.updates]


@pytest.mark.parametrize("average", [None, ExponentialAverage(decay=0.5)])
def test_what_predicts_is_measured_at_the_end_of_each_pass(average):
    made, seen = trained(average=average)
    # 180 images in batches of 25: 60 are drawn after the third, 120 after the fifth.
    assert [u.update for u in made.history.validated] == [3, 5, 7]
    for update in made.history.validated:
        expected = evaluate(NETWORK, seen[update.update - 1], *OTHERS)
        assert update.validation_loss == expected.loss
        assert update.validation_accuracy == expected.accuracy


def test_the_end_of_a_call_is_measured_too():
    made, _ = trained(epochs=1.5)
    assert [u.update for u in made.history.validated] == [3, 4]
    made, _ = trained(batch_size=200)  # a batch that ends several passes
    assert [u.update for u in made.history.validated] == [1]


@pytest.mark.parametrize(
    ("every", "updates"), [(1, [1, 2, 3, 4, 5, 6, 7]), (2, [2, 4, 6, 7]), (9, [7])]
)
def test_it_may_be_measured_every_so_many_updates(every, updates, tmp_path):
    made, _ = trained(validation_every=every, checkpoints=Checkpoints(tmp_path))
    assert [u.update for u in made.history.validated] == updates
    assert [number for number, _ in made.history.validation_losses] == updates
    with pytest.raises(CheckpointError, match=f"validation_every is {every} there and none here"):
        trained(resume=newest_checkpoint(tmp_path, print))
    with pytest.raises(ConfigurationError, match=r"^validation_every is 0; it must be a whole nu"):
        trained(validation_every=0)


def test_it_changes_no_bit_of_what_is_learned():
    made, plain = trained()[0], trained(validation_data=None)[0]
    assert bits(made.state) == bits(plain.state)
    assert plain.history.validated == []


def test_the_number_of_workers_changes_no_bit():
    assert len({tuple(rows(trained(workers=n)[0])) for n in (1, 2, 3, 8)}) == 1


@pytest.mark.parametrize("stop", range(1, 7))
def test_resuming_after_every_update_changes_no_bit(stop, tmp_path):
    whole, _ = trained()
    trained(stop, checkpoints=Checkpoints(tmp_path))
    version = b'"format_version":"2"' if stop >= 3 else b'"format_version":"1"'
    assert version in checkpoint_paths(tmp_path)[0].read_bytes()
    made, _ = trained(workers=3, checkpoints=Checkpoints(tmp_path), resume=True)
    assert rows(made) == rows(whole)
    assert bits(made.state) == bits(whole.state)
    kept = load_checkpoint(checkpoint_paths(tmp_path)[0])
    assert kept.state.updates == tuple(made.history.updates)


def test_other_images_are_refused(tmp_path):
    trained(3, checkpoints=Checkpoints(tmp_path))
    kept = newest_checkpoint(tmp_path, print)
    with pytest.raises(CheckpointError, match="the images or labels of validation_data differ"):
        trained(resume=kept, validation_data=(OTHERS[0], OTHERS[1][::-1]))
    with pytest.raises(CheckpointError, match="validation_data is given there and none here"):
        trained(resume=kept, validation_data=None)
    trained(3, validation_data=None, checkpoints=Checkpoints(tmp_path / "plain"))
    with pytest.raises(CheckpointError, match="validation_data is none there and given here"):
        trained(resume=newest_checkpoint(tmp_path / "plain", print))


def test_the_csv_has_columns_where_anything_was_measured():
    history = trained()[0].history
    header, *lines = history.to_csv().splitlines()
    assert header.endswith(",fingerprint,validation_loss,validation_accuracy")
    assert [line.endswith(",,") for line in lines] == [True, True, False, True, False, True, False]
    assert History.from_csv(history.to_csv()) == history


@pytest.mark.parametrize(
    ("old", "new"), [(",,", ",1.0,"), (",,", ","), (",,", ",,,"), (",,", ",nan,0.5")]
)
def test_a_csv_that_lacks_half_of_it_is_refused(old, new):
    text = trained()[0].history.to_csv()
    assert History.from_csv(text)
    with pytest.raises(DataError, match="Line 2 of the history is not an update"):
        History.from_csv(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (OTHERS[0], r"^validation_data is a ndarray; it must be a pair: \(images, labels\)\.$"),
        ((*OTHERS, None), r"is a tuple; it must be a pair: \(images, labels\)\.$"),
        ((OTHERS[0][:, :, :5], OTHERS[1]), r"^In validation_data: Each image has shape"),
        ((OTHERS[0], OTHERS[1][:5]), r"^In validation_data: "),
        ((OTHERS[0], OTHERS[1] + 9), r"^In validation_data: "),
    ],
)
def test_what_can_not_be_measured_on_is_refused_before_work_starts(data, message):
    made = Trainer(NETWORK)
    before = bits(made.state)
    with pytest.raises(DataError, match=message):
        made.fit(IMAGES, LABELS, validation_data=data)
    assert bits(made.state) == before


def test_a_loss_that_is_not_finite_ends_training(monkeypatch):
    monkeypatch.setattr(Validation, "measure", lambda *args: Measured(np.inf, 0.25))
    made = Trainer(NETWORK)
    with pytest.raises(
        DivergenceError, match=r"^The loss on validation_data is inf after update 3"
    ):
        made.fit(IMAGES, LABELS, **CALL)
    assert len(made.history) == made.state.t == made.state.done == 3
    assert made.history.validated == []
