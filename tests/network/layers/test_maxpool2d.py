import numpy as np
import pytest
from hypothesis import given

from pellucid.errors import NetworkError
from pellucid.network.layers import MaxPool2D
from tests.network.layers.strategies import IMAGES, STRIDES, WINDOWS

EXAMPLES = [
    (MaxPool2D(), (3, 6, 7)),
    (MaxPool2D((3, 2), stride=2), (2, 7, 6)),
    (MaxPool2D(3, stride=1), (2, 6, 5)),
]


def drawn(random, shape):
    if len(shape) == 1:
        return None
    pool = tuple(int(random.integers(1, min(side, 3) + 1)) for side in shape[1:])
    return MaxPool2D(pool, (None, 1, 2)[random.integers(3)])


def torch_twin(torch, layer, shape):
    return torch.nn.MaxPool2d(layer.pool_pair, layer.stride_pair)


def undecided(layer, x):
    """Return which images have two values in a window so close that rounding decides."""
    _, gap = _best_and_gap(layer, x)
    near = (gap < 1e-5 * np.abs(x).max(initial=1e-3)) & (gap != 0.0)
    return near.reshape(len(x), -1).any(axis=1)


def is_tied(layer, x):
    """Return which images have a window with two winners that are not 0."""
    best, gap = _best_and_gap(layer, x)
    return ((gap == 0.0) & (best != 0.0)).reshape(len(x), -1).any(axis=1)


def _best_and_gap(layer, x):
    windows = np.lib.stride_tricks.sliding_window_view(x, layer.pool_pair, axis=(2, 3))
    windows = windows[:, :, :: layer.stride_pair[0], :: layer.stride_pair[1]]
    ordered = np.sort(windows.reshape(*windows.shape[:4], -1), axis=-1)
    if ordered.shape[-1] == 1:
        return ordered[..., -1], np.full(ordered.shape[:-1], np.inf)
    return ordered[..., -1], ordered[..., -1] - ordered[..., -2]


@given(image=IMAGES, pool=WINDOWS, stride=STRIDES)
def test_pooling_has_the_shape_of_torch(image, pool, stride):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    layer = MaxPool2D(pool, stride)
    assert layer.parameter_shapes(image) == {}
    if image[1] < pool[0] or image[2] < pool[1]:
        with pytest.raises(NetworkError, match="is larger than its input"):
            layer.output_shape(image)
    else:
        expected = torch.nn.functional.max_pool2d(torch.zeros(1, *image), pool, stride)
        assert layer.output_shape(image) == tuple(expected.shape[1:])


def test_a_pool_without_stride_does_not_overlap():
    assert MaxPool2D((2, 3)) == MaxPool2D((2, 3), (2, 3))
    assert MaxPool2D() == MaxPool2D(2, 2)


def test_a_window_whose_pixels_can_not_be_numbered_is_refused():
    MaxPool2D(2**12)
    with pytest.raises(NetworkError, match=r"window of 16,781,312 pixels; .* at most 16,777,216"):
        MaxPool2D((2**12, 2**12 + 1))
