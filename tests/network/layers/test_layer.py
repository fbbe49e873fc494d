"""What layers have in common; tests/test_every_layer.py goes through all of them."""

import functools
import math

import numpy as np
import pytest

from pellucid.errors import NetworkError
from pellucid.network.dictionary import layer_from_dict, layer_to_dict
from pellucid.network.layers import Conv2D, Dense, Layer, MaxPool2D, ReLU
from pellucid.network.summary import describe

PAIR = "it must be a whole number of at least {}, or a pair of them (height, width)."
COUNT = "it must be a whole number of at least 1."
POSITIVE = "it must be a finite number above 0."


def test_parameters_start_with_the_standard_deviation_of_the_equations():
    shape = (5, 2, 3, 4)
    seed = Conv2D(5, (3, 4), init="seed")
    assert seed.initial_std("f", shape) == pytest.approx(1 / math.sqrt(120))
    assert Conv2D(5, (3, 4), scale=3).initial_std("f", shape) == pytest.approx(3 / math.sqrt(120))
    assert Dense(5, init="seed").initial_std("w", (5, 9)) == 0.1
    assert Dense(5, std=0.02).initial_std("w", (5, 9)) == 0.02
    assert Conv2D(5, 3).initial_std("b", (5,)) == Dense(5).initial_std("b", (5,)) == 0.0
    assert ReLU().initial_std("w", (1,)) == 0.0


@pytest.mark.parametrize("is_rectified", [False, True])
def test_a_name_says_the_variance(is_rectified):
    for layer, letter, shape, inputs, outputs in (
        (functools.partial(Conv2D, 5, (3, 4)), "f", (5, 2, 3, 4), 24, 60),
        (functools.partial(Dense, 5), "w", (5, 9), 9, 5),
    ):
        variances = {"he": 2 / inputs, "glorot": 2 / (inputs + outputs), "zeros": 0.0}
        variances["auto"] = variances["he" if is_rectified else "glorot"]
        for name, variance in variances.items():
            std = layer(init=name).initial_std(letter, shape, is_rectified)
            assert std**2 == pytest.approx(variance)
        assert layer() == layer(init="auto")


def test_the_seeds_start_and_its_number_are_one_setting():
    assert (
        Conv2D(5, 3, init="seed") == Conv2D(5, 3, scale=1.0) == Conv2D(5, 3, scale=1, init="seed")
    )
    assert Dense(5, init="seed") == Dense(5, std=0.1)
    assert Dense(5) != Dense(5, std=0.1)
    # What files from before there was init hold.
    old = {"layer": "Conv2D", "filters": 5, "kernel_size": [5, 5], "stride": [1, 1]}
    assert layer_from_dict({**old, "padding": "valid", "scale": 1.0}) == Conv2D(5, 5, init="seed")
    old = {"layer": "Dense", "units": 10, "std": 0.1, "bias": 0.1}
    assert layer_from_dict(old) == Dense(10, bias=0.1, init="seed")


def test_numbers_and_pairs_of_any_kind_mean_the_same():
    layer = Conv2D(np.int32(4), [3, np.int64(3)], stride=np.int8(2), padding=[1, 1], scale=1)
    assert layer == Conv2D(4, 3, stride=2, padding=1, init="seed")
    assert (layer.kernel_pair, layer.stride_pair, layer.padding) == ((3, 3), (2, 2), (1, 1))
    assert (MaxPool2D(3, 1).pool_pair, MaxPool2D(3, 1).stride_pair) == ((3, 3), (1, 1))
    assert type(layer.filters) is int
    assert type(layer.scale) is float
    assert Dense(2, std=np.float32(0.5)) == Dense(2, std=0.5)


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
        (
            lambda: Conv2D(1, 3, bias="no"),
            "Conv2D bias is 'no'; it must be a finite number, which biases start as, or False for "
            "none.",
        ),
        (
            lambda: Conv2D(1, 3, init="hee"),
            "Conv2D init is 'hee'; it must be one of 'auto', 'he', 'glorot', 'seed', 'zeros'. Did "
            "you mean 'he'?",
        ),
        (
            lambda: Dense(1, std=0.1, init="he"),
            "Dense has std=0.1 and init='he', which say different things; leave one of them out.",
        ),
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


def test_a_layer_without_a_bias_is_another_than_one_whose_bias_starts_at_0():
    for kind, settings in ((Conv2D, (2, 3)), (Dense, (2,))):
        without, with_one = kind(*settings, bias=False), kind(*settings, bias=0)
        assert without != with_one
        assert without == kind(*settings, bias=None)
        assert with_one == kind(*settings, bias=True) == kind(*settings)
        assert describe(without).endswith(", bias=False)")
        assert describe(kind(*settings, bias=0.5)) == describe(with_one)
        assert kind(*settings, bias=0.5).initial_mean("b") == 0.5
        assert layer_from_dict(layer_to_dict(without)) == without


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
            "before Flatten() or a global pool.",
        ),
        (
            MaxPool2D(2),
            (500,),
            "needs an image (channels, height, width), but its input is flat, (500,); put it "
            "before Flatten() or a global pool.",
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


def test_the_base_is_not_a_layer():
    with pytest.raises(
        NotImplementedError, match=r"^Layer must say its output's shape: Layer\.out"
    ):
        Layer().output_shape((1, 2, 3))


def test_sizes_beyond_all_measure_are_refused():
    for make in (lambda: Conv2D(2, 3, stride=2**62), lambda: Dense(2**40)):
        with pytest.raises(NetworkError, match=r"it must be at most 2,147,483,647\."):
            make()
