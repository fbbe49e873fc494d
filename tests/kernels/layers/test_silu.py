import numpy as np

from pellucid.equations.silu import silu as equation
from pellucid.equations.silu import silu_backward
from pellucid.kernels.layers import silu
from tests.kernels.layers.test_relu import elementwise

X = np.concatenate([np.linspace(-25, 25, 24_001), np.linspace(-1e-3, 1e-3, 101)])
X = X.astype(np.float32)
FAR = np.float32([-np.inf, -3e38, -1e30, 1e30, 3e38, np.inf])


def test_forward_and_backward_are_the_equations():
    a = elementwise(silu.forward(), X, 0)
    np.testing.assert_allclose(a, equation(X), rtol=1e-6, atol=1e-7)
    da = np.linspace(-2, 3, len(X)).astype(np.float32)
    dz = elementwise(silu.backward(), da, X)
    expected = silu_backward(da, X)
    np.testing.assert_allclose(dz, expected, rtol=1e-6, atol=1e-6)


def test_far_out_it_is_its_limit():
    a = elementwise(silu.forward(), FAR, 0)
    np.testing.assert_allclose(a, equation(FAR), rtol=1e-7, atol=1e-30)
    dz = elementwise(silu.backward(), np.ones(6, np.float32), FAR)
    np.testing.assert_allclose(dz, [0, 0, 0, 1, 1, 1], atol=1e-30)


def test_nan_stays_visible():
    bits = np.array([0x7FC00000, 0xFFC00000, 0x7FC00001, 0xFFFFFFFF], np.uint32)
    nan = bits.view(np.float32)
    assert np.isnan(elementwise(silu.forward(), nan, 0)).all()
    assert np.isnan(elementwise(silu.backward(), np.ones(4, np.float32), nan)).all()
