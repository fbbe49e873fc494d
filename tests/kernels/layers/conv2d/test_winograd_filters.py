import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU
from pellucid.kernels.compiling.compile import kernel_name
from pellucid.kernels.layers.conv2d import survivors_ops, winograd_filters_ops
from pellucid.kernels.plan import plan_for
from tests.equations.numeric import SEEDS
from tests.kernels.oracle import assert_agrees, problem


@pytest.fixture(autouse=True)
def always(monkeypatch):
    """Take it wherever there is a kernel for it, pays it or not."""
    monkeypatch.setattr(winograd_filters_ops, "LEAST", 1)
    monkeypatch.setattr(winograd_filters_ops, "pays", winograd_filters_ops.fits)
    monkeypatch.setattr(survivors_ops, "pays", lambda draft, stage: False)
    plan_for.cache_clear()
    yield
    plan_for.cache_clear()


def emitted(network):
    names = [kernel_name(int(op[0])) for op in plan_for(network).backward]
    return sum(name.startswith("conv2d_winograd_filters") for name in names)


# Few kernels to compile: the filter's sides, and how many filters there are.
FILTERS = st.sampled_from([(3, 3, 4), (3, 3, 9), (2, 5, 5), (5, 5, 3), (1, 3, 11)])


@settings(max_examples=40, deadline=None)
@given(
    FILTERS, st.integers(1, 6), st.sampled_from(["valid", "same", 1, (0, 3)]),
    st.tuples(st.integers(0, 9), st.integers(0, 25)), st.booleans(), st.booleans(),
    st.sampled_from([None, 2, (1, 3)]), st.integers(1, 40), st.sampled_from([1, 5, 64]), SEEDS,
)  # fmt: skip
def test_it_agrees_with_the_equations(
    filters, channels, padding, more, relu, bias, pool, count, together, seed
):
    height, width, number = filters
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(winograd_filters_ops, "TOGETHER", together)
        plan_for.cache_clear()
        rows, columns = height + more[0] + 1, width + more[1]
        layers = [
            Conv2D(channels, (2, 1)), ReLU(),
            Conv2D(number, (height, width), padding=padding, bias=bias),
            *([ReLU()] if relu else []),
            *([MaxPool2D(pool)] if pool is not None and min(more) >= 2 else []),
            Flatten(), Dense(3),
        ]  # fmt: skip
        network = Network(layers, (2, rows, columns))
        assert emitted(network) >= 1
        assert_agrees(network, *problem(network, count, seed))


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (Conv2D(8, 3), 1),
        (Conv2D(8, (6, 5)), 1),
        (Conv2D(8, (7, 5)), 0),
        (Conv2D(8, 4), 0),
        (Conv2D(8, 3, 2), 0),
        (Conv2D(8, 3, groups=2), 0),
        (Conv2D(8, 3, dilation=2), 0),
    ],
)
def test_where_there_is_a_kernel(layer, expected):
    network = Network([Conv2D(4, 1), layer, Flatten(), Dense(3)], (1, 24, 24))
    assert emitted(network) == expected


def test_large_images_have_their_own_sums():
    for side, expected in ((64, 1), (66, 0)):
        network = Network([Conv2D(2, 3, padding="same"), Flatten(), Dense(2)], (1, side, side))
        assert emitted(network) == expected


def test_it_is_taken_where_it_pays(monkeypatch):
    monkeypatch.undo()
    plan_for.cache_clear()

    def taken(channels, filters, side=16):
        layers = [Conv2D(channels, 1), Conv2D(filters, 3, padding="same"), Flatten(), Dense(3)]
        return emitted(Network(layers, (1, side, side)))

    assert (taken(16, 16), taken(32, 64)) == (1, 1)
    assert (taken(5, 16), taken(16, 5), taken(16, 16, 3)) == (0, 0, 0)
