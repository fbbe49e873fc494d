import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.averagepool2d import average_pool2d, average_pool2d_backward
from tests.equations.numeric import SEEDS, STRIDES, numeric_gradient, relative_error

WINDOWS = st.tuples(st.integers(1, 3), st.integers(1, 3))


@given(WINDOWS, STRIDES, SEEDS)
def test_forward_and_backward_are_those_of_torch(pool, stride, seed):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    random = np.random.default_rng(seed)
    x = torch.tensor(random.normal(size=(2, 3, 6, 5)), requires_grad=True)
    p = torch.nn.functional.avg_pool2d(x, pool, stride)
    dp = random.normal(size=p.shape)
    p.backward(torch.tensor(dp))
    found = average_pool2d(x.detach().numpy(), pool, stride)
    assert relative_error(found, p.detach().numpy()) < 1e-12
    dx = average_pool2d_backward(dp, x.shape, pool, stride)
    assert relative_error(dx, x.grad.numpy()) < 1e-12


@given(WINDOWS, STRIDES, SEEDS)
def test_backward_is_the_central_difference(pool, stride, seed):
    random = np.random.default_rng(seed)
    x = random.normal(size=(1, 2, 5, 4))
    dp = random.normal(size=average_pool2d(x, pool, stride).shape)
    numeric = numeric_gradient(lambda x: (dp * average_pool2d(x, pool, stride)).sum(), x)
    assert relative_error(average_pool2d_backward(dp, x.shape, pool, stride), numeric) < 1e-6
