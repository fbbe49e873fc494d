import pytest

from pellucid.errors import NetworkError
from pellucid.network.layers import Dropout

EXAMPLES = [
    (Dropout(), (7,)),
    (Dropout(0.2), (3, 4, 5)),
    (Dropout(0.75, per_channel=True), (9, 3, 3)),
    (Dropout(0), (9, 3, 4)),
]


def drawn(random, shape):
    return Dropout(float(random.choice([0.1, 0.5])), bool(random.random() < 0.3))


def torch_twin(torch, layer, shape):
    """In inference: what is dropped in training is drawn in another way."""
    kind = torch.nn.Dropout2d if layer.per_channel else torch.nn.Dropout
    return kind(layer.rate).eval()


@pytest.mark.parametrize("rate", [1, 1.0, -0.1, "0.5", None, float("nan"), True])
def test_a_rate_that_can_not_be_is_refused(rate):
    with pytest.raises(NetworkError, match=r"^Dropout rate is .*; it must be a number from 0 to"):
        Dropout(rate)


def test_per_channel_is_yes_or_no():
    with pytest.raises(NetworkError, match=r"^Dropout per_channel is 3; it must be True or False"):
        Dropout(0.5, per_channel=3)
