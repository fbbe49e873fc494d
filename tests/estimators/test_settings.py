import re

import numpy as np
import pytest

from pellucid import Augmentation, Dense, Flatten, Network, ReLU
from pellucid.errors import NetworkError
from pellucid.estimators.settings import build_augmentation, build_network
from pellucid.network import presets

NETWORK = Network([Flatten(), Dense(3)], (2, 2))


class TestNetworks:
    def test_none_is_the_default(self):
        assert build_network(None, (1, 8, 8), 3) == presets.default((8, 8), 3)

    def test_a_list_is_closed_where_it_is_open(self):
        layers = (Flatten(), Dense(4), ReLU())
        assert build_network(layers, (1, 8, 8), 3).layers == (*layers, Dense(3))
        assert build_network([Flatten(), Dense(3)], (1, 8, 8), 3).layers == (Flatten(), Dense(3))

    def test_layers_may_come_in_anything_that_can_be_gone_through(self):
        layers = [Flatten(), Dense(4), ReLU()]
        expected = build_network(layers, (1, 8, 8), 3)
        assert build_network(iter(layers), (1, 8, 8), 3) == expected
        assert build_network(np.array(layers, object), (1, 8, 8), 3) == expected

    @pytest.mark.parametrize(
        ("wanted", "message"),
        [
            (NETWORK, "The network takes images of shape (1, 2, 2) (channels, height, width), but X"
             " holds images of shape (1, 8, 8); set image_shape, or change the network."),
            (presets.default((8, 8), 4), "4 outputs, but y has 3 classes; end it with Dense(3)"),
            ([Flatten(), Dense(4)], "ends in 4 outputs, but y has 3 classes"),
            ("default", "network is 'default'; it must be a list of layers, a Network, or None"),
            ([], "A network needs at least one layer"),
            ([Flatten, Dense(3)], "write for example Dense(10) or ReLU(), with the brackets"),
            (5, "network is 5; it must be a list of layers, a Network, or None"),
            (Flatten(), "network is Flatten(); it must be a list of layers"),
        ],
    )  # fmt: skip
    def test_what_does_not_fit_is_named(self, wanted, message):
        with pytest.raises(NetworkError, match=re.escape(message)):
            build_network(wanted, (1, 8, 8), 3)


def test_augmentation_is_mild_and_only_for_what_is_large_enough():
    mild = build_augmentation("auto", (3, 20, 9))
    assert mild == Augmentation((0.9, 1.1), (-15, 15), (-0.9, 0.9), (0, 0))
    assert build_augmentation("auto", (1, 7, 30)) is None
    assert build_augmentation(None, (1, 28, 28)) is None
    own = Augmentation(shift=(0, 1))
    assert build_augmentation(own, (1, 1, 30)) is own
