"""What else the page computes: images of drawings, steps of the way back, updates, addresses."""

import base64

import numpy as np

from pellucid import Conv2D, Dense, Flatten, Network, ReLU, presets
from pellucid.equations import loss_and_gradient
from pellucid.equations.adam import adam
from pellucid.studio.content import network_as_told
from tests.random_networks import random_network
from tests.studio.node import needs_node, run_in_node

HIDE = """
import { hiding, squareFor } from "./occlusion.js";
const { network, parameters, image, label } = given;
const [vector, pixels] = [Float64Array.from(parameters), Float64Array.from(image)];
say({ ...squareFor(network.input_shape), values: [...hiding(network, vector, pixels, label)] });
"""


@needs_node
def test_hiding_parts_of_an_image_changes_the_loss_as_in_python():
    random = np.random.default_rng(0)
    network = Network([Conv2D(3, 3), ReLU(), Flatten(), Dense(4)], (2, 12, 9))
    parameters, image = network.initial_parameters(1), random.random((2, 12, 9))
    found = run_in_node(
        HIDE,
        {
            "network": network_as_told(network), "parameters": parameters.tolist(),
            "image": image.ravel().tolist(), "label": 2,
        },
    )  # fmt: skip
    assert (found["side"], found["places"]) == (2, [6, 4])
    before = loss_and_gradient(network, parameters, image[None], [2])[0]
    expected = []
    for y in range(0, 12, 2):
        for x in range(0, 8, 2):
            hidden = image.copy()
            hidden[:, y : y + 2, x : x + 2] = image.mean(axis=(1, 2))[:, None, None]
            expected.append(loss_and_gradient(network, parameters, hidden[None], [2])[0] - before)
    np.testing.assert_allclose(found["values"], expected, rtol=1e-9, atol=1e-12)


ADAM = """
import { adam, noMoments } from "./adam.js";
let parameters = Float64Array.from(given.parameters);
let moments = noMoments(parameters.length);
for (const gradient of given.gradients) {
  ({ parameters, moments } = adam(parameters, gradient, moments, given.rate, given.learned));
}
say(parameters);
"""


@needs_node
def test_an_update_is_that_of_adam():
    random = np.random.default_rng(0)
    gradients, start = random.normal(size=(3, 7)), random.normal(size=7)
    given = {
        "parameters": start.tolist(),
        "gradients": gradients.tolist(),
        "rate": 0.02,
        "learned": 5,
    }
    found = run_in_node(ADAM, given)
    theta, m, v = start[:5], np.zeros(5), np.zeros(5)
    for t, gradient in enumerate(gradients, start=1):
        theta, m, v = adam(
            theta, m, v, gradient[:5], t, learning_rate=0.02, beta1=0.9, beta2=0.999, eps=1e-10,
            batch_size=1,
        )  # fmt: skip
    np.testing.assert_allclose(found[:5], theta, rtol=1e-12)
    np.testing.assert_array_equal(found[5:], start[5:])


SHEET = """
import { sheetOf } from "./stepping.js";
say(given.map((shape) => {
  const { rows, columns, placeIn, placeOn } = sheetOf(shape);
  const places = [];
  for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++) places.push(placeIn(y, x));
  return { rows, columns, places, back: places.map(placeOn) };
}));
"""


@needs_node
def test_an_array_of_any_shape_is_a_sheet_with_each_number_once():
    shapes = [(2, 3, 4, 5), (3, 7), (6,)]
    for shape, found in zip(shapes, run_in_node(SHEET, shapes), strict=True):
        assert sorted(map(tuple, found["places"])) == list(np.ndindex(shape))
        assert found["back"] == [list(p) for p in np.ndindex(found["rows"], found["columns"])]


ADDRESS = """
import { read, written } from "./address.js";
say(given.states.map((state) => [written(state), read(written(state), given.content)]));
"""


@needs_node
def test_an_address_says_the_state_and_nothing_that_can_not_be():
    network = network_as_told(presets.reference())
    every = {"kind": "all", "label": None}
    states = [
        {
            "source": {"kind": "example", "n": 2}, "label": 7,
            "filter": {"kind": "wrong", "label": 3},
            "open": {"value": 3, "place": [4, 0, 19]}, "step": 8,
            "weight": {"layer": 2, "letter": "f", "place": [0, 4, 1, 2]},
        },
        {
            "source": {"kind": "drawing", "strokes": [[[0, 279], [-3, 300]], [[5, 6]]]},
            "filter": every, "label": None, "open": None, "step": 0, "weight": None,
        },
        {
            "source": {"kind": "example", "n": 3}, "label": 10,
            "filter": {"kind": "odd", "label": 10},
            "open": {"value": 3, "place": [5, 0, 0]}, "step": 0,
            "weight": {"layer": 2, "letter": "x", "place": [0]},
        },
        {
            "source": {"kind": "picture", "bytes": [*range(196)] * 4}, "filter": every,
            "label": None, "open": None, "step": 0, "weight": None,
        },
    ]  # fmt: skip
    content = {"network": network, "classes": ["c"] * 10, "examples": [0, 0, 0]}
    found = run_in_node(ADDRESS, {"states": states, "content": content})
    assert found[0] == ["g=wrong.3&i=2&y=7&v=3.4.0.19&s=9&w=2.f.0.4.1.2", states[0]]
    assert found[1][1] == states[1]
    nothing = {
        "source": None,
        "filter": every,
        "label": None,
        "open": None,
        "step": 0,
        "weight": None,
    }
    assert found[2][1] == nothing
    assert found[3][0] == "p=" + base64.urlsafe_b64encode(bytes(range(196)) * 4).decode().rstrip(
        "="
    )
    assert found[3][1] == nothing | {
        "source": {"kind": "picture", "bytes": states[3]["source"]["bytes"]}
    }


FILTER = """
import { filtered, KINDS } from "./gallery.js";
say(given.labels.map((label) => KINDS.map((kind) => filtered(given.examples, { kind, label }))));
"""


@needs_node
def test_test_images_are_filtered():
    examples = [
        {"label": label, "said": said, "sure": sure}
        for label, said, sure in [(0, 0, 0.9), (1, 0, 0.6), (1, 1, 0.5), (0, 1, 0.7)]
    ]
    found = run_in_node(FILTER, {"examples": examples, "labels": [None, 1, 2]})
    assert found == [
        [[0, 1, 2, 3], [0, 2], [1, 3], [2, 1, 3, 0]],
        [[1, 2], [2], [1], [2, 1]],
        [[], [], [], []],
    ]


STEPS = """
import { stepsOf } from "./steps.js";
import { equationsOf } from "./equations.js";
say(given.map((network) => stepsOf(network).map(({ parts }) =>
  parts.map((part) => equationsOf(network, part).equation))));
"""


@needs_node
def test_the_steps_of_the_reference_network_are_the_ten_of_the_seed():
    (found,) = run_in_node(STEPS, [network_as_told(presets.reference())])
    assert found == [
        ["dout = probs − label"],
        ["dw4 = dout · relu3ᵀ"],
        ["db4 = dout"],
        ["drelu3 = w4ᵀ · dout", "ddense3 = [dense3 > 0] · drelu3"],
        ["dw3 = ddense3 · flat1ᵀ"],
        ["db3 = ddense3"],
        ["dflat1 = w3ᵀ · ddense3", "dpool1 = dflat1, as 5 × 10 × 10"],
        ["drelu2 = dpool1 where the winner is, else 0", "dconv2 = [conv2 > 0] · drelu2"],
        ["df2[k,c,i,j] = Σ dconv2[k,y,x] · relu1[c,y+i,x+j]", "db2[k] = Σ dconv2[k,y,x]",
         "drelu1[c,u,v] = Σ f2[k,c,i,j] · dconv2[k,u−i,v−j]", "dconv1 = [conv1 > 0] · drelu1"],
        ["df1[k,c,i,j] = Σ dconv1[k,y,x] · image[c,y+i,x+j]", "db1[k] = Σ dconv1[k,y,x]",
         "dimage[c,u,v] = Σ f1[k,c,i,j] · dconv1[k,u−i,v−j]"],
    ]  # fmt: skip


@needs_node
def test_every_network_has_steps_for_all_that_it_learned():
    networks = [random_network(np.random.default_rng(seed)) for seed in range(20)]
    for network, steps in zip(
        networks, run_in_node(STEPS, [network_as_told(n) for n in networks]), strict=True
    ):
        said = "\n".join(line for step in steps for line in step)
        assert "undefined" not in said
        for p in network.parameters:
            assert (f"d{p.name} =" in said or f"d{p.name}[" in said) == p.is_trained
