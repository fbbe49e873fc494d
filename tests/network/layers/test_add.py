import pytest

from pellucid import Network
from pellucid.errors import NetworkError
from pellucid.network.layers import Add, Dense, Flatten


def test_it_keeps_the_shape_of_both():
    assert Add().output_shape((2, 3, 4), (2, 3, 4)) == (2, 3, 4)


def test_two_shapes_are_refused_with_the_way_out():
    with pytest.raises(NetworkError, match=r"give, \(8, 6, 6\), to \(4, 6, 6\), .* shortcut"):
        Add().output_shape((4, 6, 6), (8, 6, 6))


def test_nobody_writes_it():
    with pytest.raises(
        NetworkError, match=r"Layer 1 is Add\(\), which joins two ways; write Residual\(\["
    ):
        Network([Add(), Flatten(), Dense(2)], (2, 2))
