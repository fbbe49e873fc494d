import numpy as np
import pytest

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU
from pellucid.execution import features
from pellucid.execution.features import known_from, outputs, seen_by_last

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (40, 1, 6, 6)).astype(np.uint8)


@pytest.mark.parametrize(
    "layers",
    [
        [Conv2D(2, 3), ReLU(), Flatten(), Dense(5), ReLU(), Dense(3)],
        [MaxPool2D(2), Flatten(), Dense(3)],
        [Flatten(), Dense(3)],
    ],
)
def test_the_last_layer_makes_the_logits_of_them(layers):
    network = Network(layers, (6, 6))
    parameters = RANDOM.normal(size=network.size).astype(np.float32)
    seen = seen_by_last(network, parameters, IMAGES, 1)
    weights, bias = list(network.views(parameters).values())[-2:]
    logits = seen.astype(np.float64) @ weights.T + bias
    np.testing.assert_allclose(outputs(network, network, parameters, IMAGES, 1), logits, atol=1e-5)
    floats = (IMAGES / 255).astype(np.float32)
    np.testing.assert_allclose(seen_by_last(network, parameters, floats, 2), seen, atol=1e-6)


def test_known_is_the_same_from_images_in_parts(monkeypatch):
    network = Network([Flatten(), Dense(4), ReLU(), Dense(2)], (6, 6))
    parameters = RANDOM.normal(size=network.size).astype(np.float32)
    labels = np.arange(40) % 2

    def made():
        return known_from(network, parameters, IMAGES[:, 0], labels, IMAGES[::2], 0.1, 1)

    whole = made()
    monkeypatch.setattr(features, "VALUES_AT_ONCE", 100)
    parts = made()
    assert whole.false_alarms == 0.1
    assert len(whole.distances) == 20
    for name in ("factor", "centers", "distances"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))
