import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.adam import adam
from pellucid.equations.adamw import adamw
from tests.equations.numeric import SEEDS

SETTINGS = {"batch_size": 8, "learning_rate": 0.1, "beta1": 0.9, "beta2": 0.99, "eps": 1e-8}


@given(st.integers(1, 50), st.sampled_from([0.0, 0.01, 0.5]), SEEDS)
def test_steps_are_those_of_torch(size, decay, seed):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    random = np.random.default_rng(seed)
    theta, m, v = random.normal(size=size), np.zeros(size), np.zeros(size)
    parameter = torch.tensor(theta, requires_grad=True)
    twin = torch.optim.AdamW(
        [parameter], lr=0.1, betas=(0.9, 0.99), eps=1e-8, weight_decay=decay
    )  # fmt: skip
    for t in range(1, 6):
        g = random.normal(size=size)
        parameter.grad = torch.tensor(g / 8)
        twin.step()
        theta, m, v = adamw(theta, m, v, g, t, weight_decay=decay, **SETTINGS)
        np.testing.assert_allclose(theta, parameter.detach().numpy(), rtol=1e-12, atol=1e-12)


def test_without_decay_it_is_adam():
    given_ = [1.0, -2.0], [0.1, 0.2], [0.3, 0.4], [5.0, 6.0], 3
    for found, wanted in zip(
        adamw(*given_, weight_decay=0.0, **SETTINGS), adam(*given_, **SETTINGS), strict=True
    ):
        np.testing.assert_array_equal(found, wanted)
