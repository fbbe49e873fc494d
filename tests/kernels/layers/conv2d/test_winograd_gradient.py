import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU
from pellucid.kernels.compiling.compile import kernel_name
from pellucid.kernels.layers.conv2d import survivors_ops, winograd_ops
from pellucid.kernels.plan import plan_for
from tests.equations.numeric import SEEDS
from tests.kernels.oracle import assert_agrees, problem


@pytest.fixture(autouse=True)
def always(monkeypatch):
    """Take fewer multiplications wherever there is a kernel for it, pays it or not."""

    def fits(stage, *_):
        return winograd_ops.fits(stage, stage.takes[0])

    monkeypatch.setattr(winograd_ops, "gradient_pays", fits)
    monkeypatch.setattr(survivors_ops, "passes_on_densely", fits)
    plan_for.cache_clear()
    yield
    plan_for.cache_clear()


def emitted(network):
    names = [kernel_name(int(op[0])) for op in plan_for(network).backward]
    return sum(name.startswith("conv2d_winograd_gradient") for name in names)


# Few kernels to compile: the filter's width, and the channels that it passes a gradient to.
FILTERS = st.sampled_from([(5, 5), (5, 1), (3, 10), (3, 16)])


@settings(max_examples=40, deadline=None)
@given(
    FILTERS, st.integers(1, 6), st.integers(1, 6), st.sampled_from(["valid", "same", 1, (0, 3)]),
    st.tuples(st.integers(0, 9), st.integers(8, 25)), st.booleans(), st.booleans(),
    st.sampled_from([None, 2, (1, 3)]), st.integers(1, 40), SEEDS,
)  # fmt: skip
def test_it_agrees_with_the_equations(
    filters, height, number, padding, more, first_relu, second_relu, pool, count, seed
):
    width, channels = filters
    rows, columns = height + more[0] + 1, width + more[1]
    layers = [
        Conv2D(channels, (2, 1)), *([ReLU()] if first_relu else []),
        Conv2D(number, (height, width), padding=padding), *([ReLU()] if second_relu else []),
        *([] if pool is None or rows < height + 3 else [MaxPool2D(pool)]), Flatten(), Dense(3),
    ]  # fmt: skip
    network = Network(layers, (2, rows, columns))
    assert_agrees(network, *problem(network, count, seed))


def test_more_zeros_around_the_image_than_the_filter_is_high():
    layers = [Conv2D(5, 1), ReLU(), Conv2D(4, (2, 5), padding=(5, 7)), Flatten(), Dense(3)]
    network = Network(layers, (1, 4, 9))
    assert emitted(network) == 1
    assert_agrees(network, *problem(network, 17))


def test_the_gradient_of_the_images_too():
    network = Network([Conv2D(5, 5), ReLU(), Flatten(), Dense(3)], (3, 16, 21))
    assert_agrees(network, *problem(network, 17))  # which compares it


@pytest.mark.parametrize(("stride", "width", "expected"), [(1, 5, 1), (2, 5, 0), (1, 4, 0)])
def test_where_there_is_a_kernel(stride, width, expected):
    layers = [Conv2D(5, 1), Conv2D(5, (3, width), stride=stride), Flatten(), Dense(3)]
    assert emitted(Network(layers, (1, 24, 24))) == expected
