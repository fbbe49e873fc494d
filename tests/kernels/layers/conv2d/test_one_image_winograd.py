import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Flatten, Network, ReLU
from pellucid.execution.sections import FEW
from pellucid.kernels.compiling.vector import REGISTERS
from pellucid.kernels.layers.conv2d import one_image_winograd, winograd_ops
from pellucid.kernels.layers.conv2d.winograd import points_of
from pellucid.kernels.layers.conv2d.winograd_matrices import WIDTHS
from pellucid.kernels.plan import plan_for
from pellucid.kernels.plan_one_image import plan_for_one_image
from tests.equations.numeric import SEEDS
from tests.kernels.layers.test_one_image import assert_alone_as_among_others
from tests.kernels.oracle import problem


@pytest.fixture(autouse=True)
def always(monkeypatch):
    monkeypatch.setattr(winograd_ops, "pays", winograd_ops.fits)
    for plans in (plan_for, plan_for_one_image):
        plans.cache_clear()
    yield
    for plans in (plan_for, plan_for_one_image):
        plans.cache_clear()


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([(5, 5), (3, 10), (3, 16)]), st.integers(1, 5), st.sampled_from([1, 3, 9]),
    st.sampled_from(["valid", "same", (0, 3)]), st.tuples(st.integers(0, 5), st.integers(0, 25)),
    st.booleans(), SEEDS,
)  # fmt: skip
def test_an_image_alone_is_one_among_others(
    filters, height, channels, padding, more, has_relu, seed
):
    width, number = filters
    relu = [ReLU()] if has_relu else []
    network = Network(
        [
            Conv2D(channels, 1), ReLU(), Conv2D(number, (height, width), padding=padding), *relu,
            Flatten(), Dense(3),
        ],
        (2, height + more[0], width + more[1]),
    )  # fmt: skip
    parameters, images, _ = problem(network, FEW + 5, seed)
    assert_alone_as_among_others(network, parameters, images)


@given(st.integers(1, 60), st.sampled_from(WIDTHS))
def test_a_group_fits_the_registers(tiles, width):
    group = one_image_winograd.group_of(tiles, width)
    assert 1 <= group <= tiles
    assert group == 1 or group * points_of(width) <= REGISTERS - 8
