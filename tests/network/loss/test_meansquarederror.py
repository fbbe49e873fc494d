import numpy as np
import pytest

from pellucid import Conv2D, Dense, Flatten, MeanSquaredError, Network
from pellucid.errors import NetworkError

EXAMPLES = [MeanSquaredError()]
LEAST = 1


def drawn_targets(random, count, outputs):
    return random.normal(size=(count, outputs)).astype(np.float32).astype(float)


def torch_loss(torch, loss, logits, targets):
    return torch.nn.functional.mse_loss(logits, targets, reduction="none").mean(dim=1)


def test_one_output_will_do_but_it_must_be_flat():
    assert Network([Flatten(), Dense(1)], (4, 4), MeanSquaredError()).classes == 1
    with pytest.raises(NetworkError, match=r"one output for each number; end it with Flatten\("):
        Network([Conv2D(4, 2)], (4, 4), MeanSquaredError())
