import numpy as np
import pytest

from pellucid import Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU, Sigmoid
from pellucid.equations.conv2d import conv2d, conv2d_backward
from pellucid.equations.crossentropy import cross_entropy
from pellucid.equations.maxpool2d import max_pool2d_winners
from pellucid.equations.network import backward, every_gradient, forward, loss_and_gradient
from pellucid.errors import DataError, NetworkError
from pellucid.network import presets
from pellucid.network.layers import Layer
from tests.equations.numeric import numeric_gradient, relative_error
from tests.layers import torch_network

OTHER = Network(
    [
        Conv2D(4, 3, stride=2, padding="same"),
        Sigmoid(),
        Conv2D(6, (3, 2), padding=1),
        ReLU(),
        MaxPool2D(3, stride=2),
        Flatten(),
        Dense(12),
        Sigmoid(),
        Dense(8, std=0.3),
        ReLU(),
        Dense(5, std=0.3),
    ],
    (3, 18, 15),
)
NETWORKS = {"reference": presets.reference(), "other": OTHER}


def make(network, count=6, seed=0):
    random = np.random.default_rng(seed)
    parameters = network.initial_parameters(seed).astype(np.float64)
    parameters += random.normal(scale=0.02, size=parameters.shape)  # biases too
    images = random.random((count, *network.input_shape))
    return parameters, images, random.integers(0, network.classes, count)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("weighted", [False, True])
def test_loss_and_every_gradient_agree_with_torch(name, weighted):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    network = NETWORKS[name]
    parameters, images, labels = make(network)
    weights = np.linspace(0.0, 2.0, len(images)) if weighted else None
    model = torch_network(torch, network, parameters)
    tensor = torch.tensor(images, requires_grad=True)
    each = torch.nn.functional.cross_entropy(model(tensor), torch.tensor(labels), reduction="none")
    expected = (each if weights is None else each * torch.tensor(weights)).sum()
    expected.backward()
    expected_gradient = torch.cat([p.grad.flatten() for p in model.parameters()]).numpy()

    loss, gradient = loss_and_gradient(network, parameters, images, labels, weights)
    result = forward(network, parameters, images)
    _, d_image = backward(network, parameters, result, labels, weights)

    assert loss == pytest.approx(expected.item(), rel=1e-12)
    for parameter in network.parameters:
        part = slice(parameter.offset, parameter.offset + parameter.size)
        assert relative_error(gradient[part], expected_gradient[part]) < 1e-9, parameter.name
    assert relative_error(d_image, tensor.grad.numpy()) < 1e-9


def test_gradient_is_the_central_difference():
    network = Network(
        [
            Conv2D(2, 3, padding="same"),
            Sigmoid(),
            MaxPool2D(2, stride=1),
            Flatten(),
            Dense(4),
            ReLU(),
            Dense(3),
        ],
        (2, 5, 4),
    )
    parameters, images, labels = make(network, count=3)
    weights = np.array([1.0, 0.5, 2.0])

    result = forward(network, parameters, images)
    gradient, d_image = backward(network, parameters, result, labels, weights)

    def loss(parameters, images):
        probs = forward(network, parameters, images).probs
        return cross_entropy(probs, labels, weights=weights).sum()

    expected = numeric_gradient(lambda p: loss(p, images), parameters)
    assert relative_error(gradient, expected) < 1e-6
    assert relative_error(d_image, numeric_gradient(lambda x: loss(parameters, x), images)) < 1e-6


def test_the_ten_steps_written_out_for_the_reference_network():
    network = presets.reference()
    parameters, images, labels = make(network, count=2)
    p = network.views(parameters)
    result = forward(network, parameters, images)
    conv1, conv2, fc, z = (result.activations[i] for i in (2, 4, 6, 8))

    label = np.eye(10)[labels]
    dout = result.probs - label  # 1
    dw4 = np.einsum("no,ni->oi", dout, z)  # 2
    db4 = dout.sum(0)  # 3
    dz = (z > 0) * (dout @ p["w4"])  # 4
    dw3 = np.einsum("no,ni->oi", dz, fc)  # 5
    db3 = dz.sum(0)  # 6
    d_pool = (dz @ p["w3"]).reshape(2, 5, 10, 10)  # 7
    winner = max_pool2d_winners(conv2, (2, 2), (2, 2))  # 8
    chosen = winner[..., None] == np.arange(4)
    blocks = (chosen * d_pool[..., None]).reshape(2, 5, 10, 10, 2, 2)
    d_conv2 = (conv2 > 0) * blocks.transpose(0, 1, 2, 4, 3, 5).reshape(2, 5, 20, 20)
    d_conv1, df2, db2 = conv2d_backward(d_conv2, conv1, p["f2"])  # 9
    d_image, df1, db1 = conv2d_backward((conv1 > 0) * d_conv1, images, p["f1"])  # 10

    gradient, found = backward(network, parameters, result, labels)
    steps = np.concatenate([g.ravel() for g in (df1, db1, df2, db2, dw3, db3, dw4, db4)])
    np.testing.assert_allclose(gradient, steps, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(found, d_image, rtol=1e-12, atol=1e-14)


def test_forward_keeps_the_images_and_every_output():
    network = presets.reference()
    parameters, images, _ = make(network, count=3)
    p = network.views(parameters)

    result = forward(network, parameters, images)

    assert [y.shape[1:] for y in result.activations] == list(network.shapes)
    assert all(y.dtype == np.float64 and len(y) == 3 for y in result.activations)
    np.testing.assert_array_equal(result.activations[0], images)
    np.testing.assert_array_equal(result.activations[1], conv2d(images, p["f1"], p["b1"]))
    np.testing.assert_allclose(result.probs.sum(axis=1), 1.0)


def test_the_gradient_is_a_sum_over_images():
    network = OTHER
    parameters, images, labels = make(network, count=4)
    loss, gradient = loss_and_gradient(network, parameters, images, labels)
    parts = [
        loss_and_gradient(network, parameters, images[i : i + 1], labels[i : i + 1])
        for i in range(4)
    ]
    assert loss == pytest.approx(sum(part[0] for part in parts), rel=1e-12)
    np.testing.assert_allclose(gradient, sum(part[1] for part in parts), rtol=1e-9, atol=1e-12)


def test_a_weight_of_0_leaves_an_image_out():
    parameters, images, labels = make(OTHER, count=3)
    loss, gradient = loss_and_gradient(OTHER, parameters, images, labels, [1.0, 0.0, 1.0])
    keep = [0, 2]
    expected = loss_and_gradient(OTHER, parameters, images[keep], labels[keep])
    assert loss == pytest.approx(expected[0], rel=1e-12)
    np.testing.assert_allclose(gradient, expected[1], rtol=1e-9, atol=1e-12)


def test_float32_parameters_are_worked_on_in_float64():
    parameters, images, labels = make(OTHER, count=2)
    single = parameters.astype(np.float32)
    found = loss_and_gradient(OTHER, single, images, labels)
    expected = loss_and_gradient(OTHER, single.astype(np.float64), images, labels)
    assert found[0] == expected[0]
    assert found[1].dtype == np.float64
    np.testing.assert_array_equal(found[1], expected[1])


def test_no_images_make_no_gradient():
    parameters, images, labels = make(OTHER, count=0)
    loss, gradient = loss_and_gradient(OTHER, parameters, images, labels)
    assert loss == 0.0
    np.testing.assert_array_equal(gradient, np.zeros(OTHER.size))


@pytest.mark.parametrize("shape", [(2, 28, 28), (2, 1, 27, 28), (28, 28)])
def test_images_of_another_shape_are_refused(shape):
    network = presets.reference()
    with pytest.raises(DataError) as caught:
        forward(network, np.zeros(network.size), np.zeros(shape))
    assert str(caught.value) == (
        f"Images of shape {shape} don't fit the network; it takes (n, 1, 28, 28)."
    )


def test_parameters_of_another_network_are_refused():
    network = presets.reference()
    with pytest.raises(NetworkError, match=r"^A parameter vector of shape \(7,\) does not fit"):
        forward(network, np.zeros(7), np.zeros((1, 1, 28, 28)))


def test_labels_out_of_range_are_refused():
    parameters, images, _ = make(OTHER, count=1)
    with pytest.raises(DataError, match=r"^Label 5 is out of range; with 5 classes"):
        loss_and_gradient(OTHER, parameters, images, [5])


def test_a_layer_without_equations_is_named():
    class Odd(Layer):
        def output_shape(self, input_shape):
            return input_shape

    network = Network([Odd(), Flatten(), Dense(2)], (2, 2))
    with pytest.raises(NetworkError, match=r"^There are no equations for .*Odd.*; there are for"):
        forward(network, np.zeros(network.size), np.zeros((1, 1, 2, 2)))


@pytest.mark.parametrize(("images", "words"), [
    (np.arange(32.0) * 8, r"^The images go from 0 to 248, but .* \[0, 1\]; divide them by 255\.$"),
    (np.linspace(-1, 1, 32), r"go from -1 to 1, .*; give \(images - low\) / \(high - low\)"),
    (np.full(32, np.nan), "hold NaN or infinity"),
    (np.where(np.arange(32) == 5, np.inf, 0.5), "hold NaN or infinity"),
])  # fmt: skip
def test_what_is_no_pixel_is_refused(images, words):
    network = Network([Flatten(), Dense(2)], (4, 4))
    with pytest.raises(DataError, match=words):
        forward(network, network.initial_parameters(), images.reshape(2, 1, 4, 4))


def test_a_pixel_may_be_rounded():
    network = Network([Flatten(), Dense(2)], (4, 4))
    images = np.array([-1e-7, 1 + 1e-7])[:, None, None, None] * np.ones((2, 1, 4, 4))
    assert forward(network, network.initial_parameters(), images).probs.shape == (2, 2)


def test_every_value_has_its_gradient():
    """A value's gradient is that of the image of a network that begins there."""
    parameters, images, labels = make(OTHER, count=2)
    result = forward(OTHER, parameters, images)
    gradient, of_values = every_gradient(OTHER, parameters, result, labels)
    assert [d.shape for d in of_values] == [y.shape for y in result.activations]
    expected, d_image = backward(OTHER, parameters, result, labels)
    np.testing.assert_array_equal(gradient, expected)
    np.testing.assert_array_equal(of_values[0], d_image)
    rest = Network([Flatten(), *OTHER.layers[-3:]], (12, 1, 1))
    after = result.activations[-4].reshape(2, 12, 1, 1)
    found = forward(rest, parameters[-rest.size :], after)
    _, d_after = backward(rest, parameters[-rest.size :], found, labels)
    np.testing.assert_allclose(of_values[-4].ravel(), d_after.ravel(), rtol=1e-12)
