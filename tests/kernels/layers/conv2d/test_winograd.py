import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU
from pellucid.execution.sections import Outputs, Procedure, section_step, whole_section
from pellucid.kernels.compiling.vector import ACCUMULATORS
from pellucid.kernels.layers.conv2d import winograd, winograd_ops
from pellucid.kernels.plan import plan_for
from pellucid.kernels.program.layer_ops import stages_of
from pellucid.measuring.networks import NETWORKS
from pellucid.network import presets
from tests.equations.numeric import SEEDS
from tests.kernels.oracle import assert_agrees, by_equations, is_decisive, problem


@pytest.fixture
def always(monkeypatch):
    """Take fewer multiplications wherever there is a kernel for it, pays it or not."""
    monkeypatch.setattr(winograd_ops, "pays", winograd_ops.fits)
    plan_for.cache_clear()
    yield
    plan_for.cache_clear()


# Few kernels to compile: the filter's width and how many there are.
FILTERS = st.sampled_from([(5, 5), (5, 1), (3, 10), (3, 16)])


@pytest.mark.usefixtures("always")
@settings(max_examples=80, deadline=None)
@given(
    FILTERS, st.integers(1, 6), st.integers(1, 4), st.sampled_from(["valid", "same", 1, (0, 3)]),
    st.tuples(st.integers(0, 9), st.integers(0, 25)), st.booleans(), st.integers(1, 40), SEEDS,
)  # fmt: skip
def test_it_agrees_with_the_equations(
    filters, height, channels, padding, more, has_relu, count, seed
):
    width, number = filters
    layer = Conv2D(number, (height, width), padding=padding)
    relu = [ReLU()] if has_relu else []
    network = Network(
        [layer, *relu, Flatten(), Dense(3)], (channels, height + more[0], width + more[1])
    )
    assert_agrees(network, *problem(network, count, seed))


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("name", NETWORKS)
def test_the_measured_networks_agree(name):
    network = NETWORKS[name]()
    assert_agrees(network, *problem(network, 3))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_bad_pixel_stays_visible_and_within_its_image(bad):
    network = presets.reference()
    stages = [stage for stage in stages_of(network) if isinstance(stage.layer, Conv2D)]
    assert any(map(winograd_ops.pays, stages))
    parameters, images, labels = problem(network, 20)
    images[3, 0, 11, 12] = bad
    out = np.zeros((20, 10), dtype=np.float32)
    section = whole_section(labels)
    section_step(Procedure(network), parameters, images, section, Outputs(out), training=False)
    assert not np.isfinite(out[3]).all()
    assert np.isfinite(np.delete(out, 3, axis=0)).all()


@given(st.integers(1, 60), st.integers(1, 8))
def test_a_group_fits_the_registers_and_wastes_less_than_one(tiles, block):
    group = winograd.group_of(tiles, block)
    assert group * block <= max(ACCUMULATORS, block)
    if tiles >= group:
        assert -(-tiles // group) * group - tiles < group


@given(st.integers(1, 8))
def test_a_block_of_filters_has_three_kernels_at_most(block):
    assert winograd.group_of(1, block) == 1
    assert len({winograd.group_of(tiles, block) for tiles in range(2, 60)}) <= 2


def test_pooled_and_padded_stacks_agree():
    layers = [
        Conv2D(5, 5, padding="same"), ReLU(), MaxPool2D(2), Conv2D(10, 3, padding=1), ReLU(),
        Conv2D(5, 5, padding="same"), ReLU(), MaxPool2D(2), Flatten(), Dense(4),
    ]  # fmt: skip
    network = Network(layers, (2, 24, 26))
    assert_agrees(network, *problem(network, 19))


def stacked(channels):
    layers = [Conv2D(16, 3, padding="same"), ReLU(), Conv2D(16, 3, padding="same"), ReLU()]
    return Network([*layers, MaxPool2D(2), Flatten(), Dense(10)], (channels, 32, 32))


def differences(network, parameters, images, labels):
    """Return how far each array of gradients is off, relative to its largest."""
    exact = network.views(by_equations(network, parameters, images, labels)[2])
    found = section_step(Procedure(network), parameters, images, whole_section(labels)).gradient
    return {
        name: np.abs(array - exact[name]).max() / np.abs(exact[name]).max()
        for name, array in network.views(np.asarray(found)).items()
    }


@pytest.mark.parametrize("side", [4, 8])
def test_of_equal_patches_any_may_win_and_no_parameter_s_gradient_changes(always, side):
    random, network = np.random.default_rng(side), stacked(1)
    grays = random.integers(0, 3, (16, 1, 32 // side, 32 // side)) * 127
    images = grays.repeat(side, 2).repeat(side, 3).astype(np.uint8)
    labels = random.integers(0, 10, 16)
    off = differences(network, network.initial_parameters(side), images, labels)
    assert max(off.values()) < 1e-5


def test_where_a_winner_hangs_on_rounding_what_follows_is_that_of_another_choice(always):
    network, random = stacked(1), np.random.default_rng(2)  # of seeds 0 to 11 the only one with any
    images = (random.integers(0, 2, (16, 1, 32, 32)) * 255).astype(np.uint8)
    labels, parameters = random.integers(0, 10, 16), network.initial_parameters(2)
    assert max(differences(network, parameters, images, labels).values()) < 0.01
    decided = is_decisive(network, parameters, images)
    assert 8 <= decided.sum() < 16
    off = differences(network, parameters, images[decided], labels[decided])
    assert max(off.values()) < 1e-5  # nothing else makes a difference
