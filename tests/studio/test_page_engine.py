"""The page's engine, held to the equations, and to what a trace says of single numbers."""

import re

import numpy as np
import pytest

import pellucid
from pellucid import CrossEntropy, Dense, Flatten, Network
from pellucid.equations import forward
from pellucid.network.layers import COMPUTED
from pellucid.studio.content import network_as_told
from pellucid.studio.names import value_names
from tests.layers import examples, names, undecided, with_an_end
from tests.random_networks import random_network, random_parameters
from tests.studio.node import PAGE, needs_node, run_in_node

EXAMPLES = examples()

COMPUTE = """
import { backward, forward, lossOf } from "./engine.js";
say(given.map(({ network, parameters, image, label }) => {
  const [vector, pixels] = [Float64Array.from(parameters), Float64Array.from(image)];
  const run = forward(network, vector, pixels);
  const { ofValues, gradient } = backward(network, vector, run, label);
  const loss = lossOf(network, run, label);
  return { ...run, loss, ofValues, gradient };
}));
"""


def told(network, parameters, image, label):
    return {
        "network": network_as_told(network), "parameters": parameters.tolist(),
        "image": image.ravel().tolist(), "label": label,
    }  # fmt: skip


def gap(found, expected):
    expected = np.asarray(expected).ravel()
    size = max(1e-3, np.abs(expected).max(initial=0.0))
    return np.abs(np.asarray(found) - expected).max(initial=0.0) / size


def assert_agrees(found, network, parameters, image, label):
    expected = pellucid.trace(network, image, label, parameters)
    values = value_names(network)
    for name, value, d in zip(values, found["values"], found["ofValues"], strict=True):
        assert gap(value, expected.values[name]) < 1e-10, name
        assert gap(d, expected.gradients[name]) < 1e-10, name
    assert gap(found["probs"], expected.probabilities) < 1e-10
    assert found["loss"] == pytest.approx(expected.loss, rel=1e-10, abs=1e-12)
    for p in network.parameters:
        part = found["gradient"][p.offset : p.offset + p.size]
        assert gap(part, expected.gradients[p.name] if p.is_trained else np.zeros(p.size)) < 1e-10


def problems(networks):
    """Return what leaves no doubt which way a winner goes: networks, parameters, images, labels."""
    found = []
    for seed, network in enumerate(networks):
        random = np.random.default_rng(seed)
        parameters = random_parameters(network, random)
        image = random.random(network.input_shape, dtype=np.float32)
        with np.errstate(under="ignore"):
            values = forward(network, parameters, image[None]).activations
            if not undecided(network, values).any():
                found.append((network, parameters, image, int(random.integers(network.classes))))
    return found


@needs_node
def test_the_engine_says_what_the_equations_say_of_every_layer():
    networks = [
        with_an_end([layer], shape) if len(shape) == 3
        else with_an_end([Flatten(), Dense(shape[0]), layer], (2, 3, 4))
        for layer, shape in EXAMPLES
    ]  # fmt: skip
    found = problems(networks)
    assert len(found) > 0.9 * len(EXAMPLES)
    kinds = {type(node.layer) for network, *_ in found for node in network.nodes}
    assert kinds == {*COMPUTED}
    for said, problem in zip(run_in_node(COMPUTE, [told(*p) for p in found]), found, strict=True):
        assert_agrees(said, *problem)


@needs_node
def test_the_engine_says_what_the_equations_say_of_random_networks():
    networks = [random_network(np.random.default_rng(1000 + seed)) for seed in range(60)]
    found = problems(networks)
    assert len(found) > 30
    for said, problem in zip(run_in_node(COMPUTE, [told(*p) for p in found]), found, strict=True):
        assert_agrees(said, *problem)


@needs_node
def test_a_smoothed_label():
    network = Network([Flatten(), Dense(3)], (2, 2), CrossEntropy(label_smoothing=0.2))
    problem = network, network.initial_parameters(), np.full((1, 2, 2), 0.5, np.float32), 2
    assert_agrees(run_in_node(COMPUTE, [told(*problem)])[0], *problem)


def test_the_engine_has_every_layer():
    text = (PAGE / "engine.js").read_text("utf-8")
    rules = re.findall(r"^  (\w+): \w+,$", text[text.index("RULES = {") :], re.MULTILINE)
    assert set(rules) == {kind.__name__ for kind in COMPUTED}
    words = (PAGE / "words.js").read_text("utf-8")
    kinds = words[words.index("  kinds: {") : words.index("  closer: {")]
    assert set(re.findall(r"^    (\w+): \(", kinds, re.MULTILINE)) == set(rules)


TERMS = """
import { arraysOf, forward, backward } from "./engine.js";
import { productsOfFilter, productsOfUnit, termsOfWeight, windowOfPool } from "./terms.js";
const { network, parameters, image, label, asked } = given;
const vector = Float64Array.from(parameters);
const run = forward(network, vector, Float64Array.from(image));
const { ofValues } = backward(network, vector, run, label);
say(asked.map(({ layer: k, letter, place }) => {
  const layer = network.layers[k];
  const x = run.values[layer.inputs[0]];
  if (letter) return termsOfWeight(layer, vector, x, ofValues[k + 1], letter, place);
  const arrays = arraysOf(layer, vector);
  if (layer.kind === "Conv2D") {
    const { parts, bias, total } = productsOfFilter(layer, x, arrays, place);
    const all = (side) => parts.flatMap((part) => [...part[side]]);
    return { left: all("left"), right: all("right"), bias, total };
  }
  if (layer.kind === "Dense") return productsOfUnit(x, arrays, place[0]);
  return windowOfPool(layer, x, place);
}));
"""


@needs_node
@pytest.mark.parametrize(("layer", "shape"), EXAMPLES, ids=names(EXAMPLES))
def test_single_numbers_are_the_sums_that_a_trace_says(layer, shape):
    random = np.random.default_rng(0)
    network = (
        with_an_end([layer], shape)
        if len(shape) == 3
        else with_an_end([Flatten(), Dense(shape[0]), layer], (2, 3, 4))
    )
    (problem,) = problems([network])
    traced = pellucid.trace(network, problem[2], problem[3], problem[1])
    asked, expected = [], []
    for p in [p for p in network.parameters if p.is_trained]:
        for _ in range(4):
            place = tuple(int(random.integers(side)) for side in p.shape)
            asked.append({"layer": p.node, "letter": p.name[0], "place": place})
            expected.append(traced.terms(p.name, place))
    for k, node in enumerate(network.nodes):
        kind, gives = type(node.layer).__name__, network.shapes[k + 1]
        if kind in ("Conv2D", "Dense") or kind.endswith("Pool2D"):
            place = tuple(int(random.integers(side)) for side in gives)
            asked.append({"layer": k, "place": place})
            expected.append(traced.terms(value_names(network)[k + 1], place))
    for said, terms in zip(
        run_in_node(TERMS, {**told(*problem), "asked": asked}), expected, strict=True
    ):
        assert said["total"] == pytest.approx(terms.total, rel=1e-9, abs=1e-12)
        if "left" in said:
            np.testing.assert_allclose(said["left"], terms.left.ravel(), rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(said["right"], terms.right.ravel(), rtol=1e-9, atol=1e-12)
        else:
            winner = (
                int(terms.right.argmax()) if terms.right.max() == 1 and said["count"] > 1 else -1
            )
            assert (said["winner"] >= 0) == ("MaxPool2D" in str(type(layer)) or winner >= 0)
