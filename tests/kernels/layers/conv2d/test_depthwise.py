import numpy as np
import pytest

from pellucid import Conv2D, Dense, Flatten, Network, ReLU, predict_proba
from pellucid.equations import forward
from pellucid.kernels.compiling.compile import kernel_name
from pellucid.kernels.plan_one_image import plan_for_one_image
from tests.kernels.oracle import problem


@pytest.mark.parametrize("channels", [3, 8, 20])
@pytest.mark.parametrize(
    "settings",
    [
        {"padding": "same"},
        {"stride": (2, 1), "padding": 1, "bias": False},
        {"dilation": (1, 2), "padding": "same"},
    ],
)
def test_an_image_alone_has_the_bits_it_has_among_others_and_agrees(channels, settings):
    deep = Conv2D(channels, 3, groups=channels, **settings)
    for layers in ([deep, ReLU()], [Conv2D(channels, 1), deep, Conv2D(5, 1)]):
        network = Network([*layers, Flatten(), Dense(3)], (channels, 7, 6))
        parameters, images, _ = problem(network, 18)
        among = predict_proba(network, parameters, images)
        alone = [predict_proba(network, parameters, image[None])[0] for image in images[:4]]
        np.testing.assert_array_equal(among[:4], alone)
        np.testing.assert_allclose(among, forward(network, parameters, images).probs, atol=1e-5)
        names = [kernel_name(int(op[0])) for op in plan_for_one_image(network).forward]
        assert "conv2d_depthwise_one_image" in " ".join(names)


def test_other_groups_go_the_way_of_many():
    for groups, filters in ((2, 4), (4, 8)):
        layers = [Conv2D(filters, 3, groups=groups), Flatten(), Dense(3)]
        assert plan_for_one_image(Network(layers, (4, 7, 6))) is None
