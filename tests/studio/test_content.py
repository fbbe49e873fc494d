import base64

import numpy as np
import pytest

from pellucid import BinaryCrossEntropy, Dense, Flatten, Network, presets
from pellucid.equations import forward
from pellucid.errors import ConfigurationError
from pellucid.studio.content import PROVEN, content_of
from tests.export.examples import model_of
from tests.studio.node import needs_node, run_in_node


def content(count=12, **settings):
    network = presets.reference()
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, 1, 28, 28), np.uint8)
    model = model_of(network, network.initial_parameters(2), **settings)
    if settings:
        images = model.preprocessing.for_kernels(images // 16)
    return content_of(model, images, random.integers(0, 10, count), "Digits"), images


PROVE = """
import { unpacked } from "./data.js";
import { proving } from "./proof.js";
say(given.map((raw) => [...proving(unpacked(raw))].at(-1)));
"""


@needs_node
def test_the_page_proves_that_it_is_equal_to_python():
    good, _ = content()
    floats, _ = content(pixel_range=(0, 16))
    bad, _ = content()
    vector = np.frombuffer(base64.b64decode(bad["parameters"]), np.float32).copy()
    vector[17] += 0.01
    bad["parameters"] = base64.b64encode(vector.tobytes()).decode()
    found, ranged, other = run_in_node(PROVE, [good, floats, bad])
    assert floats["examples"]["bytes"] is None
    assert ranged["agrees"]
    assert (found["images"], found["agrees"]) == (PROVEN, True)
    assert found["numbers"] == PROVEN * (10 + 1 + 784) + 5880
    assert 0 <= found["largest"] < 1e-10
    assert not other["agrees"]


def test_images_are_packed_as_they_are():
    found, images = content()
    again = np.frombuffer(base64.b64decode(found["examples"]["bytes"]), np.uint8)
    np.testing.assert_array_equal(again.reshape(images.shape), images)
    assert found["examples"]["floats"] is None
    network = presets.reference()
    probs = forward(network, network.initial_parameters(2), images / 255).probs
    assert found["examples"]["said"] == probs.argmax(axis=1).tolist()
    np.testing.assert_allclose(found["examples"]["sure"], probs.max(axis=1), atol=1e-5)
    assert len(found["proof"]) == PROVEN
    assert [bool(said["gradient"]) for said in found["proof"]] == [True] + [False] * 9


def test_another_loss_is_refused():
    network = Network([Flatten(), Dense(3)], (2, 2), BinaryCrossEntropy())
    model = model_of(network, network.initial_parameters())
    with pytest.raises(ConfigurationError, match="loss is BinaryCrossEntropy, but a page shows"):
        content_of(model, np.zeros((0, 1, 2, 2), np.uint8), np.zeros(0, np.int64), "")
