import math

import pytest

from pellucid import Conv2D, Dense, Flatten, Network
from pellucid.errors import NetworkError
from pellucid.network.loss import CrossEntropy

EXAMPLES = [CrossEntropy(), CrossEntropy(label_smoothing=0.1)]
LEAST = 2


def drawn_targets(random, count, outputs):
    return random.integers(0, outputs, count)


def torch_loss(torch, loss, logits, targets):
    return torch.nn.functional.cross_entropy(
        logits, targets, reduction="none", label_smoothing=loss.label_smoothing
    )


def test_it_is_what_a_network_has_by_itself():
    network = Network([Flatten(), Dense(3)], (2, 2))
    assert network.loss == CrossEntropy()
    assert network == Network([Flatten(), Dense(3)], (2, 2), CrossEntropy())
    assert "loss" not in network.to_dict()  # as in every file so far


@pytest.mark.parametrize("layers", [[Flatten(), Dense(1)], [Conv2D(4, 2)]])
def test_it_needs_one_score_a_class(layers):
    with pytest.raises(NetworkError, match=r"must end in one score a class, at least two; end it"):
        Network(layers, (4, 4))


def test_label_smoothing_is_kept_in_files_where_there_is_any():
    layers = [Flatten(), Dense(3)]
    network = Network(layers, (2, 2), CrossEntropy(label_smoothing=0.1))
    assert network != Network(layers, (2, 2))
    assert network.to_dict()["loss"] == {"loss": "CrossEntropy", "label_smoothing": 0.1}
    assert Network.from_dict(network.to_dict()) == network
    older = network.to_dict() | {"loss": {"loss": "CrossEntropy"}}
    assert Network.from_dict(older).loss == CrossEntropy()
    assert isinstance(CrossEntropy(0).label_smoothing, float)


@pytest.mark.parametrize("value", [-0.1, 1.0, math.nan, "0.1", True, None])
def test_a_label_smoothing_that_can_not_be_is_refused(value):
    with pytest.raises(
        NetworkError, match=r"^CrossEntropy label_smoothing is .*; it must be at least 0 and below"
    ):
        CrossEntropy(label_smoothing=value)
