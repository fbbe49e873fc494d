import pytest

from pellucid import Conv2D, Dense, Flatten, ReLU, Residual
from pellucid.errors import NetworkError
from pellucid.network.nodes import Nodes


def test_a_list_is_a_chain():
    nodes = Nodes((1, 4, 4))
    assert nodes.chain([Conv2D(2, 3), Flatten(), Dense(3)], 0) == 3
    assert [node.inputs for node in nodes.nodes] == [(0,), (1,), (2,)]
    assert [node.name for node in nodes.nodes] == ["1", "2", "3"]
    assert nodes.shapes == [(1, 4, 4), (2, 2, 2), (8,), (3,)]


def test_containers_in_containers_have_places_of_their_own():
    nodes = Nodes((2, 4, 4))
    inner = Residual([ReLU()], shortcut=[ReLU(), ReLU()])
    assert nodes.chain([ReLU(), Residual([inner])], 0) == 6
    assert [(node.name, node.inputs) for node in nodes.nodes] == [
        ("1", (0,)), ("2.1.1", (1,)), ("2.1.shortcut 1", (1,)), ("2.1.shortcut 2", (3,)),
        ("2.1.sum", (4, 2)), ("2.sum", (1, 5)),
    ]  # fmt: skip


def test_what_does_not_fit_is_named_by_its_place():
    with pytest.raises(NetworkError, match=r"^Layer 2\.1: Dense.*needs a flat input"):
        Nodes((1, 4, 4)).chain([ReLU(), Residual([Dense(3)])], 0)
