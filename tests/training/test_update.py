import numpy as np
import pytest

from pellucid import Adam, Augmentation
from pellucid.equations import loss_and_gradient
from pellucid.equations.adam import adam as adam_equation
from pellucid.errors import DivergenceError
from pellucid.execution.runner import Runner
from pellucid.execution.sections import Recipe, cut
from pellucid.execution.workers import Workers
from pellucid.training.adam import AdamState
from pellucid.training.update import section_of, update_parameters
from tests.training.examples import NETWORK, bright_corners

WEIGHTS = np.arange(130) % 3 / 1.0


def updated(parameters, state, count, sections=8, augmentation=None, **changes):
    images, labels = bright_corners(count)
    batch = section_of(labels, WEIGHTS, np.arange(count), np.zeros(count, np.int64))
    with Workers(2) as workers:
        return update_parameters(
            Runner(workers), Recipe(NETWORK, augmentation, 0), parameters, images, batch, state,
            Adam(0.5), **{"sections": sections, "learning_rate": 0.01} | changes,
        )  # fmt: skip


def test_the_images_of_a_batch_keep_all_that_is_theirs():
    order = np.array([2, 0, 2])
    batch = section_of(np.array([7, 8, 9]), np.array([0.1, 0.2, 0.3]), order, np.array([4, 4, 5]))
    np.testing.assert_array_equal(batch.labels, [9, 7, 9])
    np.testing.assert_array_equal(batch.weights, [0.3, 0.1, 0.3])
    np.testing.assert_array_equal(batch.identities, [[4, 2], [4, 0], [5, 2]])


@pytest.mark.parametrize("sections", [1, 3, 8])
@pytest.mark.parametrize("count", [5, 40, 130])
def test_weights_and_the_schedule_s_rate_are_the_equations(count, sections):
    """Also where there are more sections than images, or where the last is smaller."""
    parameters, state = NETWORK.initial_parameters(1), AdamState(NETWORK.size)
    images, labels = bright_corners(count)
    theta = parameters.astype(np.float64)
    loss, gradient = loss_and_gradient(
        NETWORK, theta, images / 255.0, labels, weights=WEIGHTS[:count]
    )
    expected, _, _ = adam_equation(
        theta, 0.0 * theta, 0.0 * theta, gradient, 1, batch_size=count, learning_rate=0.01,
        beta1=0.9, beta2=0.999, eps=1e-10,
    )  # fmt: skip
    found = updated(parameters, state, count, sections)
    assert found.loss == pytest.approx(loss / count, rel=1e-5)
    assert state.t == 1
    # Adam's first step is the gradient's sign: an element that is all rounding may go either way.
    clear = (np.abs(gradient) > 1e-5 * np.abs(gradient).max()) | (gradient == 0.0)
    np.testing.assert_allclose(parameters[clear], expected[clear], rtol=0, atol=1e-6)


def test_gradients_are_added_in_the_order_of_the_sections():
    parameters, state = NETWORK.initial_parameters(2), AdamState(NETWORK.size)
    images, labels = bright_corners(130)
    recipe = Recipe(NETWORK, Augmentation(), 0)
    batch = section_of(labels, WEIGHTS, np.arange(130), np.zeros(130, np.int64))
    parts = [recipe.step(parameters, images, batch.part(where)) for where in cut(130, 8)]
    total = parts[0].gradient
    for part in parts[1:]:
        total = total + part.gradient
    by_hand, moments = parameters.copy(), AdamState(NETWORK.size)
    moments.update(Adam(0.01), by_hand, total, 130)
    updated(parameters, state, 130, augmentation=Augmentation())
    assert parameters.tobytes() == by_hand.tobytes()
    assert state.v.tobytes() == moments.v.tobytes()


def test_a_divergence_changes_nothing_and_names_the_rate_that_was_set():
    parameters, state = NETWORK.initial_parameters(3), AdamState(NETWORK.size)
    parameters[-1] = np.inf
    before = parameters.tobytes()
    with pytest.raises(DivergenceError, match=r"in update 1: .*learning rate \(now 0\.5\)"):
        updated(parameters, state, 40)
    assert parameters.tobytes() == before
    assert (state.t, state.m.any(), state.v.any()) == (0, False, False)
