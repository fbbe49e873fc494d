from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Flatten, Network, ReLU
from pellucid.kernels.program import blocks
from tests.equations.numeric import SEEDS
from tests.kernels.oracle import assert_agrees, convolutions, problem

IMAGES = st.integers(1, 40)


@settings(max_examples=80)
@given(convolutions(), st.booleans(), st.integers(2, 5), IMAGES, SEEDS)
def test_a_convolution_agrees_with_its_equation(drawn, has_relu, classes, count, seed):
    layer, shape = drawn
    relu = [ReLU()] if has_relu else []
    network = Network([layer, *relu, Flatten(), Dense(classes)], shape)
    assert_agrees(network, *problem(network, count, seed))


@settings(max_examples=80)
@given(convolutions(), st.booleans(), st.booleans(), IMAGES, SEEDS)
def test_a_convolution_passes_its_gradient_on(drawn, first_relu, second_relu, count, seed):
    layer, (channels, rows, columns) = drawn
    network = Network(
        [
            Conv2D(channels, (2, 3)),
            *([ReLU()] if first_relu else []),
            layer,
            *([ReLU()] if second_relu else []),
            Flatten(),
            Dense(3),
        ],
        (2, rows + 1, columns + 2),
    )
    assert_agrees(network, *problem(network, count, seed))


@given(st.integers(1, 200))
def test_a_block_covers_all_filters_and_wastes_less_than_a_block(filters):
    block, planes = blocks.filter_block(filters), blocks.planes(filters)
    assert 1 <= block <= 8
    assert planes % block == 0
    assert filters <= planes < filters + block
