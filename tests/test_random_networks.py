"""Random networks of all layers against PyTorch in float64, which shares no code with any of it.

Loss, the gradient of every parameter, the gradient of the images, and what is predicted after an
update. What Dropout drops comes from its equations, as PyTorch draws in another way.
"""

import functools

import numpy as np
import pytest

from pellucid import SGD, Dropout, Trainer, predict_proba
from pellucid.equations.dropout import dropout_factors
from pellucid.execution.sections import Outputs, Procedure, section_step, whole_section
from tests.kernels.oracle import (
    TOLERANCE,
    assert_gradient_agrees,
    decisive,
    error,
    keys_of,
    sum_of_sizes,
)
from tests.layers import torch_network, torch_running
from tests.random_networks import random_network, random_parameters

RATE = 0.01
NETWORKS = 500


def problem(seed):
    """Return a network, parameters, images and labels that leave no doubt."""
    random = np.random.default_rng(10_000 + seed)
    network = random_network(random)
    parameters = random_parameters(network, random)
    images = random.random((int(random.integers(1, 40)), *network.input_shape), dtype=np.float32)
    images = decisive(network, parameters, images)
    return network, parameters, images, random.integers(0, network.classes, len(images))


class Dropped:
    """Multiplies by factors, in training."""

    def __new__(cls, torch, factors):
        class Module(torch.nn.Module):
            def forward(self, x):
                return x * torch.tensor(factors) if self.training else x

        return Module()


def torch_model(torch, network, parameters, count):
    """Return the network in PyTorch, which drops what the equations drop of so many images."""
    model = torch_network(torch, network, parameters.astype(np.float64))
    for k, node in enumerate(network.nodes):
        if isinstance(node.layer, Dropout):
            shape = (count, *network.shapes[node.inputs[0]])
            rate, per_channel = node.layer.rate, node.layer.per_channel
            factors = dropout_factors(keys_of(count), k, rate, shape, per_channel)
            model.parts[k] = Dropped(torch, factors)
    return model


def in_torch(torch, model, images, labels):
    """Return loss, gradient of the parameters and gradient of the images."""
    model.zero_grad()
    tensor = torch.tensor(images.astype(np.float64), requires_grad=True)
    loss = torch.nn.functional.cross_entropy(model(tensor), torch.tensor(labels), reduction="sum")
    loss.backward()
    return loss.item(), tensor.grad.numpy()


@pytest.mark.parametrize("seed", range(NETWORKS))
def test_a_random_network_is_that_of_torch(seed):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    network, parameters, images, labels = problem(seed)
    if not len(images):
        return
    model = torch_model(torch, network, parameters, len(images))
    loss, _ = in_torch(torch, model.train(), images, labels)
    gradient = np.concatenate(
        [*(p.grad.numpy().ravel() for p in model.parameters()), np.zeros(0)]
    )  # fmt: skip
    found = section_step(Procedure(network), parameters, images, whole_section(labels))
    assert abs(found.loss - loss) <= TOLERANCE * max(abs(loss), 1e-3)
    # Of statistics PyTorch has no gradient: they are compared after the update.
    expected = np.concatenate([gradient, found.gradient[network.trained_size :]])
    sizes = functools.partial(sum_of_sizes, network, parameters, images, labels)
    assert_gradient_agrees(network, found.gradient, expected, sizes)

    inference = torch_model(torch, network, parameters, len(images)).eval()
    _, d_images = in_torch(torch, inference, images, labels)
    found_images = np.zeros_like(images)
    section_step(
        Procedure(network), parameters, images, whole_section(labels),
        Outputs(image_gradients=found_images),
    )  # fmt: skip
    assert error(found_images, d_images, 1e-2 * float(np.abs(gradient).max())) <= TOLERANCE

    check_prediction_after_an_update(torch, network, parameters, images, labels)


def check_prediction_after_an_update(torch, network, parameters, images, labels) -> None:
    """Take a step in both, running statistics too, and compare what they predict then."""
    model = torch_model(torch, network, parameters, len(images)).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    in_torch(torch, model, images, labels)
    for parameter in model.parameters():
        parameter.grad /= len(images)
    optimizer.step()
    with torch.no_grad():
        logits = model.eval()(torch.tensor(images.astype(np.float64)))
        expected = torch.softmax(logits, 1).numpy()
    with Trainer(network, optimizer=SGD(RATE), sections=1) as trainer:
        trainer.parameters = parameters
        trainer.step(images, labels)
        found = predict_proba(network, trainer.parameters, images)
        running = trainer.parameters[network.trained_size :]
    after = torch_running(network, model)
    assert np.abs(running - after).max(initial=0) <= TOLERANCE * np.abs(after).max(initial=1.0)
    assert np.abs(found - expected).max() <= 10 * TOLERANCE
