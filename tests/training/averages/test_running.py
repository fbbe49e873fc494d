"""An average at work in a training: what it is, what predicts, and that no bit is lost."""

import joblib
import numpy as np
import pytest

from pellucid import (
    SGD,
    Augmentation,
    Checkpoints,
    ExponentialAverage,
    MeanAverage,
    Trainer,
    evaluate,
)
from pellucid.errors import CheckpointError
from pellucid.training import load_checkpoint
from pellucid.training.averages.running import RunningAverage
from pellucid.training.checkpoint_file import save_checkpoint
from pellucid.training.checkpoints import checkpoint_paths, newest_checkpoint
from tests.training.examples import NETWORK, bits, bright_corners

IMAGES, LABELS = bright_corners(60)
CALL = {"total_images": 300, "batch_size": 30}
KINDS = [ExponentialAverage(decay=0.8), ExponentialAverage(0.3, decay=0.8), MeanAverage(0.45)]


def trained(average, stop=None, workers=2, **call):
    """Train for ten updates; return the trainer and the parameters after each update."""
    made, seen = Trainer(NETWORK, average=average, augmentation=Augmentation(), workers=workers), []

    def on_update(update):
        seen.append(made.parameters.copy())
        return update.update == stop

    with made:
        made.fit(IMAGES, LABELS, **CALL | call, on_update=on_update)
    return made, seen


def torch_average(torch, vectors, average):
    model = torch.nn.Linear(vectors[0].size, 1, bias=False).double()
    how = {}
    if isinstance(average, ExponentialAverage):
        how["multi_avg_fn"] = torch.optim.swa_utils.get_ema_multi_avg_fn(average.decay)
    averaged = torch.optim.swa_utils.AveragedModel(model, **how)
    for vector in vectors:
        with torch.no_grad():
            model.weight[:] = torch.tensor(vector.astype(np.float64))
        averaged.update_parameters(model)
    return averaged.module.weight[0].detach().numpy()


@pytest.mark.parametrize("average", KINDS)
def test_it_is_the_average_that_torch_keeps(average):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    made, seen = trained(average)
    first = sum(number / 10 < average.start for number in range(10))
    expected = torch_average(torch, seen[first:], average)
    np.testing.assert_allclose(made.state.average, expected, rtol=1e-12, atol=1e-15)
    assert made.averaged.tobytes() == made.state.average.astype(np.float32).tobytes()
    assert made.state.averaged == 10 - first


def test_training_itself_is_not_changed():
    plain, averaged = trained(None)[0], trained(KINDS[0])[0]
    assert plain.parameters.tobytes() == averaged.parameters.tobytes()
    assert plain.averaged is plain.parameters
    assert plain.state.average is None
    assert not np.array_equal(averaged.averaged, averaged.parameters)


def test_before_it_begins_it_is_the_parameters():
    made, seen = trained(MeanAverage(0.5), stop=5)
    np.testing.assert_array_equal(made.averaged, seen[-1])
    assert made.state.averaged == 0
    fresh = Trainer(NETWORK, average=MeanAverage())
    np.testing.assert_array_equal(fresh.averaged, fresh.parameters)


def test_it_predicts():
    made, _ = trained(KINDS[2])
    found, by_hand = (
        made.evaluate(IMAGES, LABELS),
        evaluate(NETWORK, made.averaged, IMAGES, LABELS),
    )
    np.testing.assert_array_equal(found.probabilities, by_hand.probabilities)
    last = evaluate(NETWORK, made.parameters, IMAGES, LABELS)
    assert not np.array_equal(found.probabilities, last.probabilities)


@pytest.mark.parametrize("average", KINDS)
def test_the_number_of_workers_changes_no_bit(average):
    assert len({trained(average, workers=n)[0].state.average.tobytes() for n in (1, 2, 3, 8)}) == 1


@pytest.mark.parametrize("average", KINDS)
@pytest.mark.parametrize("stop", range(1, 10))
def test_resuming_after_every_update_changes_no_bit(average, stop, tmp_path):
    whole, _ = trained(average)
    trained(average, stop, checkpoints=Checkpoints(tmp_path))
    kept = load_checkpoint(checkpoint_paths(tmp_path)[0])
    assert kept.settings["average"] == average.to_dict()
    made, _ = trained(average, workers=3, checkpoints=Checkpoints(tmp_path), resume=True)
    assert bits(made.state) == bits(whole.state)
    assert made.averaged.tobytes() == whole.averaged.tobytes()


def test_a_checkpoint_says_which_version_it_needs(tmp_path):
    for average, version in ((None, b'"format_version":"1"'), (KINDS[0], b'"format_version":"2"')):
        trained(average, 2, checkpoints=Checkpoints(tmp_path / str(version)))
        assert version in checkpoint_paths(tmp_path / str(version))[0].read_bytes()


def test_another_average_is_refused(tmp_path):
    trained(KINDS[0], 2, checkpoints=Checkpoints(tmp_path))
    kept = newest_checkpoint(tmp_path, print)
    with pytest.raises(CheckpointError, match=r"start is 0\.0 there and 0\.3 here\. Give"):
        trained(KINDS[1], resume=kept)
    with pytest.raises(CheckpointError, match='average is "ExponentialAverage" there and "MeanAv'):
        trained(KINDS[2], resume=kept)
    with pytest.raises(CheckpointError, match=r"average is \{.*\} there and none here"):
        trained(None, resume=kept)


def test_an_average_that_is_not_finite_is_refused(tmp_path):
    trained(KINDS[0], 2, checkpoints=Checkpoints(tmp_path / "run"))
    kept = newest_checkpoint(tmp_path / "run", print)
    kept.state.average[3] = np.nan
    save_checkpoint(tmp_path / "bad", kept)
    with pytest.raises(CheckpointError, match="its parameters hold NaN or infinity"):
        load_checkpoint(tmp_path / "bad")


def test_it_goes_on_over_calls_and_begins_late_in_each():
    with Trainer(NETWORK, average=ExponentialAverage()) as made:
        for _ in range(2):
            made.fit(IMAGES, LABELS, **CALL)
        assert made.state.averaged == 20
    with Trainer(NETWORK, average=MeanAverage(0.5)) as made:
        for _ in range(2):
            made.fit(IMAGES, LABELS, **CALL)
        assert made.state.averaged == 5


def test_steps_are_averaged_too():
    with Trainer(NETWORK, optimizer=SGD(0.1), average=MeanAverage(0.9)) as made:
        seen = []
        for _ in range(3):
            made.step(IMAGES, LABELS)
            seen.append(made.parameters.astype(np.float64))
        np.testing.assert_allclose(made.averaged, np.mean(seen, axis=0), rtol=1e-6)


def test_it_begins_anew_with_parameters_that_are_set_and_where_it_was_left_out():
    made, _ = trained(KINDS[0])
    made.parameters = np.ones(NETWORK.size)
    assert (made.averaged == 1).all()
    assert made.state.averaged == 0
    made.average = None
    made.step(IMAGES, LABELS)
    made.average = KINDS[0]
    made.step(IMAGES, LABELS)
    np.testing.assert_array_equal(made.averaged, made.parameters)


def test_a_state_is_put_back_with_its_average():
    made, _ = trained(KINDS[0], stop=4)
    before, averaged = made.state, made.averaged.copy()
    made.step(IMAGES, LABELS)
    assert not np.array_equal(made.averaged, averaged)
    made.state = before
    np.testing.assert_array_equal(made.averaged, averaged)
    made.step(IMAGES, LABELS)
    assert before.averaged == 4


def test_what_joblib_maps_is_copied_before_it_changes(tmp_path):
    made, _ = trained(KINDS[0], stop=4)
    joblib.dump(made._progress, tmp_path / "progress")
    mapped = joblib.load(tmp_path / "progress", mmap_mode="r")
    mapped.make_writable()
    assert not joblib.load(tmp_path / "progress", mmap_mode="r").average.mean.flags.writeable
    mapped.see(KINDS[0], 1.0)
    assert mapped.average.count == 5


def test_it_is_of_its_own_memory():
    theta = np.ones(3, np.float32)
    average = RunningAverage(theta)
    theta[:] = 5
    assert average.rounded.tolist() == [1, 1, 1]
