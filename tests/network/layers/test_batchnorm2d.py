import numpy as np
import pytest

from pellucid import BatchNorm2D, Conv2D, Dense, Flatten, Network
from pellucid.errors import NetworkError

EXAMPLES = [
    (BatchNorm2D(eps=0.01), (3, 4, 5)),
    (BatchNorm2D(momentum=0.3, eps=0.1), (6, 3, 3)),
    (BatchNorm2D(momentum=1.0, eps=0.01), (9, 7, 1)),
]


def drawn(random, shape):
    # Of few values, or with a small eps, float32 keeps too little.
    is_possible = len(shape) == 3 and shape[1] * shape[2] >= 8
    return BatchNorm2D(eps=0.01) if is_possible else None


def torch_twin(torch, layer, shape):
    return torch.nn.BatchNorm2d(shape[0], eps=layer.eps, momentum=layer.momentum)


def undecided(layer, x):
    """Return where a channel's values are so much alike that rounding is what they differ by."""
    rest = (0, *range(2, x.ndim))
    spread = np.sqrt(x.var(axis=rest) + layer.eps)
    is_alike = (spread < 0.02 * np.abs(x).max(axis=rest)).any()
    return np.full(len(x), is_alike)


def test_it_learns_two_numbers_a_channel_and_keeps_two():
    for layer, shape in EXAMPLES:
        assert layer.output_shape(shape) == shape
        assert layer.parameter_shapes(shape) == {"g": shape[:1], "b": shape[:1]}
        assert layer.state_shapes(shape) == {"m": shape[:1], "v": shape[:1]}


def test_its_statistics_lie_behind_all_that_is_learned():
    network = Network([Conv2D(4, 3), BatchNorm2D(), Flatten(), Dense(2)], (6, 6))
    names = ["f1", "b1", "g2", "b2", "w3", "b3", "m2", "v2"]
    assert [p.name for p in network.parameters] == names
    assert [p.is_trained for p in network.parameters] == [True] * 6 + [False] * 2
    assert (network.size, network.trained_size) == (186, 178)
    views = network.views(network.initial_parameters())
    starts = {name: set(views[name].tolist()) for name in ("g2", "b2", "m2", "v2")}
    assert starts == {"g2": {1.0}, "b2": {0.0}, "m2": {0.0}, "v2": {1.0}}
    assert network.summary().splitlines()[-1].split() == ["total", "178"]


def test_a_flat_input_is_refused():
    with pytest.raises(NetworkError, match="needs an image"):
        BatchNorm2D().output_shape((6,))


@pytest.mark.parametrize(("settings", "words"), [
    ({"momentum": -0.1}, "momentum is -0.1; it must be from 0 to 1"),
    ({"momentum": 1.1}, "momentum is 1.1; it must be from 0 to 1"),
    ({"momentum": None}, "momentum is None; it must be from 0 to 1"),
    ({"eps": 0}, "eps is 0; it must be a finite number above 0"),
])  # fmt: skip
def test_settings_that_can_not_be_are_refused(settings, words):
    with pytest.raises(NetworkError, match=words):
        BatchNorm2D(**settings)
