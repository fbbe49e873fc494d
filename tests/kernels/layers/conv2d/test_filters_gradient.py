import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Flatten, Network, ReLU
from pellucid.execution.sections import Recipe, section_step, whole_section
from pellucid.kernels.compiling.vector import ACCUMULATORS
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
    first = section_step(Recipe(network), parameters, images, section).gradient.copy()
    for many in (40, 3):  # of three chunks, and of one
        section_step(Recipe(network), parameters, images, section.part(slice(many)))
    again = section_step(Recipe(network), parameters, images, section).gradient
    assert np.array_equal(first, again)
