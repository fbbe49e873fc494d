import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.errors import NetworkError
from pellucid.network.layers import Conv2D, Dense, Flatten, Layer, MaxPool2D, ReLU, Sigmoid
from pellucid.network.layers.dictionary import layer_from_dict, layer_to_dict

IMAGES = st.tuples(st.integers(1, 4), st.integers(1, 20), st.integers(1, 20))
WINDOWS = st.tuples(st.integers(1, 5), st.integers(1, 5))
STRIDES = st.tuples(st.integers(1, 4), st.integers(1, 4))
PADDINGS = st.one_of(
    st.sampled_from(["valid", "same"]), st.tuples(st.integers(0, 3), st.integers(0, 3))
)

LAYERS = [
    Conv2D(5, 3),
    Conv2D(2, (3, 4), stride=(2, 1), padding=(1, 0), scale=2.5),
    Conv2D(8, 1, padding="same"),
    MaxPool2D(),
    MaxPool2D((3, 2), stride=2),
    Dense(7),
    Dense(3, std=0.5),
    ReLU(),
    Sigmoid(),
    Flatten(),
]


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


@given(units=st.integers(1, 50), inputs=st.integers(1, 50))
def test_dense_has_the_shapes_of_torch(units, inputs):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    module = torch.nn.Linear(inputs, units)
    assert Dense(units).output_shape((inputs,)) == (units,)
    assert Dense(units).parameter_shapes((inputs,)) == {
        "w": tuple(module.weight.shape),
        "b": tuple(module.bias.shape),
    }


@pytest.mark.parametrize("layer", [ReLU(), Sigmoid()])
@pytest.mark.parametrize("shape", [(3, 4, 5), (7,)])
def test_activations_keep_the_shape(layer, shape):
    assert layer.output_shape(shape) == shape
    assert layer.parameter_shapes(shape) == {}


@given(IMAGES)
def test_flatten_keeps_the_number_of_values(image):
    assert Flatten().output_shape(image) == (math.prod(image),)
    assert Flatten().output_shape((9,)) == (9,)


@pytest.mark.parametrize("layer", LAYERS)
def test_the_names_of_the_parameters_are_those_of_their_shapes(layer):
    shape = (6,) if isinstance(layer, Dense) else (2, 9, 9)
    assert tuple(layer.parameter_shapes(shape)) == layer.parameter_names


def test_parameters_start_with_the_standard_deviation_of_the_equations():
    shape = (5, 2, 3, 4)
    assert Conv2D(5, (3, 4)).initial_std("f", shape) == pytest.approx(1 / math.sqrt(120))
    assert Conv2D(5, (3, 4), scale=3).initial_std("f", shape) == pytest.approx(3 / math.sqrt(120))
    assert Dense(5).initial_std("w", (5, 9)) == 0.1
    assert Dense(5, std=0.02).initial_std("w", (5, 9)) == 0.02
    assert Conv2D(5, 3).initial_std("b", (5,)) == Dense(5).initial_std("b", (5,)) == 0.0
    assert ReLU().initial_std("w", (1,)) == 0.0


def test_numbers_and_pairs_of_any_kind_mean_the_same():
    layer = Conv2D(np.int32(4), [3, np.int64(3)], stride=np.int8(2), padding=[1, 1], scale=1)
    assert layer == Conv2D(4, 3, stride=2, padding=1)
    assert (layer.kernel_pair, layer.stride_pair, layer.padding) == ((3, 3), (2, 2), (1, 1))
    assert (MaxPool2D(3, 1).pool_pair, MaxPool2D(3, 1).stride_pair) == ((3, 3), (1, 1))
    assert type(layer.filters) is int
    assert type(layer.scale) is float
    assert Dense(2, std=np.float32(0.5)) == Dense(2, std=0.5)


@pytest.mark.parametrize("layer", LAYERS)
def test_layers_are_frozen_and_can_be_keys(layer):
    assert {layer: 1}[dataclasses.replace(layer)] == 1
    for field in dataclasses.fields(layer):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(layer, field.name, 1)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_survives_json(layer):
    values = layer_to_dict(layer)
    assert values["layer"] == type(layer).__name__
    assert layer_from_dict(json.loads(json.dumps(values))) == layer


def test_layer_from_dict_leaves_what_it_is_given():
    values = {"layer": "Dense", "units": 4}
    layer_from_dict(values)
    assert values == {"layer": "Dense", "units": 4}


def test_the_base_is_not_a_layer():
    with pytest.raises(NotImplementedError):
        Layer().output_shape((1, 2, 3))


PAIR = "it must be a whole number of at least {}, or a pair of them (height, width)."
COUNT = "it must be a whole number of at least 1."
POSITIVE = "it must be a finite number above 0."


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv2D(0, 3), f"Conv2D filters is 0; {COUNT}"),
        (lambda: Conv2D(2.0, 3), f"Conv2D filters is 2.0; {COUNT}"),
        (lambda: Conv2D(True, 3), f"Conv2D filters is True; {COUNT}"),
        (lambda: Conv2D(1, 0), f"Conv2D kernel_size is 0; {PAIR.format(1)}"),
        (lambda: Conv2D(1, (3, 3, 3)), f"Conv2D kernel_size is (3, 3, 3); {PAIR.format(1)}"),
        (lambda: Conv2D(1, (3, 2.5)), f"Conv2D kernel_size is (3, 2.5); {PAIR.format(1)}"),
        (lambda: Conv2D(1, 3, stride=0), f"Conv2D stride is 0; {PAIR.format(1)}"),
        (lambda: Conv2D(1, 3, stride="2"), f"Conv2D stride is '2'; {PAIR.format(1)}"),
        (lambda: Conv2D(1, 3, padding=-1), f"Conv2D padding is -1; {PAIR.format(0)}"),
        (lambda: Conv2D(1, 3, padding=None), f"Conv2D padding is None; {PAIR.format(0)}"),
        (
            lambda: Conv2D(1, 3, padding="smae"),
            "Conv2D padding is 'smae'; it must be 'valid', 'same' or a number of pixels. "
            "Did you mean 'same'?",
        ),
        (
            lambda: Conv2D(1, 3, padding="zzz"),
            "Conv2D padding is 'zzz'; it must be 'valid', 'same' or a number of pixels.",
        ),
        (lambda: Conv2D(1, 3, scale=0), f"Conv2D scale is 0; {POSITIVE}"),
        (lambda: Conv2D(1, 3, scale=math.inf), f"Conv2D scale is inf; {POSITIVE}"),
        (lambda: Conv2D(1, 3, scale=math.nan), f"Conv2D scale is nan; {POSITIVE}"),
        (lambda: MaxPool2D(0), f"MaxPool2D pool_size is 0; {PAIR.format(1)}"),
        (lambda: MaxPool2D(2, 0), f"MaxPool2D stride is 0; {PAIR.format(1)}"),
        (lambda: Dense(0), f"Dense units is 0; {COUNT}"),
        (lambda: Dense("10"), f"Dense units is '10'; {COUNT}"),
        (lambda: Dense(1, std=-0.1), f"Dense std is -0.1; {POSITIVE}"),
        (lambda: Dense(1, std=True), f"Dense std is True; {POSITIVE}"),
        (lambda: Dense(1, std="0.1"), f"Dense std is '0.1'; {POSITIVE}"),
    ],
)
def test_a_setting_that_can_not_be_is_named(make, message):
    with pytest.raises(NetworkError) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (
            Conv2D(1, 5),
            (1, 4, 9),
            "is larger than its input (1, 4, 9): the height is 4 with padding, the filter needs "
            "5; use a smaller kernel_size, padding='same', or one layer less before it.",
        ),
        (
            Conv2D(1, 5, padding=1),
            (2, 9, 2),
            "is larger than its input (2, 9, 2): the width is 4 with padding, the filter needs "
            "5; use a smaller kernel_size, padding='same', or one layer less before it.",
        ),
        (
            MaxPool2D((3, 2)),
            (1, 2, 9),
            "is larger than its input (1, 2, 9): the height is 2, the window needs 3; use a "
            "smaller pool_size or leave this layer out.",
        ),
        (
            MaxPool2D((2, 3)),
            (1, 9, 2),
            "is larger than its input (1, 9, 2): the width is 2, the window needs 3; use a "
            "smaller pool_size or leave this layer out.",
        ),
        (
            Conv2D(1, 5),
            (500,),
            "needs an image (channels, height, width), but its input is flat, (500,); put it "
            "before Flatten().",
        ),
        (
            MaxPool2D(2),
            (500,),
            "needs an image (channels, height, width), but its input is flat, (500,); put it "
            "before Flatten().",
        ),
        (
            Dense(10),
            (5, 10, 10),
            "needs a flat input, not an image of shape (5, 10, 10); put Flatten() before it.",
        ),
    ],
)
def test_an_input_that_does_not_fit_is_named(layer, shape, message):
    with pytest.raises(NetworkError) as caught:
        layer.output_shape(shape)
    assert str(caught.value) == f"{layer} {message}"


KNOWN = "known: Conv2D, MaxPool2D, Dense, ReLU, Sigmoid, Flatten."


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"layer": "Conv2d"}, f"Unknown layer 'Conv2d'; {KNOWN} Did you mean 'Conv2D'?"),
        ({"layer": "LSTM"}, f"Unknown layer 'LSTM'; {KNOWN}"),
        ({"units": 3}, f"Unknown layer None; {KNOWN}"),
    ],
)
def test_an_unknown_layer_is_named(values, message):
    with pytest.raises(NetworkError) as caught:
        layer_from_dict(values)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "Dense lacks a setting; it needs units, std, bias."),
        ({"units": 3, "unit": 4}, "Dense has no setting 'unit'. Did you mean 'units'?"),
    ],
)
def test_settings_that_a_layer_does_not_have_are_named(settings, message):
    with pytest.raises(NetworkError) as caught:
        layer_from_dict({"layer": "Dense", **settings})
    assert str(caught.value) == message


@pytest.mark.parametrize("values", [None, "Dense", ["Dense"], {"layer": ["Dense"]}])
def test_what_describes_no_layer_is_refused(values):
    with pytest.raises(NetworkError, match=r"dictionary|Unknown layer"):
        layer_from_dict(values)
