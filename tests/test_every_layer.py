"""Every layer that is registered, through all the rooms that it lives in."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid import Conv2D, Dense, Flatten, Network, ReLU, Residual
from pellucid.equations.network import backward, forward
from pellucid.execution.inference import predict_proba
from pellucid.network import layers
from pellucid.network.dictionary import layer_from_dict, layer_to_dict
from pellucid.network.layers import LAYERS
from pellucid.network.summary import describe
from pellucid.training.statistics import bring_up_to_date
from tests.equations.numeric import relative_error, sampled_error
from tests.kernels.oracle import assert_agrees, problem
from tests.layers import (
    examples,
    made_possible,
    module_of,
    names,
    torch_network,
    torch_running,
    with_an_end,
)

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLES = examples()
each_example = pytest.mark.parametrize(("layer", "shape"), EXAMPLES, ids=names(EXAMPLES))
each_kind = pytest.mark.parametrize("kind", LAYERS, ids=lambda kind: kind.__name__)


def stacks(layer, shape):
    """Return networks in which a layer stands in all kinds of places."""
    if len(shape) == 1:
        before = [Flatten(), Dense(shape[0])]
        image = (2, 3, 4)
    else:
        before = [Conv2D(shape[0], 3, padding="same")]
        image = shape
    found = [
        with_an_end([*before, layer], image),
        with_an_end([*before, ReLU(), layer, ReLU()], image),
        with_an_end([*before, layer, layer] if layer.output_shape(shape) == shape
                    else [*before, ReLU(), layer], image),
    ]  # fmt: skip
    if len(shape) == 3:
        found.append(with_an_end([layer], shape))
    after = layer.output_shape(shape)
    if len(after) == 3 and min(after[1:]) > 1:
        found.append(with_an_end([*before, layer, Conv2D(5, 2), ReLU()], image))
    if after == shape:
        found.append(with_an_end([*before, ReLU(), Residual([layer]), ReLU()], image))
        found.append(with_an_end([*before, Residual([layer, layer], [layer])], image))
    return found


@each_example
def test_it_is_frozen_and_can_be_a_key(layer, shape):
    assert {layer: 1}[dataclasses.replace(layer)] == 1
    for field in dataclasses.fields(layer):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(layer, field.name, 1)


@each_example
def test_it_survives_json(layer, shape):
    values = layer_to_dict(layer)
    assert values["layer"] == type(layer).__name__
    assert layer_from_dict(json.loads(json.dumps(values))) == layer


@each_example
def test_it_is_described_as_it_is_written(layer, shape):
    again = eval(describe(layer), vars(layers).copy())
    assert describe(again) == describe(layer)
    assert again.output_shape(shape) == layer.output_shape(shape)


@each_example
def test_its_shapes_and_equations_are_those_of_torch(layer, shape):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    for network in stacks(layer, shape):
        random = np.random.default_rng(0)
        parameters = made_possible(network, random.normal(scale=0.5, size=network.size))
        images = random.random((3, *network.input_shape))
        labels = random.integers(0, 3, 3)
        model = torch_network(torch, network, parameters)
        tensor = torch.tensor(images, requires_grad=True)
        loss = torch.nn.functional.cross_entropy(
            model(tensor), torch.tensor(labels), reduction="sum"
        )
        loss.backward()
        after = torch_running(network, model)
        result = forward(network, parameters, images, training=True)
        gradient, d_images = backward(network, parameters, result, labels)
        learned = slice(network.trained_size)
        expected = torch.cat([p.grad.flatten() for p in model.parameters()]).numpy()
        assert [y.shape[1:] for y in result.activations] == [*network.shapes]
        assert relative_error(result.activations[-1], model(tensor).detach().numpy()) < 1e-9
        assert relative_error(gradient[learned], expected) < 1e-9
        assert relative_error(d_images, tensor.grad.numpy()) < 1e-9
        trained = parameters.copy()
        bring_up_to_date(network, trained, gradient, 3)
        assert np.allclose(trained[network.trained_size :], after, rtol=1e-9, atol=1e-12)

        model = torch_network(torch, network, parameters).eval()
        result = forward(network, parameters, images)
        tensor = torch.tensor(images, requires_grad=True)
        logits = model(tensor)
        torch.nn.functional.cross_entropy(logits, torch.tensor(labels), reduction="sum").backward()
        _, d_images = backward(network, parameters, result, labels)
        assert relative_error(result.activations[-1], logits.detach().numpy()) < 1e-9
        assert relative_error(d_images, tensor.grad.numpy()) < 1e-9


@each_example
def test_its_gradient_is_the_central_difference(layer, shape):
    network = stacks(layer, shape)[0]
    random = np.random.default_rng(2)
    parameters = made_possible(network, random.normal(scale=0.5, size=network.size))
    images, labels = random.random((2, *network.input_shape)), [0, 2]

    def loss(parameters, images):
        probs = forward(network, parameters, images, training=True).probs
        return -np.log(probs[np.arange(2), labels]).sum()

    result = forward(network, parameters, images, training=True)
    gradient, d_images = backward(network, parameters, result, labels)
    learned, kept = np.split(parameters, [network.trained_size])
    found = gradient[: network.trained_size]
    assert sampled_error(lambda p: loss(np.r_[p, kept], images), learned, found) < 1e-6
    if kept.size:
        assert loss(np.r_[learned, kept + 0.5], images) == loss(parameters, images)
    assert sampled_error(lambda x: loss(parameters, x), images, d_images) < 1e-6


@each_example
@pytest.mark.parametrize("count", [1, 20])
def test_its_kernels_agree_with_its_equations_wherever_it_stands(layer, shape, count):
    for network in stacks(layer, shape):
        assert_agrees(network, *problem(network, count, seed=count))


@each_example
def test_an_image_alone_has_the_bits_it_has_among_others(layer, shape):
    for network in stacks(layer, shape):
        parameters, images, _ = problem(network, 20)
        among = predict_proba(network, parameters, images)
        alone = [predict_proba(network, parameters, image[None])[0] for image in images[:3]]
        assert np.array_equal(among[:3], alone)


@each_kind
def test_it_is_public_and_has_examples(kind):
    assert getattr(pellucid, kind.__name__) is kind
    assert all(type(layer) is kind for layer, _ in module_of(kind).EXAMPLES)
    assert len(module_of(kind).EXAMPLES) >= 2


@each_kind
def test_it_is_in_the_docs(kind):
    name = kind.__name__
    for page in ("api.md", "guide/choosing_a_network.md"):
        text = (DOCS / page).read_text("utf-8")
        assert re.search(rf"^\| `{name}\b.*\|$", text, re.MULTILINE), page
    file = f"equations/{name.lower()}.py" if name != "Residual" else "equations/add.py"
    assert f"](../src/pellucid/{file})" in (DOCS / "equations.md").read_text("utf-8")


def test_no_two_layers_have_one_name():
    assert len({kind.__name__.lower() for kind in (*LAYERS, *layers.JOINS)}) == len(LAYERS) + 1


def test_a_network_of_several_layers_trains_as_one():
    network = Network([Residual([Flatten(), Dense(4)], [Flatten(), Dense(4)]), Dense(2)], (2, 2))
    images, labels = np.eye(4).reshape(4, 2, 2), [0, 1, 0, 1]
    with pellucid.Trainer(network, optimizer=pellucid.Adam(0.05)) as trainer:
        trainer.fit(images, labels, epochs=60, batch_size=8, total_images=480)
        assert trainer.evaluate(images, labels).accuracy == 1.0
