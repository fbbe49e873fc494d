import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.gelu import gelu, gelu_backward
from tests.equations.numeric import SEEDS, numeric_gradient, relative_error

FAR = [-np.inf, -1e30, 1e30, np.inf]


@given(st.floats(-300, 300))
def test_forward_and_backward_are_those_of_torch(value):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    z = torch.tensor([value], dtype=torch.float64, requires_grad=True)
    a = torch.nn.functional.gelu(z)
    a.sum().backward()
    found = gelu([value])
    assert found.item() == pytest.approx(a.item(), rel=1e-12, abs=1e-15)
    dz = gelu_backward([1.0], [value])
    assert dz.item() == pytest.approx(z.grad.item(), rel=1e-12, abs=1e-15)


@given(SEEDS)
def test_backward_is_the_central_difference(seed):
    random = np.random.default_rng(seed)
    z, da = random.normal(scale=2.0, size=(2, 3, 5))
    dz = gelu_backward(da, z)
    assert relative_error(dz, numeric_gradient(lambda z: (da * gelu(z)).sum(), z)) < 1e-6


def test_far_out_it_is_its_limit():
    np.testing.assert_array_equal(gelu(FAR), [0, 0, 1e30, np.inf])
    np.testing.assert_array_equal(gelu_backward(np.ones(4), FAR), [0, 0, 1, 1])


def test_nan_stays_visible():
    assert np.isnan(gelu([np.nan])).all()
    assert np.isnan(gelu_backward([1.0], [np.nan])).all()


def test_works_in_float64():
    z = np.array([0, 1], dtype=np.float32)
    assert gelu(z).dtype == gelu_backward(z, z).dtype == np.float64
