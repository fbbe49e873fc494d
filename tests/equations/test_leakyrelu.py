import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.leakyrelu import leaky_relu, leaky_relu_backward
from tests.equations.numeric import SEEDS, numeric_gradient, relative_error, spread_values


@given(SEEDS, st.floats(0.01, 0.99))
def test_backward_is_the_central_difference(seed, slope):
    random = np.random.default_rng(seed)
    z = spread_values(random, (3, 5)) - 0.51
    da = random.normal(size=z.shape)
    numeric = numeric_gradient(lambda z: (da * leaky_relu(z, slope)).sum(), z)
    assert relative_error(leaky_relu_backward(da, z, slope), numeric) < 1e-6
    assert np.array_equal(
        leaky_relu_backward(da, z, slope), leaky_relu_backward(da, leaky_relu(z, slope), slope)
    )


def test_nan_stays_visible():
    assert np.isnan(leaky_relu([np.nan])).all()
