import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.clip import clip
from tests.equations.numeric import SEEDS


@given(st.integers(1, 50), st.integers(1, 100), st.floats(1e-3, 1e3), SEEDS)
def test_clipped_gradients_are_those_of_torch(size, batch_size, most, seed):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    g = np.random.default_rng(seed).normal(size=size) * batch_size
    parameter = torch.zeros(size, dtype=torch.float64)
    parameter.grad = torch.tensor(g / batch_size)
    torch.nn.utils.clip_grad_norm_([parameter], most)
    found = clip(g, batch_size=batch_size, clip_norm=most) / batch_size
    # PyTorch adds 1e-6 to the norm.
    norm = np.linalg.norm(g / batch_size)
    np.testing.assert_allclose(found, parameter.grad.numpy(), rtol=2e-6 / min(norm, 1), atol=0)


def test_a_gradient_of_0_stays():
    np.testing.assert_array_equal(clip([0.0, 0.0], batch_size=1, clip_norm=1e-9), [0, 0])
