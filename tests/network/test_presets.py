import math

import numpy as np
import pytest

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU
from pellucid.errors import NetworkError
from pellucid.network import presets


def test_the_reference_network_is_the_one_of_the_equations():
    network = presets.reference()
    assert [type(layer) for layer in network.layers] == [
        *(Conv2D, ReLU, Conv2D, ReLU, MaxPool2D),
        *(Flatten, Dense, ReLU, Dense),
    ]
    assert {p.name: p.shape for p in network.parameters} == {
        "f1": (5, 1, 5, 5),
        "b1": (5,),
        "f2": (5, 5, 5, 5),
        "b2": (5,),
        "w3": (10, 500),
        "b3": (10,),
        "w4": (10, 10),
        "b4": (10,),
    }
    # 125 + 5 + 625 + 5 + 5,000 + 10 + 100 + 10
    assert network.size == 5880
    assert network.shapes[:6] == (
        *((1, 28, 28), (5, 24, 24), (5, 24, 24)),
        *((5, 20, 20), (5, 20, 20), (5, 10, 10)),
    )


def test_the_reference_network_starts_as_the_seed_says():
    found = [layer.init for layer in presets.reference().layers if hasattr(layer, "init")]
    assert found == ["seed"] * 4


@pytest.mark.parametrize("shape", [(8, 8), (28, 28), (3, 32, 32), (1, 30), (3, 11, 13)])
def test_the_default_network_starts_as_it_did_when_hes_variance_was_worked_out_by_hand(shape):
    network, layers = presets.default(shape, 7), []
    for layer, before in zip(network.layers, network.shapes, strict=False):
        if isinstance(layer, Conv2D):
            scale = math.sqrt(2 * layer.filters)
            layer = Conv2D(layer.filters, 3, padding="same", scale=scale)
        elif isinstance(layer, Dense):
            layer = Dense(layer.units, std=math.sqrt(2 / before[0]))
        layers.append(layer)
    by_hand = Network(layers, shape)
    assert network.means(by_hand)
    for seed in range(3):
        np.testing.assert_array_equal(
            network.initial_parameters(seed), by_hand.initial_parameters(seed)
        )


@pytest.mark.parametrize(("shape", "expected"), [((32, 24), (1, 32, 24)), ((3, 32, 24),) * 2])
def test_other_images_and_classes_fit_too(shape, expected):
    network = presets.reference(shape, classes=26)
    assert network.input_shape == expected
    assert network.classes == 26


@pytest.mark.parametrize("make", [presets.default, presets.reference])
@pytest.mark.parametrize(("shape", "classes"), [("ab", 3), ((0, 8), 3), (28, 3), ((16, 16), 1)])
def test_what_can_t_be_a_network_is_refused(make, shape, classes):
    with pytest.raises(NetworkError):
        make(shape, classes)


@pytest.mark.parametrize("length", [16, 17, 63, 64, 100, 1024, 5000])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_signal_network_ends_short_and_runs_either_way(length, channels):
    flat = presets.signal((channels, 1, length), 4)
    upright = presets.signal((channels, length, 1), 4)
    assert flat.trained_size == upright.trained_size
    (before,) = (flat.shapes[k - 1] for k, layer in enumerate(flat.layers, start=1)
                 if isinstance(layer, Flatten))  # fmt: skip
    assert 4 <= math.prod(before) / 64 <= 8 or length < 32
    assert next(layer for layer in flat.layers if isinstance(layer, Conv2D)).kernel_size == (1, 7)
    convolutions = [layer for layer in upright.layers if isinstance(layer, Conv2D)]
    assert {layer.kernel_size for layer in convolutions} == {(7, 1)}


@pytest.mark.parametrize("shape", [(1, 15), (2, 40), (28, 28)])
def test_the_signal_network_wants_rows(shape):
    with pytest.raises(NetworkError, match="are no rows of 16 values or more"):
        presets.signal(shape, 2)
