import numpy as np
import pytest

from pellucid import SGD, Adam, Augmentation, Trainer
from pellucid.equations import loss_and_gradient
from pellucid.equations.adam import adam as adam_equation
from pellucid.errors import DivergenceError
from pellucid.execution.runner import Runner
from pellucid.execution.sections import Procedure, cut, section_step
from pellucid.execution.workers import Workers
from pellucid.training.batches import Batch, TrainingData
from pellucid.training.optimizers.optimizer import Step
from pellucid.training.state import Progress
from pellucid.training.update import Updater
from tests.layers import torch_network
from tests.training.examples import NETWORK, bright_corners
from tests.training.optimizers.torch_steps import twin_steps

WEIGHTS = np.arange(130) % 3 / 1.0


def progress(seed):
    return Progress(NETWORK.initial_parameters(seed), Adam().begin(NETWORK.size))


def batch_of(count):
    images, labels = bright_corners(count)
    data = TrainingData(images, labels, WEIGHTS)
    return images, data.section(Batch(np.arange(count), np.zeros(count, np.int64)))


def updated(progress, count, sections=8, augmentation=None, clip_norm=None):
    with Workers(2) as workers:
        procedure = Procedure(NETWORK, augmentation, 0)
        updater = Updater(Runner(workers), procedure, Adam(0.5), sections, clip_norm)
        return updater.update(progress, *batch_of(count), factor=0.02)


@pytest.mark.parametrize("sections", [1, 3, 8])
@pytest.mark.parametrize("count", [5, 40, 130])
def test_weights_and_the_schedule_s_rate_are_the_equations(count, sections):
    """Also where there are more sections than images, or where the last is smaller."""
    state = progress(1)
    images, labels = bright_corners(count)
    theta = state.parameters.astype(np.float64)
    loss, gradient = loss_and_gradient(
        NETWORK, theta, images / 255.0, labels, weights=WEIGHTS[:count]
    )
    expected, _, _ = adam_equation(
        theta, 0.0 * theta, 0.0 * theta, gradient, 1, batch_size=count, learning_rate=0.01,
        beta1=0.9, beta2=0.999, eps=1e-10,
    )  # fmt: skip
    found = updated(state, count, sections)
    assert found.loss == pytest.approx(loss / count, rel=1e-5)
    assert state.t == 1
    # Adam's first step is the gradient's sign: an element that is all rounding may go either way.
    clear = (np.abs(gradient) > 1e-5 * np.abs(gradient).max()) | (gradient == 0.0)
    np.testing.assert_allclose(state.parameters[clear], expected[clear], rtol=0, atol=1e-6)


def test_gradients_are_added_in_the_order_of_the_sections():
    state, by_hand = progress(2), progress(2)
    images, batch = batch_of(130)
    procedure = Procedure(NETWORK, Augmentation(), 0)
    parts = [
        section_step(procedure, state.parameters, images, batch.part(where))
        for where in cut(130, 8)
    ]
    total = parts[0].gradient
    for part in parts[1:]:
        total = total + part.gradient
    Adam().update(Step(by_hand.parameters, by_hand.vectors, total, 130, 1, 0.01))
    updated(state, 130, augmentation=Augmentation())
    assert state.parameters.tobytes() == by_hand.parameters.tobytes()
    assert state.vectors["v"].tobytes() == by_hand.vectors["v"].tobytes()


def test_a_divergence_changes_nothing_and_names_the_rate_that_was_set():
    state = progress(3)
    state.parameters[-1] = np.inf
    before = state.parameters.tobytes()
    with pytest.raises(DivergenceError, match=r"in update 1: .*learning rate \(now 0\.5\)"):
        updated(state, 40)
    assert state.parameters.tobytes() == before
    assert (state.t, state.vectors["m"].any(), state.vectors["v"].any()) == (0, False, False)


def test_clipped_updates_are_those_of_torch():
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    images, labels = bright_corners(60)
    with Trainer(NETWORK, optimizer=SGD(0.1, 0.9), clip_norm=0.5) as trainer:
        model = torch_network(torch, NETWORK, trainer.parameters.astype(np.float64))
        twin = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        expected = twin_steps(torch, model, twin, images, labels, 4, clip_norm=0.5)
        for _ in range(4):
            trainer.step(images, labels)
        np.testing.assert_allclose(trainer.parameters, expected, rtol=1e-4, atol=1e-6)


def test_the_norm_is_of_the_mean_whatever_the_number_of_sections():
    """A step of plain SGD is as long as the clipped gradient."""
    for sections in (1, 3, 8):
        images, labels = bright_corners(50)
        trainer = Trainer(NETWORK, optimizer=SGD(1.0), clip_norm=0.01, sections=sections)
        before = trainer.parameters.astype(np.float64)
        trainer.step(images, labels)
        assert np.linalg.norm(trainer.parameters - before) == pytest.approx(0.01, rel=1e-4)


def test_a_gradient_below_the_norm_keeps_its_bits():
    plain, clipped = progress(2), progress(2)
    updated(plain, 40)
    updated(clipped, 40, clip_norm=1e6)
    assert plain.parameters.tobytes() == clipped.parameters.tobytes()
