import numpy as np

from pellucid.equations.tanh import tanh as equation
from pellucid.equations.tanh import tanh_backward
from pellucid.kernels.layers import tanh
from tests.kernels.layers.test_relu import elementwise

X = np.concatenate([np.linspace(-120, 120, 24_001), np.linspace(-1e-3, 1e-3, 101)])
X = X.astype(np.float32)
FAR = np.float32([-np.inf, -3e38, -1e30, 1e30, 3e38, np.inf])


def test_forward_and_backward_are_the_equations():
    a = elementwise(tanh.forward(), X, 0)
    np.testing.assert_allclose(a, equation(X), rtol=4e-7)
    da = np.linspace(-2, 3, len(X)).astype(np.float32)
    dz = elementwise(tanh.backward(), da, X)
    expected = tanh_backward(da, a)
    np.testing.assert_allclose(dz, expected, rtol=1e-6, atol=1e-6)


def test_far_out_it_is_its_limit():
    a = elementwise(tanh.forward(), FAR, 0)
    np.testing.assert_allclose(a, equation(FAR), rtol=1e-7, atol=1e-30)
    dz = elementwise(tanh.backward(), np.ones(6, np.float32), FAR)
    np.testing.assert_allclose(dz, [0, 0, 0, 0, 0, 0], atol=1e-30)


def test_nan_stays_visible():
    bits = np.array([0x7FC00000, 0xFFC00000, 0x7FC00001, 0xFFFFFFFF], np.uint32)
    nan = bits.view(np.float32)
    assert np.isnan(elementwise(tanh.forward(), nan, 0)).all()
    assert np.isnan(elementwise(tanh.backward(), np.ones(4, np.float32), nan)).all()


def test_a_slope_near_0_keeps_its_digits():
    z = np.linspace(-40, 40, 8_001).astype(np.float32)
    dz = elementwise(tanh.backward(), np.ones(len(z), np.float32), z)
    np.testing.assert_allclose(dz, np.cosh(z.astype(np.float64)) ** -2.0, rtol=1e-6)
