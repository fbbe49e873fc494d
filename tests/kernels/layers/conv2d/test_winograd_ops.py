import pytest

from pellucid import Conv2D, Dense, Flatten, Network, ReLU
from pellucid.kernels.compiling.compile import kernel_name
from pellucid.kernels.plan import plan_for
from pellucid.kernels.plan_one_image import plan_for_one_image
from pellucid.network import presets


def names(plan):
    return [kernel_name(int(op[0])) for op in plan.forward]


def with_fewer(network):
    """Return how many convolutions take fewer multiplications, in both plans."""
    plans = plan_for(network), plan_for(network, training=False), plan_for_one_image(network)
    found = [sum("winograd" in name for name in names(plan)) for plan in plans]
    assert len(set(found)) == 1  # else an image alone would have other bits than among others
    return found[0]


def test_the_reference_network_does():
    assert with_fewer(presets.reference()) == 2


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (Conv2D(16, 3), 1),
        (Conv2D(16, 5), 1),
        (Conv2D(16, 3, padding="same"), 1),
        (Conv2D(16, 4), 0),
        (Conv2D(16, 3, stride=2), 0),
        (Conv2D(16, 3, stride=(2, 1)), 0),
        (Conv2D(16, (7, 3)), 1),
        (Conv2D(16, (3, 1)), 0),
        (Conv2D(1, (1, 3)), 0),  # the transforms would cost more than they save
        (Conv2D(16, (20, 19)), 0),  # one or two columns
    ],
)
def test_it_takes_stride_1_and_enough_to_do(layer, expected):
    network = Network([layer, ReLU(), Flatten(), Dense(3)], (4, 20, 20))
    assert with_fewer(network) == expected


def test_a_row_shorter_than_a_group_of_tiles_is_left_alone():
    for columns, expected in ((8, 1), (12, 0), (16, 1)):  # one tile has a kernel of its own
        network = Network([Conv2D(5, 5), Flatten(), Dense(3)], (3, 20, columns))
        assert with_fewer(network) == expected
