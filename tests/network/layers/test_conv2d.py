import math
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.errors import NetworkError
from pellucid.network.layers import Conv2D
from tests.network.layers.strategies import IMAGES, STRIDES, WINDOWS

EXAMPLES = [
    (Conv2D(5, 3), (2, 6, 7)),
    (Conv2D(2, (3, 4), stride=(2, 1), padding=(1, 0), scale=2.5), (1, 6, 7)),
    (Conv2D(4, 1, padding="same"), (3, 5, 6)),
    (Conv2D(5, 3, padding="same"), (5, 6, 9)),
    (Conv2D(5, 3, bias=False), (5, 6, 9)),
    (Conv2D(6, 3, padding="same", groups=6), (6, 6, 9)),
    (Conv2D(10, (2, 3), stride=(1, 2), groups=2, bias=False), (4, 6, 9)),
    (Conv2D(5, 3, padding="same", dilation=2), (3, 8, 9)),
    (Conv2D(8, 3, stride=2, padding=3, groups=4, dilation=(3, 2)), (8, 9, 10)),
    (Conv2D(4, (3, 2), stride=(2, 3), padding=(2, 1), dilation=(2, 3)), (2, 9, 8)),
]

PADDINGS = st.one_of(
    st.sampled_from(["valid", "same"]), st.tuples(st.integers(0, 3), st.integers(0, 3))
)


def drawn(random, shape):
    """Few widths and numbers of filters, so that few kernels are compiled."""
    if len(shape) == 1:
        return None
    height, width = int(random.integers(1, 6)), int(random.choice([1, 3, 5]))
    padding = ("same", "same", "valid", 2)[random.integers(4)]
    filters = int(random.choice([1, 5, 8, 10]))
    bias = 0.0 if random.random() < 0.8 else False
    stride, groups, dilation = int(random.choice([1, 1, 1, 2])), 1, 1
    if random.random() < 0.15:
        filters, groups = shape[0] * int(random.choice([1, 1, 2])), shape[0]
    elif random.random() < 0.3:
        groups = int(random.choice([1, 2, 5]))
    if random.random() < 0.2:
        dilation = (int(random.integers(1, 4)), 2)
    try:
        layer = Conv2D(
            filters, (height, width), stride, padding, bias=bias, groups=groups, dilation=dilation
        )
        layer.output_shape(shape)
    except NetworkError:
        return None
    return layer


def torch_twin(torch, layer, shape):
    (top, bottom), (left, right) = layer.pads(shape)
    return torch.nn.Sequential(
        torch.nn.ZeroPad2d((left, right, top, bottom)),
        torch.nn.Conv2d(
            shape[0], layer.filters, layer.kernel_pair, layer.stride_pair, 0, layer.dilation_pair,
            layer.groups, layer.bias is not None,
        ),
    )  # fmt: skip


@given(image=IMAGES, kernel=WINDOWS, stride=STRIDES, padding=PADDINGS)
def test_convolution_has_the_shapes_of_torch(image, kernel, stride, padding):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    layer = Conv2D(6, kernel, stride=stride, padding=padding)
    (top, bottom), (left, right) = layer.pads(image)
    height, width = image[1] + top + bottom, image[2] + left + right
    module = torch.nn.Conv2d(image[0], 6, kernel, stride=stride)

    assert layer.parameter_shapes(image) == {
        "f": tuple(module.weight.shape),
        "b": tuple(module.bias.shape),
    }
    if height < kernel[0] or width < kernel[1]:
        with pytest.raises(NetworkError, match="is larger than its input"):
            layer.output_shape(image)
    else:
        expected = module(torch.zeros(1, image[0], height, width)).shape[1:]
        assert layer.output_shape(image) == tuple(expected)


@given(image=IMAGES, kernel=WINDOWS, stride=STRIDES)
def test_same_padding_keeps_as_many_pixels_as_the_stride_lets_it(image, kernel, stride):
    layer = Conv2D(1, kernel, stride=stride, padding="same")
    _, height, width = layer.output_shape(image)
    assert (height, width) == (math.ceil(image[1] / stride[0]), math.ceil(image[2] / stride[1]))
    for before, after in layer.pads(image):
        assert after - before in (0, 1)


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@given(image=IMAGES, kernel=WINDOWS)
def test_same_padding_puts_the_zeros_where_torch_does(image, kernel):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    values = torch.arange(1.0, 1 + math.prod(image)).reshape(1, *image)
    filters = torch.arange(1.0, 1 + image[0] * math.prod(kernel)).reshape(1, image[0], *kernel)
    (top, bottom), (left, right) = Conv2D(1, kernel, padding="same").pads(image)
    padded = torch.nn.functional.pad(values, (left, right, top, bottom))
    torch.testing.assert_close(
        torch.nn.functional.conv2d(padded, filters),
        torch.nn.functional.conv2d(values, filters, padding="same"),
    )


def test_paddings_written_out():
    image = (1, 7, 8)
    assert Conv2D(1, 4).pads(image) == ((0, 0), (0, 0))
    assert Conv2D(1, 4, padding="same").pads(image) == ((1, 2), (1, 2))
    assert Conv2D(1, 3, stride=2, padding="same").pads(image) == ((1, 1), (0, 1))
    assert Conv2D(1, 1, stride=3, padding="same").pads(image) == ((0, 0), (0, 0))
    assert Conv2D(1, 3, padding=(2, 0)).pads(image) == ((2, 2), (0, 0))
    assert Conv2D(1, 3, padding=1).pads(image) == ((1, 1), (1, 1))


@given(image=IMAGES, kernel=WINDOWS, stride=STRIDES, dilation=STRIDES)
def test_dilation_has_the_shape_of_torch(image, kernel, stride, dilation):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    layer = Conv2D(2, kernel, stride, dilation=dilation)
    if image[1] < layer.reach[0] or image[2] < layer.reach[1]:
        with pytest.raises(NetworkError, match="is larger than its input"):
            layer.output_shape(image)
    else:
        module = torch.nn.Conv2d(image[0], 2, kernel, stride, dilation=dilation)
        assert layer.output_shape(image) == tuple(module(torch.zeros(1, *image)).shape[1:])
    same = Conv2D(2, kernel, padding="same", dilation=dilation)
    assert same.output_shape(image)[1:] == image[1:]


def test_groups_must_divide_filters_and_channels():
    assert Conv2D(6, 3, groups=3).parameter_shapes((9, 5, 5)) == {"f": (6, 3, 3, 3), "b": (6,)}
    with pytest.raises(NetworkError, match=r"groups is 4; it must divide .* filters, 6\."):
        Conv2D(6, 3, groups=4)
    with pytest.raises(
        NetworkError, match=r"can't deal 4 channels to 3 groups; groups must divide"
    ):
        Conv2D(6, 3, groups=3).output_shape((4, 5, 5))


def test_a_group_s_inputs_and_outputs_are_those_it_has():
    shape = Conv2D(8, 3, groups=4).parameter_shapes((12, 5, 5))["f"]
    assert Conv2D(8, 3, groups=4, init="he").initial_std("f", shape) ** 2 == pytest.approx(2 / 27)
    glorot = Conv2D(8, 3, groups=4, init="glorot").initial_std("f", shape)
    assert glorot**2 == pytest.approx(2 / (27 + 18))


def test_channels_in_as_pytorch_has_them_are_told():
    for filters, size, stride in ((3, 16, 3), (1, 32, 5), (16, 32, 3)):
        with pytest.warns(UserWarning, match=rf"write Conv2D\({size}, {stride}\); if it is right"):
            Conv2D(filters, size, stride)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for settings in (
            (3, (16, 16), 3),
            (64, 16, 16),
            (32, 11, 4),
            (64, 7, 2),
            (8, 3),
            (8, 5, 3),
        ):
            Conv2D(*settings)
