import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Flatten, GlobalAveragePool2D, MaxPool2D, Network, ReLU
from pellucid.execution.sections import Procedure, section_step, whole_section
from pellucid.kernels.compiling.vector import LANES, REGISTERS
from pellucid.kernels.layers.conv2d import survivors, survivors_ops
from pellucid.kernels.plan import plan_for
from tests.equations.numeric import SEEDS
from tests.kernels.oracle import assert_agrees, problem


@pytest.fixture(autouse=True)
def always_through_the_survivors(monkeypatch):
    """Go through the survivors of every pool that follows a convolution, pays it or not."""

    def pays(draft, stage):
        return survivors_ops.pool_after(draft, stage) is not None

    monkeypatch.setattr(survivors_ops, "pays", pays)
    plan_for.cache_clear()
    yield
    plan_for.cache_clear()


def stack(layers, channels):
    """Return a network whose pooled convolution passes a gradient on to one before it."""
    return [Conv2D(channels, (2, 3)), ReLU(), *layers, Flatten(), Dense(4)]


# Few kernels to compile: a filter's height and width, and the channels that it takes.
FILTERS = st.sampled_from([((3, 3), 2), ((5, 5), 5), ((1, 2), 9), ((4, 1), 18), ((7, 3), 16)])
PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))


@settings(max_examples=80, deadline=None)
@given(
    FILTERS, PAIRS, PAIRS, PAIRS, st.sampled_from(["valid", "same", 1, (0, 2)]),
    st.integers(1, 7), st.booleans(), st.integers(1, 40), SEEDS,
)  # fmt: skip
def test_it_agrees_with_the_equations(
    filters, step, pool, pool_step, padding, more, has_relu, count, seed
):
    kernel, channels = filters
    layers = [
        Conv2D(3 + more, kernel, step, padding),
        *([ReLU()] if has_relu else []),
        MaxPool2D(pool, pool_step),
    ]
    rows, columns = (step[i] * (pool[i] + more % 4) + kernel[i] for i in range(2))
    network = Network(stack(layers, channels), (2, rows + 2, columns + 3))
    assert_agrees(network, *problem(network, count, seed))


@pytest.mark.parametrize("shape", [(1, 9, 8), (3, 11, 6)])
def test_the_first_convolution_passes_nothing_on(shape):
    layers = [Conv2D(5, 3, padding=1), ReLU(), MaxPool2D(2), Flatten(), Dense(3)]
    network = Network(layers, shape)
    assert_agrees(network, *problem(network, 2 * LANES + 3))


def test_more_windows_than_a_word_has_places():
    network = Network(stack([Conv2D(2, 3), ReLU(), MaxPool2D(2, 1)], 3), (1, 14, 17))
    assert np.prod(network.shapes[5][1:]) > survivors.WORD
    assert_agrees(network, *problem(network, 20))


def test_two_in_a_row_and_a_pool_of_one_pixel():
    layers = [
        Conv2D(4, 3, padding=1), ReLU(), MaxPool2D(2), Conv2D(9, 3), MaxPool2D(1), ReLU(),
        Flatten(), Dense(3),
    ]  # fmt: skip
    network = Network(layers, (2, 10, 9))
    assert_agrees(network, *problem(network, 21))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_bad_section_is_visible_and_leaves_nothing_behind(bad):
    network = Network(stack([Conv2D(5, 3), ReLU(), MaxPool2D(2)], 5), (2, 9, 9))
    parameters, images, labels = problem(network, 20)
    broken = parameters.copy()
    network.views(broken)["w3"][0] = bad
    found = section_step(Procedure(network), broken, images, whole_section(labels))
    assert not np.isfinite(found.gradient).all()
    assert_agrees(network, parameters, images, labels)


@given(st.integers(1, 12), st.integers(1, 30))
def test_the_rows_of_a_tile_fit_the_registers_and_cover_the_filter(height, vectors):
    rows = survivors.rows_together(height, vectors)
    assert 1 <= rows <= height
    assert rows == 1 or 2 * rows * vectors < REGISTERS


def test_large_images_are_as_the_equations_have_them():
    layers = [Conv2D(3, 3), ReLU(), MaxPool2D(2), GlobalAveragePool2D(), Dense(3)]
    network = Network(layers, (1, 90, 83))
    assert survivors.is_long(44 * 40 // survivors.WORD)
    assert_agrees(network, *problem(network, LANES + 3))
    network = Network([Conv2D(2, 3), ReLU(), *layers], (1, 92, 85))
    assert_agrees(network, *problem(network, 20))


def test_many_equal_gradients_lose_no_more_than_few():
    # Every window has the same gradient and the same winner.
    network = Network([Conv2D(2, 1), MaxPool2D(2), GlobalAveragePool2D(), Dense(2)], (1, 900, 900))
    parameters = network.initial_parameters(0)
    image = np.full((1, 1, 900, 900), 0.7371, np.float32)
    found = section_step(Procedure(network), parameters, image, whole_section(np.zeros(1, int)))
    views = network.views(np.asarray(found.gradient))
    dz = network.views(parameters)["w2"].astype(np.float64).T @ views["b2"].astype(np.float64)
    np.testing.assert_allclose(views["b1"], dz, rtol=5e-6)
    np.testing.assert_allclose(views["f1"].ravel(), np.float32(0.7371) * dz, rtol=5e-6)
