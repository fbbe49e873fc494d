import pytest

from pellucid import Conv2D, Dense, Flatten, Network, ReLU, Residual, Sigmoid
from pellucid.errors import NetworkError

BLOCK = Residual([Conv2D(4, 3, padding="same"), ReLU(), Conv2D(4, 3, padding="same")])
EXAMPLES = [
    (BLOCK, (4, 5, 6)),
    (Residual([Conv2D(6, 3, 2, "same"), ReLU()], shortcut=[Conv2D(6, 1, 2)]), (2, 6, 7)),
    (Residual([Residual([Conv2D(3, 3, padding="same"), Sigmoid()]), ReLU()]), (3, 5, 4)),
    (Residual([Conv2D(2, 3), Flatten(), Dense(4)], shortcut=[Flatten(), Dense(4)]), (2, 5, 4)),
    (Residual([Dense(9), ReLU(), Dense(6)]), (6,)),
    (Residual([Dense(6)]), (6,)),
]


def test_it_expands_to_its_layers_and_a_sum():
    network = Network([Conv2D(4, 3), BLOCK, ReLU(), Flatten(), Dense(3)], (8, 8))
    nodes = [(type(node.layer).__name__, node.inputs, node.name) for node in network.nodes]
    assert nodes == [
        ("Conv2D", (0,), "1"), ("Conv2D", (1,), "2.1"), ("ReLU", (2,), "2.2"),
        ("Conv2D", (3,), "2.3"), ("Add", (1, 4), "2.sum"), ("ReLU", (5,), "3"),
        ("Flatten", (6,), "4"), ("Dense", (7,), "5"),
    ]  # fmt: skip
    assert [p.name for p in network.parameters] == ["f1", "b1", "f2", "b2", "f3", "b3", "w4", "b4"]


def test_a_shortcut_stands_beside_the_layers():
    layer = Residual([Conv2D(6, 3, 2, "same")], shortcut=[Conv2D(6, 1, 2)])
    network = Network([layer, Flatten(), Dense(3)], (2, 6, 7))
    assert [node.name for node in network.nodes][:3] == ["1.1", "1.shortcut 1", "1.sum"]
    assert [node.inputs for node in network.nodes][:3] == [(0,), (0,), (2, 1)]


def test_the_summary_shows_what_is_inside():
    layer = Residual([Conv2D(6, 3, 2, "same"), ReLU()], shortcut=[Conv2D(6, 1, 2)])
    network = Network([layer, Flatten(), Dense(3)], (2, 6, 7))
    assert network.summary().splitlines()[2:8] == [
        "input                                     2 x 6 x 7              -",
        "Residual                                  6 x 3 x 4              -",
        "  Conv2D(6, 3, stride=2, padding='same')  6 x 3 x 4            114",
        "  ReLU()                                  6 x 3 x 4              -",
        "  shortcut: Conv2D(6, 1, stride=2)        6 x 3 x 4             18",
        "Flatten()                                 72                     -",
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Residual([]), r"Residual layers is empty; give it at least one layer"),
        (lambda: Residual([3]), r"Residual layers has 3 in it, which is no layer; it must be a"),
        (lambda: Residual([ReLU], None), r"Residual layers has <class .*ReLU.*, which is no layer"),
        (lambda: Residual([ReLU()], [None]), r"Residual shortcut has None in it, which is no"),
    ],
)
def test_what_are_no_layers_is_refused(make, message):
    with pytest.raises(NetworkError, match=message):
        make()


def test_one_layer_is_a_list_of_one():
    assert Residual(ReLU()) == Residual([ReLU()])
    assert Residual([ReLU()], shortcut=[]) == Residual([ReLU()])


def test_ways_that_end_in_other_shapes_are_refused_by_place():
    with pytest.raises(
        NetworkError, match=r"^Layer 2: Residual adds .*, \(5, 6, 6\), to \(4, 6, 6"
    ):
        Network(
            [Conv2D(4, 3), Residual([Conv2D(5, 3, padding="same")]), Flatten(), Dense(2)], (8, 8)
        )
    with pytest.raises(NetworkError, match=r"^Layer 1\.2\.1: Conv2D.* is larger than its input"):
        Network([Residual([ReLU(), Residual([Conv2D(4, 9)])]), Flatten(), Dense(2)], (8, 8))


def test_residuals_inside_one_another_have_an_end():
    layer = ReLU()
    for _ in range(32):
        layer = Residual([layer])
    network = Network([layer, Flatten(), Dense(2)], (3, 3))
    assert Network.from_dict(network.to_dict()) == network
    for setting in ("layers", "shortcut"):
        with pytest.raises(NetworkError, match=r"^33 Residuals stand inside one another; at most"):
            Residual(**{"layers": [ReLU()], setting: [layer]})


def test_a_description_that_is_too_deep_is_refused():
    layer = {"layer": "ReLU"}
    for _ in range(2000):
        layer = {"layer": "Residual", "layers": [layer]}
    with pytest.raises(NetworkError, match="stand too deep inside one another"):
        Network.from_dict({"layers": [layer], "input_shape": [3, 3]})
