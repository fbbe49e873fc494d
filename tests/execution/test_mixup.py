"""Mixup in a section, held to PyTorch: loss and gradient of images mixed with the same draws."""

import dataclasses

import numpy as np
import pytest

from pellucid import (
    AveragePool2D,
    BatchNorm2D,
    BinaryCrossEntropy,
    Conv2D,
    CrossEntropy,
    Dense,
    Flatten,
    MaxPool2D,
    Network,
    ReLU,
)
from pellucid.execution.mixup import mixed_targets
from pellucid.execution.sections import Outputs, Procedure, Section, section_step
from pellucid.images.augmentation import Augmentation
from tests.kernels.oracle import error
from tests.layers import torch_network

ALPHA = 0.7
DIGITS = Augmentation(mixup=ALPHA)
PHOTOS = dataclasses.replace(Augmentation.photos(16), mixup=ALPHA)
NETWORKS = {
    "plain": [Conv2D(4, 3), ReLU(), MaxPool2D(2), Flatten(), Dense(4)],
    "norms": [Conv2D(4, 3), BatchNorm2D(), ReLU(), AveragePool2D(2), Flatten(), Dense(4)],
}


def problem(network, count, *, as_bytes=True, seed=0):
    """Return parameters, more images than a section has, and the section."""
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (2 * count, *network.input_shape), np.uint8)
    if not as_bytes:
        images = (images / 255).astype(np.float32)
    targets = random.integers(0, 4, 2 * count)
    if network.loss.targets == "labels":
        targets = random.integers(0, 2, (2 * count, 4)).astype(np.float32)
    indices = random.permutation(2 * count)[:count]
    identities = np.stack([np.full(count, 3), indices], axis=1)
    weights = random.uniform(0.5, 2.0, count)
    parameters = network.initial_parameters(seed) + random.normal(0, 0.05, network.size)
    section = Section(indices, targets[indices], weights, identities)
    return parameters.astype(np.float32), images, section


def by_hand(augmentation, images, section, seed):
    """Return the images of a section, mixed by the equation, and the shares."""
    unmixed = dataclasses.replace(augmentation, mixup=0.0)
    shape = images.shape[1:]
    made, shares = [], []
    for index, (pass_number, number) in zip(section.indices, section.identities, strict=True):
        key = {"seed": seed, "pass_number": int(pass_number)}
        image = images[index : index + 1]
        made.append(unmixed.apply(image, **key, first=int(number))[0])
        shares.append(augmentation.draw(**key, image=int(number), shape=shape).share)
    made, shares = np.array(made), np.array(shares)
    share = shares[:, None, None, None]
    return share * made + (1 - share) * made[::-1], shares


def by_torch(torch, network, parameters, images, section, shares):
    """Return loss, gradient and the share that is right, by PyTorch in float64."""
    model = torch_network(torch, network, parameters.astype(np.float64)).train()
    out = model(torch.tensor(images))
    own, weights = torch.tensor(shares), torch.tensor(section.weights)
    y = torch.tensor(section.targets)
    if network.loss.targets == "labels":

        def loss(y):
            each = torch.nn.functional.binary_cross_entropy_with_logits(
                out, y.double(), reduction="none"
            )
            return each.mean(axis=1)
    else:

        def loss(y):
            return torch.nn.functional.cross_entropy(
                out, y, reduction="none", label_smoothing=network.loss.label_smoothing
            )

    total = (own * weights * loss(y) + (1 - own) * weights.flip(0) * loss(y.flip(0))).sum()
    total.backward()
    gradient = torch.nn.utils.parameters_to_vector([p.grad for p in model.parameters()])
    return total.item(), gradient.numpy(), out.detach().numpy()


@pytest.mark.parametrize("as_bytes", [True, False])
@pytest.mark.parametrize("count", [2, 17, 40])
@pytest.mark.parametrize("augmentation", [DIGITS, PHOTOS], ids=["digits", "photos"])
@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("plain", CrossEntropy()), ("plain", CrossEntropy(label_smoothing=0.2)),
        ("plain", BinaryCrossEntropy()), ("norms", CrossEntropy()),
    ],
)  # fmt: skip
def test_loss_and_gradient_are_torch_s(name, loss, augmentation, count, as_bytes):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    network = Network(NETWORKS[name], (3, 12, 11), loss)
    parameters, images, section = problem(network, count, as_bytes=as_bytes)
    made, shares = by_hand(augmentation, images, section, seed=5)
    assert ((shares > 0) & (shares < 1)).all()
    expected, gradient, out = by_torch(torch, network, parameters, made, section, shares)
    logits = np.zeros((count, 4), np.float32)
    procedure = Procedure(network, augmentation, 5)
    found = section_step(procedure, parameters, images, section, Outputs(logits, True))
    assert error(logits, out, 1e-2) < 2e-4
    assert found.loss == pytest.approx(expected, rel=2e-5)
    trained = found.gradient[: network.trained_size]
    assert np.abs(trained - gradient).max() <= 2e-4 * np.abs(gradient).max()
    if network.loss.targets == "classes":
        own, others = shares * section.weights, ((1 - shares) * section.weights[::-1])
        best = np.where(own >= others, section.targets, section.targets[::-1])
        assert found.measure == (out.argmax(axis=1) == best).sum()


def test_a_section_of_one_image_is_not_mixed():
    network = Network(NETWORKS["plain"], (3, 12, 11))
    parameters, images, section = problem(network, 1)
    unmixed = Procedure(network, dataclasses.replace(PHOTOS, mixup=0.0), 5)
    expected = section_step(unmixed, parameters, images, section)
    found = section_step(Procedure(network, PHOTOS, 5), parameters, images, section)
    assert found.gradient.tobytes() == expected.gradient.tobytes()
    assert found.loss == expected.loss


def test_weights_of_both_count_also_where_one_is_zero():
    targets, weights = np.array([0, 1, 2, 3]), np.array([0.0, 1.0, 2.0, 0.0])
    rows, both = mixed_targets(targets, weights, np.array([0.5, 0.25, 0.5, 1.0]))
    shares = rows[:, 2].view(np.float64)
    assert both.tolist() == [0.0, 1.75, 1.5, 0.0]
    assert rows[1:3, :2].tolist() == [[2, 1], [2, 1]]
    np.testing.assert_allclose(shares[1:3], [1.5 / 1.75, 1.0 / 1.5], rtol=1e-15)
    same, _ = mixed_targets(np.array([2, 2]), np.ones(2), np.array([0.3, 0.4]))
    assert same[:, 2].view(np.float64).tolist() == [1.0, 1.0]
    columns = np.array([[0, 1], [1, 1]], np.float32)
    mixed, both = mixed_targets(columns, np.ones(2), np.array([0.25, 0.75]))
    np.testing.assert_allclose(mixed, [[0.75, 1.0], [0.75, 1.0]])
    assert both.tolist() == [1.0, 1.0]


def test_a_network_that_is_quite_sure_has_the_loss_of_the_other_label():
    network = Network([Flatten(), Dense(3)], (1, 2, 2))
    parameters = np.zeros(network.size, np.float32)
    parameters[12:] = [60.0, 0.0, 0.0]
    images = np.zeros((4, 1, 2, 2), np.uint8)
    identities = np.stack([np.zeros(4, np.int64), np.arange(4)], axis=1)
    section = Section(np.arange(4), np.array([0, 0, 1, 1]), np.ones(4), identities)
    shares = by_hand(DIGITS, images, section, 0)[1]
    found = section_step(Procedure(network, DIGITS, 0), parameters, images, section)
    clipped = -np.log(1e-10)  # of the class that has no probability left
    expected = (clipped * np.array([*(1 - shares[:2]), *shares[2:]])).sum()
    assert found.loss == pytest.approx(expected, rel=1e-6)
    assert np.isfinite(found.gradient).all()
