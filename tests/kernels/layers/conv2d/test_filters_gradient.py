import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Flatten, GlobalAveragePool2D, Network, ReLU
from pellucid.execution.sections import Procedure, section_step, whole_section
from pellucid.kernels.compiling.vector import ACCUMULATORS, LANES
from pellucid.kernels.layers.conv2d import filters_gradient
from pellucid.kernels.program import blocks
from tests.kernels.oracle import assert_agrees, problem


@given(st.integers(1, 200), st.integers(1, 11))
def test_a_gradient_tile_takes_whole_blocks_and_fits_the_registers(filters, width):
    block = filters_gradient.block_of(filters, width)
    assert blocks.filter_block(filters) % block == 0
    assert filters_gradient.taps_of(width, block) * block <= max(ACCUMULATORS, block)


@given(st.integers(1, 31), st.integers(1, 6))
def test_a_gradient_tile_covers_the_filter_row_within_its_accumulators(width, block):
    taps = filters_gradient.taps_of(width, block)
    assert 1 <= taps <= width
    assert taps * block <= max(ACCUMULATORS, block)
    groups = -(-width // taps)
    assert groups * taps - width < taps


@pytest.mark.parametrize("padding", [0, 1, 4, "same"])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_filters_taller_than_what_they_give_pass_their_gradient_on(padding, stride):
    layers = [Conv2D(4, 3, padding=1), ReLU(), Conv2D(9, 5, stride=stride, padding=padding)]
    network = Network([*layers, Flatten(), Dense(3)], (1, 6, 5))
    assert_agrees(network, *problem(network, 20, 0))


def test_a_section_begins_its_sums_anew():
    network = Network([Conv2D(3, 3), ReLU(), Conv2D(4, 2), Flatten(), Dense(2)], (1, 7, 7))
    numbers = np.random.default_rng(0)
    images = numbers.integers(0, 256, (40, 1, 7, 7), dtype=np.uint8)
    section, parameters = whole_section(numbers.integers(0, 2, 40)), network.initial_parameters(0)
    first = section_step(Procedure(network), parameters, images, section).gradient.copy()
    for many in (40, 3):  # of three chunks, and of one
        section_step(Procedure(network), parameters, images, section.part(slice(many)))
    again = section_step(Procedure(network), parameters, images, section).gradient
    assert np.array_equal(first, again)


@pytest.mark.parametrize("shape", [(65, 64), (3, 1400), (300, 20)])
@pytest.mark.parametrize(("stride", "groups", "dilation"), [(1, 1, 1), (2, 2, 1), (1, 2, 2)])
def test_large_images_are_as_the_equations_have_them(shape, stride, groups, dilation):
    height, width = (stride * (side - 1) + 2 * dilation + 1 for side in shape)
    layer = Conv2D(4, 3, stride=stride, groups=groups, dilation=(dilation, dilation))
    network = Network([layer, ReLU(), GlobalAveragePool2D(), Dense(3)], (2, height, width))
    assert filters_gradient.is_long(*network.shapes[1][1:])
    assert_agrees(network, *problem(network, 2 * LANES + 3))


def test_many_equal_gradients_lose_no_more_than_few():
    # Every pixel of dz is the same, and every pixel of the image: sums of a million equal numbers.
    network = Network([Conv2D(2, 1), GlobalAveragePool2D(), Dense(2)], (1, 1000, 1000))
    parameters = network.initial_parameters(0)
    image = np.full((1, 1, 1000, 1000), 0.7371, np.float32)
    found = section_step(Procedure(network), parameters, image, whole_section(np.zeros(1, int)))
    views = network.views(np.asarray(found.gradient))
    # The pool is linear, so that the dense layer's gradient tells what dz adds up to.
    weights = network.views(parameters)["w2"].astype(np.float64)
    dz = weights.T @ views["b2"].astype(np.float64)
    np.testing.assert_allclose(views["b1"], dz, rtol=5e-6)
    np.testing.assert_allclose(views["f1"].ravel(), np.float32(0.7371) * dz, rtol=5e-6)
