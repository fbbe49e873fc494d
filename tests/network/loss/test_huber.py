import numpy as np
import pytest

from pellucid import Conv2D, Dense, Flatten, Huber, Network
from pellucid.errors import NetworkError

EXAMPLES = [Huber(), Huber(0.5)]
LEAST = 1


def drawn_targets(random, count, outputs):
    return random.normal(size=(count, outputs)).astype(np.float32).astype(float)


def torch_loss(torch, loss, logits, targets):
    return torch.nn.functional.huber_loss(logits, targets, reduction="none", delta=loss.delta).mean(
        dim=1
    )


def test_one_output_will_do_but_it_must_be_flat():
    assert Network([Flatten(), Dense(1)], (4, 4), Huber()).classes == 1
    with pytest.raises(NetworkError, match=r"one output for each number; end it with Flatten\("):
        Network([Conv2D(4, 2)], (4, 4), Huber())


@pytest.mark.parametrize("delta", [0, -1.0, float("inf"), float("nan"), "1", True])
def test_a_delta_that_can_not_be_is_refused(delta):
    with pytest.raises(NetworkError, match=r"^Huber delta is .*; it must be a finite number ab"):
        Huber(delta)


def test_its_delta_is_kept_in_files():
    network = Network([Flatten(), Dense(1)], (4, 4), Huber(2))
    assert network.to_dict()["loss"] == {"loss": "Huber", "delta": 2.0}
    assert Network.from_dict(network.to_dict()) == network
    assert network != Network([Flatten(), Dense(1)], (4, 4), Huber())
