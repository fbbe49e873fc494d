import pytest

from pellucid.errors import NetworkError
from pellucid.network.layers import GlobalMaxPool2D, MaxPool2D
from tests.network.layers import test_maxpool2d

EXAMPLES = [
    (GlobalMaxPool2D(), (3, 6, 7)),
    (GlobalMaxPool2D(), (2, 5, 1)),
    (GlobalMaxPool2D(), (9, 1, 1)),
    (GlobalMaxPool2D(), (17, 4, 3)),
]


def drawn(random, shape):
    # Not often: nothing but flat layers can follow.
    return GlobalMaxPool2D() if len(shape) == 3 and random.random() < 0.2 else None


def torch_twin(torch, layer, shape):
    return torch.nn.Sequential(torch.nn.AdaptiveMaxPool2d(1), torch.nn.Flatten())


def undecided(layer, x):
    """Return which images have two values in a channel so close that rounding decides."""
    return test_maxpool2d.undecided(MaxPool2D(x.shape[2:]), x)


def is_tied(layer, x):
    """Return which images have a channel with two winners that are not 0."""
    return test_maxpool2d.is_tied(MaxPool2D(x.shape[2:]), x)


def test_it_gives_a_feature_a_channel_and_learns_nothing():
    assert GlobalMaxPool2D().output_shape((5, 4, 3)) == (5,)
    assert GlobalMaxPool2D().parameter_shapes((5, 4, 3)) == {}


def test_a_flat_input_is_refused():
    with pytest.raises(NetworkError, match=r" needs an image .* is flat, \(5,\)"):
        GlobalMaxPool2D().output_shape((5,))


def test_an_image_whose_pixels_can_not_be_numbered_is_refused():
    GlobalMaxPool2D().output_shape((1, 2**12, 2**12))
    with pytest.raises(NetworkError, match=r"input of 16,781,312 pixels; .* at most 16,777,216"):
        GlobalMaxPool2D().output_shape((1, 2**12, 2**12 + 1))
