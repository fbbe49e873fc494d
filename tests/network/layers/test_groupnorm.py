import numpy as np
import pytest

from pellucid import GroupNorm
from pellucid.errors import NetworkError

EXAMPLES = [
    (GroupNorm(), (3, 4, 5)),
    (GroupNorm(2), (6, 5, 3)),
    (GroupNorm(4, eps=0.01), (4, 3, 3)),
    (GroupNorm(3, eps=0.01), (24,)),
    (GroupNorm(), (70,)),
]


def drawn(random, shape):
    groups = [n for n in range(1, shape[0] + 1) if shape[0] % n == 0]
    # Of a single value, or few, float32 keeps too little.
    groups = [n for n in groups if np.prod(shape) // n >= 8]
    return GroupNorm(int(random.choice(groups)), eps=0.01) if groups else None


def torch_twin(torch, layer, shape):
    return torch.nn.GroupNorm(layer.groups, shape[0], eps=layer.eps)


def undecided(layer, x):
    """Return where a group's values are so much alike that rounding is what they differ by."""
    parts = x.reshape(len(x), layer.groups, -1)
    spread = np.sqrt(parts.var(axis=2) + layer.eps)
    return (spread < 0.02 * np.abs(parts).max(axis=2)).any(axis=1)


def test_it_keeps_the_shape_and_learns_two_numbers_a_channel():
    for layer, shape in EXAMPLES:
        assert layer.output_shape(shape) == shape
        assert layer.parameter_shapes(shape) == {"g": shape[:1], "b": shape[:1]}


def test_scales_start_at_one_and_shifts_at_zero():
    from pellucid import Conv2D, Dense, Flatten, Network

    network = Network([Conv2D(4, 3), GroupNorm(2), Flatten(), Dense(2)], (6, 6))
    views = network.views(network.initial_parameters())
    assert views["g2"].tolist() == [1.0] * 4
    assert views["b2"].tolist() == [0.0] * 4


def test_channels_that_the_groups_do_not_divide_are_refused():
    with pytest.raises(NetworkError, match=r"can't cut 6 channels into 4 groups"):
        GroupNorm(4).output_shape((6, 5, 5))


@pytest.mark.parametrize(("settings", "words"), [
    ({"groups": 0}, "groups is 0; it must be a whole number of at least 1"),
    ({"groups": 2.0}, "groups is 2.0"),
    ({"eps": 0}, "eps is 0; it must be a finite number above 0"),
])  # fmt: skip
def test_settings_that_can_not_be_are_refused(settings, words):
    with pytest.raises(NetworkError, match=words):
        GroupNorm(**settings)
