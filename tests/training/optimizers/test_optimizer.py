"""What any optimizer has to be, shown by one that is not Adam."""

import numpy as np
import pytest

from pellucid import Checkpoints, Trainer
from pellucid.errors import CheckpointError, ConfigurationError, DivergenceError
from pellucid.training import load_checkpoint
from pellucid.training.checkpoint_file import save_checkpoint
from pellucid.training.checkpoints import newest_checkpoint
from pellucid.training.optimizers import dictionary
from pellucid.training.optimizers.optimizer import Optimizer, Step
from tests.training.examples import NETWORK, bits, bright_corners
from tests.training.optimizers.examples import Momentum

IMAGES, LABELS = bright_corners(60)
CALL = {"total_images": 300, "batch_size": 30}


@pytest.fixture
def _known(monkeypatch):
    monkeypatch.setitem(dictionary.OPTIMIZERS, "Momentum", Momentum)


def step_of(optimizer, parameters, gradient, rate=0.1):
    size = len(parameters)
    return Step(np.float32(parameters), optimizer.begin(size), np.float32(gradient), 2, 1, rate)


def test_an_optimizer_without_a_step_is_none():
    with pytest.raises(TypeError, match="abstract"):
        Optimizer()


@pytest.mark.parametrize("rate", [0, -1, float("nan"), "fast", True, 1e31])
def test_the_learning_rate_is_checked_for_all(rate):
    with pytest.raises(ConfigurationError, match=r"^learning_rate is .*; it must be a"):
        Momentum(rate)


def test_vectors_begin_at_0():
    (name, vector), *others = Momentum().begin(3).items()
    assert (name, vector.dtype, vector.tolist(), others) == ("u", np.float32, [0, 0, 0], [])


def test_a_step_is_taken_in_place_with_its_own_rate():
    step = step_of(Momentum(5.0), [1, 2], [2, -4])
    assert Momentum(5.0).update(step) is None
    np.testing.assert_allclose(step.parameters, [0.9, 2.2], rtol=1e-6)
    np.testing.assert_allclose(step.vectors["u"], [1, -2])


def test_a_step_out_of_float32_is_undone_without_a_bound_of_its_own():
    step = step_of(Momentum(), [1, 3e38, -3e38], [2, -2, 2], 1e38)
    assert Momentum().update(step) == 1
    np.testing.assert_array_equal(step.parameters, np.float32([1, 3e38, -3e38]))
    assert not step.vectors["u"].any()


def test_another_optimizer_learns():
    with Trainer(NETWORK, optimizer=Momentum(0.1)) as trainer:
        history = trainer.fit(IMAGES, LABELS, epochs=60, batch_size=30)
        assert history.losses[-1] < 0.5 * history.losses[0]
        assert list(trainer.state.vectors) == ["u"]


@pytest.mark.usefixtures("_known")
def test_its_checkpoints_hold_its_vectors_and_resume_to_the_same_bits(tmp_path):
    with Trainer(NETWORK, optimizer=Momentum(0.1)) as whole:
        whole.fit(IMAGES, LABELS, **CALL)
    with Trainer(NETWORK, optimizer=Momentum(0.1)) as first:
        first.fit(
            IMAGES, LABELS, **CALL, checkpoints=Checkpoints(tmp_path),
            on_update=lambda update: update.update == 4,
        )  # fmt: skip
    kept = newest_checkpoint(tmp_path, print)
    assert kept.settings["optimizer"] == {"name": "Momentum", "learning_rate": 0.1, "beta": 0.9}
    assert kept.state.vectors["u"].tobytes() == first.state.vectors["u"].tobytes()
    with Trainer(NETWORK, optimizer=Momentum(0.1)) as second:
        second.fit(IMAGES, LABELS, **CALL, checkpoints=Checkpoints(tmp_path), resume=True)
    assert second.parameters.tobytes() == whole.parameters.tobytes()
    with pytest.raises(CheckpointError, match='optimizer is "Momentum" there and "Adam" here'):
        Trainer(NETWORK).fit(IMAGES, LABELS, **CALL, resume=kept)


def test_a_checkpoint_of_an_unknown_optimizer_is_refused(tmp_path, monkeypatch):
    with Trainer(NETWORK, optimizer=Momentum()) as trainer, monkeypatch.context() as patch:
        patch.setitem(dictionary.OPTIMIZERS, "Momentum", Momentum)
        trainer.fit(IMAGES, LABELS, **CALL, checkpoints=Checkpoints(tmp_path / "folder"))
        kept = newest_checkpoint(tmp_path / "folder", print)
    save_checkpoint(tmp_path / "file", kept)
    with pytest.raises(CheckpointError, match=r"its optimizer is not valid .*'Momentum'; known"):
        load_checkpoint(tmp_path / "file")


def test_a_step_that_is_not_finite_names_the_optimizer():
    trainer = Trainer(NETWORK, optimizer=Momentum(100.0, beta=1e38))
    trainer.step(IMAGES, LABELS)
    before = bits(trainer.state)
    message = (
        r"^Momentum's step is not finite in update 2: the first parameter that it would make "
        r"infinite is one of layer 1, Conv2D\(5, 3\); lower the learning rate \(now 100\)\. The"
    )
    with pytest.raises(DivergenceError, match=message):
        trainer.step(IMAGES, LABELS)
    assert bits(trainer.state) == before


def test_vectors_of_another_kind_of_optimizer_begin_anew():
    trainer, fresh = Trainer(NETWORK), Trainer(NETWORK, optimizer=Momentum(0.1))
    trainer.step(IMAGES, LABELS)
    fresh.parameters = trainer.parameters
    adams, trainer.optimizer = trainer.state, Momentum(0.1)
    with pytest.raises(
        ConfigurationError, match=r"^state has the vectors m, v, but Momentum keeps u"
    ):
        trainer.state = adams
    assert trainer.step(IMAGES, LABELS) == fresh.step(IMAGES, LABELS)
    assert trainer.parameters.tobytes() == fresh.parameters.tobytes()
    assert trainer.state.t == 1
