"""A depthwise convolution of one image has the bits that it has among others."""

import numpy as np
import pytest

from pellucid import Conv2D, Dense, Flatten, Network, ReLU
from pellucid.execution.inference import predict_proba
from tests.kernels.oracle import problem


@pytest.mark.parametrize("channels", [1, 3, 8, 13])
@pytest.mark.parametrize(("stride", "dilation", "bias"), [(1, 1, 0.0), (2, 1, False), (1, 2, 0.0)])
def test_one_image_has_the_bits_it_has_among_others(channels, stride, dilation, bias):
    layers = [
        Conv2D(channels, 3, stride, "same", groups=channels, dilation=dilation, bias=bias),
        ReLU(), Flatten(), Dense(3),
    ]  # fmt: skip
    network = Network(layers, (channels, 9, 7))
    parameters, images, _ = problem(network, 20)
    among = predict_proba(network, parameters, images)
    alone = [predict_proba(network, parameters, image[None])[0] for image in images[:4]]
    assert np.array_equal(among[:4], alone)
