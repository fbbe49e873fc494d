import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.rules import rules_of
from pellucid.errors import NetworkError
from pellucid.network.layers import AveragePool2D, MaxPool2D
from tests.network.layers.strategies import IMAGES, STRIDES, WINDOWS

EXAMPLES = [
    (MaxPool2D(), (3, 6, 7)),
    (MaxPool2D((3, 2), stride=2), (2, 7, 6)),
    (MaxPool2D(3, stride=1), (2, 6, 5)),
    (MaxPool2D(3, stride=2, padding=1), (2, 6, 5)),
    (MaxPool2D((2, 5), stride=(3, 1), padding=(1, 2)), (3, 7, 4)),
]


def drawn(random, shape):
    if len(shape) == 1:
        return None
    return MaxPool2D(*drawn_window(random, shape))


def drawn_window(random, shape):
    """Return a pool size, a stride, and every third time a padding."""
    pool = tuple(int(random.integers(1, min(side, 3) + 1)) for side in shape[1:])
    pads = tuple(int(random.integers(0, side // 2 + 1)) for side in pool)
    stride = (None, 1, 2)[random.integers(3)]
    return pool, stride, pads if random.random() < 0.3 else 0


def torch_twin(torch, layer, shape):
    return torch.nn.MaxPool2d(layer.pool_pair, layer.stride_pair, layer.pad_pair)


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
    around = ((0, 0), (0, 0), *((pad, pad) for pad in layer.pad_pair))
    x = np.pad(x, around, constant_values=-np.inf)
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


@given(
    image=IMAGES, pool=WINDOWS, stride=STRIDES, share=st.tuples(st.floats(0, 1), st.floats(0, 1))
)
@pytest.mark.parametrize("kind", [MaxPool2D, AveragePool2D])
def test_padding_has_the_shape_and_the_values_of_torch(kind, image, pool, stride, share):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    pads = tuple(int(part * (side // 2)) for part, side in zip(share, pool, strict=True))
    layer = kind(pool, stride, pads)
    if any(image[1 + axis] + 2 * pads[axis] < pool[axis] for axis in range(2)):
        with pytest.raises(NetworkError, match=r"is larger than its input"):
            layer.output_shape(image)
        return
    x = np.random.default_rng(0).normal(size=(2, *image))
    module = torch.nn.MaxPool2d if kind is MaxPool2D else torch.nn.AvgPool2d
    expected = module(pool, stride, pads)(torch.tensor(x)).numpy()
    assert layer.output_shape(image) == expected.shape[1:]
    np.testing.assert_allclose(rules_of(layer).forward(layer, x), expected, atol=1e-12)


@pytest.mark.parametrize("kind", [MaxPool2D, AveragePool2D])
def test_more_padding_than_half_a_window_is_refused(kind):
    kind((3, 4), padding=(1, 2))
    for padding, window in ((2, "3"), ((0, 2), "3"), (1, "1")):
        with pytest.raises(NetworkError, match=rf"at most half of the window, {window}\.$"):
            kind(int(window), padding=padding)


def test_a_pool_without_stride_does_not_overlap():
    assert MaxPool2D((2, 3)) == MaxPool2D((2, 3), (2, 3))
    assert MaxPool2D() == MaxPool2D(2, 2)


def test_a_window_whose_pixels_can_not_be_numbered_is_refused():
    MaxPool2D(2**12)
    with pytest.raises(NetworkError, match=r"window of 16,781,312 pixels; .* at most 16,777,216"):
        MaxPool2D((2**12, 2**12 + 1))


def test_a_window_whose_places_float32_can_not_tell_is_refused():
    with pytest.raises(NetworkError, match=r"^MaxPool2D\(.*\) has a window of 16,785,409 pixels"):
        MaxPool2D(4097)
