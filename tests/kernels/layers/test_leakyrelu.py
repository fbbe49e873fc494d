import numpy as np
import pytest

from pellucid.equations.leakyrelu import leaky_relu, leaky_relu_backward
from pellucid.kernels.layers import leakyrelu
from tests.kernels.layers.test_relu import elementwise

X = np.concatenate([np.linspace(-9, 9, 181), [0.0, -0.0, 3e38, -3e38]]).astype(np.float32)


@pytest.mark.parametrize("slope", [0.01, 0.3, 0.999])
def test_forward_and_backward_are_the_equations(slope):
    a = elementwise(leakyrelu.forward(), X, 0, slope)
    np.testing.assert_allclose(a, leaky_relu(X, slope), rtol=2e-7)
    da = np.linspace(-2, 3, len(X)).astype(np.float32)
    dz = elementwise(leakyrelu.backward(), da, a, slope)
    np.testing.assert_allclose(dz, leaky_relu_backward(da, X, slope), rtol=3e-7)


def test_nan_stays_visible():
    nan = np.float32([np.nan, -np.nan])
    assert np.isnan(elementwise(leakyrelu.forward(), nan, 0, 0.1)).all()


def test_infinity_stays_infinity():
    da = np.float32([np.inf, -np.inf, np.inf])
    dz = elementwise(leakyrelu.backward(), da, np.float32([1, 1, -1]), 0.5)
    assert dz.tolist() == [np.inf, -np.inf, np.inf]
