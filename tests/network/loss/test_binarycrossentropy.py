import pytest

from pellucid import BinaryCrossEntropy, Conv2D, Dense, Flatten, Network
from pellucid.errors import NetworkError

EXAMPLES = [BinaryCrossEntropy()]
LEAST = 1


def drawn_targets(random, count, outputs):
    return random.choice([0.0, 1.0, 0.25], (count, outputs), p=[0.4, 0.4, 0.2])


def torch_loss(torch, loss, logits, targets):
    return torch.nn.functional.binary_cross_entropy_with_logits(
        logits, targets, reduction="none"
    ).mean(dim=1)


def test_one_output_will_do_but_it_must_be_flat():
    assert Network([Flatten(), Dense(1)], (4, 4), BinaryCrossEntropy()).classes == 1
    with pytest.raises(NetworkError, match=r"one output for each label; end it with Flatten\("):
        Network([Conv2D(4, 2)], (4, 4), BinaryCrossEntropy())
