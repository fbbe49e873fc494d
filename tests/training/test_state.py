import math

import numpy as np
import pytest

from pellucid import Conv2D, Dense, Flatten, Network, ReLU
from pellucid.training.state import differences, plain

LAYERS = [Conv2D(5, 3), ReLU(), Flatten(), Dense(4)]
NETWORK = Network(LAYERS, (6, 6)).to_dict()


def changed(layers=LAYERS, shape=(6, 6)):
    return {"network": Network(layers, shape).to_dict()}


@pytest.mark.parametrize(
    ("there", "here", "expected"),
    [
        ({"seed": 0}, {"seed": 0}, []),
        ({"seed": 0}, {"seed": 1}, ["seed is 0 there and 1 here"]),
        (
            {"optimizer": {"eps": 1e-10, "beta1": 0.9}, "sections": 8},
            {"optimizer": {"eps": 1e-9, "beta1": 0.9}, "sections": 4},
            ["eps is 1e-10 there and 1e-09 here", "sections is 8 there and 4 here"],
        ),
        (
            {"augmentation": None},
            {"augmentation": {"scale": [1, 1]}},
            ['augmentation is none there and {"scale": [1, 1]} here'],
        ),
        (
            {"data": {"images": "a", "labels": "b", "sample_weight": "c"}},
            {"data": {"images": "x", "labels": "b", "sample_weight": "z"}},
            ["the data's images differ", "the data's sample_weight differ"],
        ),
        ({"old": 1}, {}, ["old is 1 there and none here"]),
        (
            {"network": NETWORK},
            changed([Conv2D(5, 3), ReLU(), Flatten(), Dense(5)]),
            ["layer 4 of the network is Dense(4) there and Dense(5) here"],
        ),
        (
            {"network": NETWORK},
            changed([Conv2D(5, 3), ReLU(), Flatten(), Dense(4), ReLU()]),
            ["the network has 4 layers there and 5 here"],
        ),
        (
            {"network": NETWORK},
            changed(shape=(7, 6)),
            ["the network takes images of (1, 6, 6) there and (1, 7, 6) here"],
        ),
        ({"network": {}}, changed(), ["the network is another"]),
    ],
)
def test_differences_are_named(there, here, expected):
    assert differences(there, here) == expected


def test_how_a_layer_s_parameters_start_is_told_too():
    (found,) = differences(
        {"network": NETWORK}, changed([Conv2D(5, 3), ReLU(), Flatten(), Dense(4, std=0.5)])
    )
    assert found.startswith("layer 4 of the network is Dense({")
    assert "'std': 0.5" in found


def test_a_network_of_a_file_from_before_there_was_init_is_the_same():
    conv, dense = Conv2D(5, 3, scale=math.sqrt(10)), Dense(4, std=math.sqrt(2 / 84))
    old = Network([conv, ReLU(), Flatten(), dense], (6, 6)).to_dict()
    for layer in old["layers"]:
        layer.pop("init", None)
        if layer["layer"] == "Conv2D":
            del layer["bias"]
    here = Network([Conv2D(5, 3), ReLU(), Flatten(), Dense(4)], (6, 6)).to_dict()
    assert differences({"network": old}, {"network": here}) == []


def test_plain_settings_are_what_json_gives_back():
    values = {"a": (1, np.float32(0.5)), "b": np.int64(2), "c": None}
    assert plain(values) == {"a": [1, 0.5], "b": 2, "c": None}
