import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.sgd import sgd
from tests.equations.numeric import SEEDS

DECAY = st.sampled_from([0.0, 0.01, 0.5])


@given(st.integers(1, 50), st.sampled_from([0.0, 0.5, 0.9]), st.booleans(), DECAY, SEEDS)
def test_steps_are_those_of_torch(size, momentum, nesterov, decay, seed):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    nesterov = nesterov and momentum > 0
    random = np.random.default_rng(seed)
    theta = random.normal(size=size)
    parameter = torch.tensor(theta, requires_grad=True)
    optimizer = torch.optim.SGD(
        [parameter], lr=0.1, momentum=momentum, nesterov=nesterov, weight_decay=decay
    )  # fmt: skip
    u = np.zeros(size)
    for _ in range(4):
        g = random.normal(size=size)
        parameter.grad = torch.tensor(g / 8)
        optimizer.step()
        theta, u = sgd(
            theta, u, g, batch_size=8, learning_rate=0.1, momentum=momentum, nesterov=nesterov,
            weight_decay=decay,
        )  # fmt: skip
        np.testing.assert_allclose(theta, parameter.detach().numpy(), rtol=1e-12, atol=1e-12)
