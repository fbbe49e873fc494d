import pytest

from pellucid import Conv2D, Dense, Flatten, Network
from pellucid.errors import NetworkError
from pellucid.network.loss import CrossEntropy


def test_it_is_what_a_network_has_by_itself():
    network = Network([Flatten(), Dense(3)], (2, 2))
    assert network.loss == CrossEntropy()
    assert network == Network([Flatten(), Dense(3)], (2, 2), CrossEntropy())
    assert "loss" not in network.to_dict()  # as in every file so far


@pytest.mark.parametrize("layers", [[Flatten(), Dense(1)], [Conv2D(4, 2)]])
def test_it_needs_one_score_a_class(layers):
    with pytest.raises(NetworkError, match=r"must end in one score a class, at least two; end it"):
        Network(layers, (4, 4))
