import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU
from pellucid.execution.sections import Outputs, Recipe, section_step, whole_section
from pellucid.kernels.compiling.vector import ACCUMULATORS
from pellucid.kernels.layers.conv2d import winograd, winograd_ops
from pellucid.kernels.plan import plan_for
from pellucid.kernels.program.layer_ops import stages_of
from pellucid.measuring.networks import NETWORKS
from pellucid.network import presets
from tests.equations.numeric import SEEDS
from tests.kernels.oracle import assert_agrees, problem


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
    section_step(Recipe(network), parameters, images, section, Outputs(out), training=False)
    assert not np.isfinite(out[3]).all()
    assert np.isfinite(np.delete(out, 3, axis=0)).all()


@given(st.integers(1, 60), st.integers(1, 8))
def test_a_group_fits_the_registers_and_wastes_less_than_one(tiles, block):
    group = winograd.group_of(tiles, block)
    assert group * block <= max(ACCUMULATORS, block)
    if tiles >= group:
        assert -(-tiles // group) * group - tiles < group


@given(st.integers(1, 8))
def test_a_block_of_filters_has_two_kernels_at_most(block):
    assert len({winograd.group_of(tiles, block) for tiles in range(1, 60)}) <= 2


def test_pooled_and_padded_stacks_agree():
    layers = [
        Conv2D(5, 5, padding="same"), ReLU(), MaxPool2D(2), Conv2D(10, 3, padding=1), ReLU(),
        Conv2D(5, 5, padding="same"), ReLU(), MaxPool2D(2), Flatten(), Dense(4),
    ]  # fmt: skip
    network = Network(layers, (2, 24, 26))
    assert_agrees(network, *problem(network, 19))
