import pytest

from pellucid.errors import NetworkError
from pellucid.network.layers import GlobalAveragePool2D

EXAMPLES = [
    (GlobalAveragePool2D(), (3, 6, 7)),
    (GlobalAveragePool2D(), (2, 5, 1)),
    (GlobalAveragePool2D(), (9, 1, 1)),
    (GlobalAveragePool2D(), (17, 4, 3)),
]


def drawn(random, shape):
    # Not often: nothing but flat layers can follow.
    return GlobalAveragePool2D() if len(shape) == 3 and random.random() < 0.2 else None


def torch_twin(torch, layer, shape):
    return torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())


def test_it_gives_a_feature_a_channel_and_learns_nothing():
    assert GlobalAveragePool2D().output_shape((5, 4, 3)) == (5,)
    assert GlobalAveragePool2D().parameter_shapes((5, 4, 3)) == {}


def test_a_flat_input_is_refused():
    with pytest.raises(NetworkError, match=r" needs an image .* is flat, \(5,\)"):
        GlobalAveragePool2D().output_shape((5,))
