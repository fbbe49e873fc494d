import json

import numpy as np
import pytest

from pellucid import (
    GELU,
    Conv2D,
    Dense,
    Flatten,
    LeakyReLU,
    MaxPool2D,
    Network,
    ReLU,
    Residual,
    Sigmoid,
    SiLU,
    Tanh,
)
from pellucid.errors import NetworkError
from pellucid.network.nodes import rectified
from pellucid.network.summary import describe

LAYERS = [
    Conv2D(4, 3, stride=2, padding="same"),
    Sigmoid(),
    Conv2D(6, (3, 2)),
    ReLU(),
    MaxPool2D(3, stride=2),
    Flatten(),
    Dense(12),
    ReLU(),
    Dense(5, std=0.3),
]


@pytest.fixture
def network():
    return Network(LAYERS, (3, 18, 15))


def test_shapes_go_from_the_input_through_every_layer(network):
    assert network.shapes == (
        (3, 18, 15),
        (4, 9, 8),
        (4, 9, 8),
        (6, 7, 7),
        (6, 7, 7),
        (6, 3, 3),
        (54,),
        (12,),
        (12,),
        (5,),
    )
    assert network.classes == 5


def test_shapes_are_those_of_torch(network):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    model = torch.nn.Sequential(
        torch.nn.ZeroPad2d((1, 1, 0, 1)),
        torch.nn.Conv2d(3, 4, 3, stride=2),
        torch.nn.Sigmoid(),
        torch.nn.Conv2d(4, 6, (3, 2)),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(3, stride=2),
        torch.nn.Flatten(),
        torch.nn.Linear(54, 12),
        torch.nn.ReLU(),
        torch.nn.Linear(12, 5),
    )
    y, shapes = torch.zeros(1, 3, 18, 15), [(3, 18, 15)]
    for module in model:
        y = module(y)
        shapes.append(tuple(y.shape[1:]))
    assert network.shapes == tuple(shapes[:1] + shapes[2:])  # the padding is no layer of its own
    assert [p.shape for p in network.parameters] == [tuple(p.shape) for p in model.parameters()]
    assert network.size == sum(p.numel() for p in model.parameters())


def test_parameters_are_named_as_in_the_equations_and_lie_end_to_end(network):
    assert [p.name for p in network.parameters] == [
        *("f1", "b1", "f2", "b2"),
        *("w3", "b3", "w4", "b4"),
    ]
    assert [p.node for p in network.parameters] == [0, 0, 2, 2, 6, 6, 8, 8]
    end = 0
    for parameter in network.parameters:
        assert parameter.offset == end
        assert parameter.size == np.prod(parameter.shape)
        end += parameter.size
    assert network.size == end


def test_views_write_through(network):
    vector = np.arange(network.size, dtype=np.float32)
    views = network.views(vector)
    for parameter in network.parameters:
        view = views[parameter.name]
        assert view.shape == parameter.shape
        assert view.dtype == np.float32
        assert view.flat[0] == parameter.offset
        view[...] = -1
    np.testing.assert_array_equal(vector, -np.ones(network.size))


def test_views_of_a_strided_vector_write_through_too(network):
    vector = np.zeros(2 * network.size)[::2]
    network.views(vector)["w4"][1, 2] = 7.0
    assert np.flatnonzero(vector).tolist() == [network.parameters[6].offset + 12 + 2]


@pytest.mark.parametrize("change", [-1, 1])
def test_a_vector_of_another_length_is_refused(network, change):
    length = network.size + change
    with pytest.raises(NetworkError) as caught:
        network.views(np.zeros(length))
    assert str(caught.value) == (
        f"A parameter vector of shape ({length},) does not fit this network, which has 987 "
        "parameters."
    )


def test_initial_parameters_follow_the_layers():
    network = Network([Conv2D(40, 5, scale=2.0), Flatten(), Dense(30, std=0.3)], (10, 8, 8))
    vector = network.initial_parameters(seed=3)
    views = network.views(vector)

    assert vector.dtype == np.float32
    assert vector.shape == (network.size,)
    assert views["f1"].std() == pytest.approx(2.0 / np.sqrt(40 * 10 * 25), rel=0.04)
    assert views["w2"].std() == pytest.approx(0.3, rel=0.04)
    np.testing.assert_array_equal(views["b1"], 0)
    np.testing.assert_array_equal(views["b2"], 0)


def test_weights_before_a_rectifier_start_with_hes_variance_and_others_with_glorots():
    conv = Conv2D(4, 3, padding="same")  # 36 inputs, 36 outputs
    he, glorot = np.sqrt(2 / 36), np.sqrt(2 / 72)
    for layers, expected in (
        ([conv, ReLU()], [he]),
        ([conv, MaxPool2D(2), LeakyReLU()], [he]),
        ([conv, Sigmoid()], [glorot]),
        ([conv, Tanh(), SiLU()], [glorot]),
        ([conv, conv, GELU()], [glorot, he]),
        ([conv], [glorot]),
        ([conv, Residual([conv]), ReLU()], [he, he]),
        ([conv, Residual([ReLU(), conv]), Sigmoid()], [he, glorot]),
        ([conv, Residual([Tanh(), conv], shortcut=[conv]), ReLU()], [glorot, he, he]),
    ):
        network = Network([*layers, Flatten(), Dense(2)], (4, 8, 8))
        found = [
            p.size and network.nodes[p.node].layer.initial_std("f", p.shape, is_it)
            for p in network.parameters
            if p.name[0] == "f"
            for is_it in [rectified(network.nodes)[p.node + 1]]
        ]
        # In the order of the nodes: what is inside a Residual, then its shortcut.
        assert found == pytest.approx(expected), layers
        first = network.views(network.initial_parameters(3))["f1"]
        assert first.std() == pytest.approx(found[0], rel=0.2)


def test_a_network_means_what_one_said_in_other_words_does():
    layers = [Conv2D(4, 3), ReLU(), Flatten(), Dense(2)]
    network = Network(layers, (8, 8))
    named = Network([Conv2D(4, 3, init="he"), ReLU(), Flatten(), Dense(2, init="glorot")], (8, 8))
    assert network != named
    assert network.means(named)
    by_hand = Network(
        [Conv2D(4, 3, scale=np.sqrt(8)), ReLU(), Flatten(), Dense(2, std=np.sqrt(2 / 146))], (8, 8)
    )
    assert network.means(by_hand)
    assert network.computes_as(Network([Conv2D(4, 3, init="seed"), *layers[1:]], (8, 8)))
    for other in (
        Network([*layers[:3], Dense(2, bias=False)], (8, 8)),
        Network([Conv2D(4, 3, groups=1, dilation=2), *layers[1:]], (8, 8)),
    ):
        assert not network.computes_as(other)
    for other in (
        Network([Conv2D(4, 3, init="seed"), *layers[1:]], (8, 8)),
        Network([*layers[:3], Dense(2, bias=0.5)], (8, 8)),
        Network([*layers[:3], Dense(2, bias=False)], (8, 8)),
        Network([Conv2D(4, 3, stride=2), *layers[1:]], (8, 8)),
        Network(layers, (8, 9)),
    ):
        assert not network.means(other)


def test_the_seed_decides_the_initial_parameters(network):
    first = network.initial_parameters(seed=1)
    np.testing.assert_array_equal(first, network.initial_parameters(seed=1))
    assert (first != network.initial_parameters(seed=2)).any()
    np.testing.assert_array_equal(network.initial_parameters(), network.initial_parameters(seed=0))


def test_two_numbers_are_the_shape_of_one_channel():
    network = Network([Flatten(), Dense(2)], [4, np.int64(3)])
    assert network.input_shape == (1, 4, 3)
    assert network == Network((layer for layer in (Flatten(), Dense(2))), (1, 4, 3))


def test_a_network_survives_json(network):
    again = Network.from_dict(json.loads(json.dumps(network.to_dict())))
    assert again == network
    assert hash(again) == hash(network)
    assert again.parameters == network.parameters


def test_networks_differ_by_layer_and_by_input():
    layers = [Flatten(), Dense(2)]
    assert Network(layers, (4, 4)) != Network(layers, (4, 5))
    assert Network(layers, (4, 4)) != Network([Flatten(), Dense(2, std=0.2)], (4, 4))


@pytest.mark.parametrize("values", [{}, {"layers": []}, {"input_shape": [2, 2]}, [1], None])
def test_a_description_that_is_none_is_refused(values):
    with pytest.raises(NetworkError) as caught:
        Network.from_dict(values)
    assert str(caught.value) == (
        "A network's description needs the entries 'layers' and 'input_shape'."
    )


SHAPE = "it must be (height, width) or (channels, height, width), whole numbers of at least 1."


@pytest.mark.parametrize("shape", [(), (28,), (1, 1, 28, 28), (28, 0), (-1, 28), 28, (None, 28)])
def test_an_input_shape_that_can_not_be_is_named(shape):
    with pytest.raises(NetworkError) as caught:
        Network([Flatten(), Dense(2)], shape)
    assert str(caught.value) == f"input_shape is {shape!r}; {SHAPE}"


SMALL = Conv2D(2, 5)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([], "A network needs at least one layer; end it with Dense(classes)."),
        (
            [Flatten(), Dense],
            f"Layer 2 is {Dense!r}, which is no layer; write for example Dense(10) or ReLU(), "
            "with the brackets.",
        ),
        (
            [SMALL, ReLU(), SMALL],
            f"Layer 3: {SMALL} is larger than its input (2, 4, 4): the height is 4 with padding, "
            "the filter needs 5; use a smaller kernel_size, padding='same', or one layer less "
            "before it.",
        ),
        (
            [ReLU(), Dense(3)],
            f"Layer 2: {Dense(3)} needs a flat input, not an image of shape (1, 8, 8); put "
            "Flatten() before it.",
        ),
        (
            [Conv2D(3, 3)],
            "The network ends in shape (3, 6, 6), but must end in one score a class, at least "
            "two; end it with Flatten() and Dense(classes).",
        ),
        (
            [Flatten(), Dense(1)],
            "The network ends in shape (1,), but must end in one score a class, at least two; "
            "end it with Flatten() and Dense(classes).",
        ),
        (
            [Flatten(), ReLU()],
            "The network has nothing to learn; give it a Dense or Conv2D layer.",
        ),
    ],
)
def test_layers_that_do_not_fit_are_named(layers, message):
    with pytest.raises(NetworkError) as caught:
        Network(layers, (8, 8))
    assert str(caught.value) == message


def test_summary_lists_every_layer_with_its_shape_and_count(network):
    lines = network.summary().splitlines()
    rows = [[cell for cell in line.split("  ") if cell.strip()] for line in lines]
    cells = [[cell.strip() for cell in row] for row in rows]
    assert cells[0] == ["layer", "output shape", "parameters"]
    assert cells[2:-2] == [
        ["input", "3 x 18 x 15", "-"],
        ["Conv2D(4, 3, stride=2, padding='same')", "4 x 9 x 8", "112"],
        ["Sigmoid()", "4 x 9 x 8", "-"],
        ["Conv2D(6, (3, 2))", "6 x 7 x 7", "150"],
        ["ReLU()", "6 x 7 x 7", "-"],
        ["MaxPool2D(3, stride=2)", "6 x 3 x 3", "-"],
        ["Flatten()", "54", "-"],
        ["Dense(12)", "12", "660"],
        ["ReLU()", "12", "-"],
        ["Dense(5)", "5", "65"],
    ]
    assert cells[-1] == ["total", "987"]
    assert len({len(line) for line in lines}) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Conv2D(5, 5)",
        "Conv2D(5, (3, 4), stride=(1, 2), padding=(0, 1))",
        "Conv2D(1, 3, stride=2, padding='same')",
        "Conv2D(1, 3, padding=0)",
        "MaxPool2D(2)",
        "MaxPool2D((2, 3))",
        "MaxPool2D(2, stride=1)",
        "Dense(10)",
        "ReLU()",
        "Sigmoid()",
        "Flatten()",
    ],
)
def test_a_layer_is_described_as_a_person_would_write_it(text):
    kinds = (Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sigmoid)
    layer = eval(text, {kind.__name__: kind for kind in kinds})
    assert describe(layer) == text


def test_how_parameters_start_is_not_part_of_the_description():
    assert describe(Dense(10, std=0.5, bias=0.1)) == "Dense(10)"
    assert describe(Conv2D(5, 3, scale=2.0)) == "Conv2D(5, 3)"


def test_biases_start_at_what_their_layer_says():
    network = Network([Conv2D(2, 3), ReLU(), Flatten(), Dense(4, bias=0.25), Dense(3)], (5, 5))
    views = network.views(network.initial_parameters(0))
    assert (views["b1"] == 0).all()
    assert (views["b2"] == 0.25).all()
    assert (views["b3"] == 0).all()
    assert (views["w2"] != 0).all()


@pytest.mark.parametrize(
    ("layers", "begins"),
    [
        ([Conv2D(3, 2), Flatten()], None),
        ([Flatten(), Residual([Dense(4), ReLU(), Dense(6)])], 1),
        ([Flatten(), Dense(4), Residual([Dense(4)])], 2),
        ([Flatten(), Dense(4), ReLU(), Dense(3), ReLU()], 3),
    ],
)
def test_before_last_ends_where_the_last_layer_with_parameters_begins(layers, begins):
    part = Network(layers, (2, 3)).before_last()
    assert part is None if begins is None else part.layers == tuple(layers[:begins])


def test_more_layers_than_anybody_writes_are_refused():
    layers = [ReLU()] * 9_998
    assert len(Network([*layers, Flatten(), Dense(2)], (2, 2)).nodes) == 10_000
    with pytest.raises(NetworkError, match=r"^Layer 10001: .* more than 10,000 layers"):
        Network([*layers, ReLU(), Flatten(), Dense(2)], (2, 2))
