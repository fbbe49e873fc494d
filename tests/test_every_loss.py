"""Every loss that is registered, through all the rooms that it lives in."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pellucid
from pellucid import Conv2D, Dense, Flatten, Network, ReLU, Residual, Trainer
from pellucid.equations.network import backward, forward, loss_and_gradient
from pellucid.errors import DataError
from pellucid.execution.sections import (
    FEW,
    Outputs,
    Procedure,
    Section,
    section_step,
    whole_section,
)
from pellucid.execution.targets import taken
from pellucid.network.dictionary import loss_from_dict, loss_to_dict
from pellucid.network.loss import LOSSES
from tests.equations.numeric import SEEDS, numeric_gradient, relative_error
from tests.kernels.oracle import assert_agrees, error, pixels, problem
from tests.layers import torch_network
from tests.losses import drawn_targets, examples, module_of, torch_losses

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLES = examples()
each_example = pytest.mark.parametrize("loss", EXAMPLES, ids=str)
each_kind = pytest.mark.parametrize("kind", LOSSES, ids=lambda kind: kind.__name__)


def network_of(loss, outputs, image=(2, 4, 5)):
    """Return a network with a loss, in which a value goes two ways."""
    layers = [Conv2D(4, 3, padding="same"), ReLU(), Residual([Conv2D(4, 1)]), Flatten()]
    return Network([*layers, Dense(outputs, std=0.3)], image, loss)


def made(loss, outputs, count, seed):
    """Return a network, parameters, images, targets and weights."""
    network = network_of(loss, outputs)
    parameters, images, _ = problem(network, count, seed)
    random = np.random.default_rng(seed)
    return (
        network, parameters, images, drawn_targets(loss, random, count, outputs),
        random.uniform(0.1, 3.0, count),
    )  # fmt: skip


@each_example
def test_it_is_frozen_and_survives_json(loss):
    assert {loss: 1}[dataclasses.replace(loss)] == 1
    assert loss_from_dict(json.loads(json.dumps(loss_to_dict(loss)))) == loss
    network = network_of(loss, 3)
    assert Network.from_dict(json.loads(json.dumps(network.to_dict()))) == network


@each_kind
def test_it_is_public_and_in_the_docs(kind):
    name = kind.__name__
    assert getattr(pellucid, name) is kind
    assert name in pellucid.__all__
    row = re.search(rf"^\| `{name}` \|.*\]\(equations\.md#([\w-]+)\)",
                    (DOCS / "api.md").read_text(encoding="utf-8"), re.MULTILINE)  # fmt: skip
    equations = (DOCS / "equations.md").read_text(encoding="utf-8")
    headings = [
        re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)", equations, re.MULTILINE)
    ]
    assert row[1] in headings
    assert f"equations/{name.lower()}.py" in equations


@each_example
@given(seed=SEEDS, more=st.integers(0, 4), weighted=st.booleans())
def test_equations_agree_with_torch(loss, seed, more, weighted):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    outputs = module_of(type(loss)).LEAST + more
    network, parameters, images, targets, weights = made(loss, outputs, 5, seed)
    weights = weights if weighted else None
    model = torch_network(torch, network, parameters.astype(float))
    each = torch_losses(torch, loss, model(torch.tensor(pixels(images))), targets)
    expected = (each if weights is None else each * torch.tensor(weights)).sum()
    expected.backward()
    expected_gradient = torch.cat([p.grad.flatten() for p in model.parameters()]).numpy()

    found, gradient = loss_and_gradient(network, parameters, pixels(images), targets, weights)

    assert found == pytest.approx(expected.item(), rel=1e-12)
    assert relative_error(gradient, expected_gradient) < 1e-9


@each_example
def test_the_gradient_is_the_central_difference(loss):
    network, parameters, images, targets, weights = made(loss, 3, 4, seed=1)

    def of(parameters):
        return loss_and_gradient(network, parameters, pixels(images), targets, weights)[0]

    _, gradient = loss_and_gradient(network, parameters, pixels(images), targets, weights)
    assert relative_error(gradient, numeric_gradient(of, parameters.astype(float))) < 1e-6


@each_example
@given(seed=SEEDS, more=st.integers(0, 9), count=st.integers(1, 40), weighted=st.booleans())
def test_kernels_agree_with_the_equations(loss, seed, more, count, weighted):
    outputs = module_of(type(loss)).LEAST + more
    network, parameters, images, targets, weights = made(loss, outputs, count, seed)
    assert_agrees(network, parameters, images, targets, weights if weighted else None)


@each_example
@pytest.mark.parametrize("size", [1e-3, 30.0, 1e4])
def test_scores_of_any_size(loss, size):
    """Nearly sure, right or wrong, near and far: what is left of a difference is exact."""
    network = Network([Flatten(), Dense(2)], (1, 1), loss)
    parameters = np.array([size, -size, 0.0, 0.0], dtype=np.float32)
    images = np.array([0.5, 0.75, 1.0], dtype=np.float32).reshape(3, 1, 1, 1)
    targets = [0, 1, 0] if loss.targets == "classes" else [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    section = whole_section(taken(network, np.array(targets)))
    found = section_step(Procedure(network), parameters, images, section)
    expected, gradient = loss_and_gradient(network, parameters, pixels(images), targets)
    assert found.loss == pytest.approx(expected, rel=1e-5)
    assert error(found.gradient, gradient) <= 1e-5


@each_example
def test_a_few_images_have_the_bits_of_many(loss):
    network, parameters, images, targets, weights = made(loss, 3, FEW, seed=2)
    section = whole_section(taken(network, targets))._replace(weights=weights)
    outputs = [np.zeros((FEW, 3), np.float32) for _ in range(2)]
    few = section_step(
        Procedure(network), parameters, images, section, Outputs(outputs[0]), training=False
    )
    many = section_step(Procedure(network), parameters, images, section, Outputs(outputs[1]))
    assert (few.loss, few.measure) == (many.loss, many.measure)
    np.testing.assert_array_equal(*outputs)


@each_example
def test_an_image_of_weight_0_counts_for_nothing(loss):
    network, parameters, images, targets, _ = made(loss, 3, 20, seed=3)
    weights = np.repeat([1.0, 0.0], 10)
    whole = whole_section(taken(network, targets))
    found = section_step(Procedure(network), parameters, images, whole._replace(weights=weights))
    expected = section_step(Procedure(network), parameters, images, whole.part(slice(0, 10)))
    assert found.loss == pytest.approx(expected.loss, rel=1e-14)
    np.testing.assert_array_equal(found.gradient, expected.gradient)


@each_example
def test_nan_stays_visible(loss):
    network, parameters, images, targets, _ = made(loss, 3, 20, seed=4)
    section = whole_section(taken(network, targets))
    broken = images.copy()
    broken[4] = np.nan
    result = section_step(Procedure(network), parameters, broken, section)
    assert np.isnan(result.loss)
    assert np.isnan(result.gradient).any()


@each_example
def test_evaluation_measures_what_the_equations_give(loss):
    network, parameters, images, targets, _ = made(loss, 3, 50, seed=5)
    found = pellucid.evaluate(network, parameters, images, targets)
    result = forward(network, parameters, pixels(images))
    mean = loss_and_gradient(network, parameters, pixels(images), targets)[0] / 50
    assert found.loss == pytest.approx(mean, rel=1e-5)
    assert error(found.probabilities, result.probs) <= 1e-5
    np.testing.assert_array_equal(
        pellucid.predict_proba(network, parameters, images), found.probabilities
    )
    if loss.targets == "classes":
        expected = np.mean(result.probs.argmax(axis=1) == targets)
        assert found.predicted.tolist() == result.probs.argmax(axis=1).tolist()
    elif loss.targets == "labels":
        expected = np.mean(((result.probs > 0.5) == (targets > 0.5)).all(axis=1))
        assert found.predicted.tolist() == (result.probs > 0.5).astype(int).tolist()
    else:
        off = ((result.probs - targets) ** 2).sum()
        expected = 1 - off / ((targets - targets.mean(axis=0)) ** 2).sum()
        assert found.predicted is found.probabilities
    assert found.accuracy == pytest.approx(expected, rel=1e-5)


@each_example
def test_the_gradient_of_an_image_is_that_of_the_equations(loss):
    network, parameters, images, targets, _ = made(loss, 3, 6, seed=6)
    found = pellucid.image_gradients(network, parameters, images, targets)
    result = forward(network, parameters, pixels(images))
    _, expected = backward(network, parameters, result, targets)
    assert error(found, expected) <= 1e-5


@each_example
def test_sections_in_parts_give_the_whole(loss):
    network, parameters, images, targets, weights = made(loss, 3, 64, seed=7)
    whole = whole_section(taken(network, targets))
    whole = Section(whole.indices, whole.targets, weights, whole.identities)
    parts = [whole.part(slice(a, a + 16)) for a in range(0, 64, 16)]
    results = [section_step(Procedure(network), parameters, images, part) for part in parts]
    _, gradient = loss_and_gradient(network, parameters, pixels(images), targets, weights)
    assert error(sum(result.gradient for result in results), gradient) <= 1e-5


@each_example
def test_three_updates_agree_with_torch(loss):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    network, parameters, images, targets, _ = made(loss, 3, 96, seed=8)
    with Trainer(network, optimizer=pellucid.SGD(0.1, momentum=0.5)) as trainer:
        trainer.parameters[:] = parameters
        losses = [trainer.step(images[i::3], targets[i::3]) for i in range(3)]
        model = torch_network(torch, network, parameters.astype(np.float64))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.5)
        for i in range(3):
            optimizer.zero_grad()
            logits = model(torch.tensor(pixels(images[i::3])))
            mean = torch_losses(torch, loss, logits, targets[i::3]).mean()
            mean.backward()
            optimizer.step()
            assert losses[i] == pytest.approx(mean.item(), rel=1e-5)
        expected = torch.nn.utils.parameters_to_vector(model.parameters()).detach().numpy()
        for name, found in network.views(trainer.parameters).items():
            assert error(found, network.views(expected)[name]) <= 1e-5, name


@each_example
def test_targets_that_do_not_fit_are_refused_before_work_starts(loss):
    network = network_of(loss, 3)
    images = np.zeros((8, *network.input_shape), np.uint8)
    trainer = Trainer(network)
    for wrong in (np.zeros((8, 2)), np.zeros(7), [["a"] * 3] * 8, np.full((8, 3), np.nan)):
        with pytest.raises(DataError):
            trainer.step(images, wrong)
        with pytest.raises(DataError):
            pellucid.evaluate(network, trainer.parameters, images, wrong)
