import numpy as np
from hypothesis import given

from pellucid.equations.globalmaxpool2d import global_max_pool2d, global_max_pool2d_backward
from pellucid.equations.maxpool2d import max_pool2d, max_pool2d_backward
from tests.equations.numeric import SEEDS, numeric_gradient, relative_error, spread_values


@given(SEEDS)
def test_it_is_a_max_pool_with_one_window_ties_too(seed):
    random = np.random.default_rng(seed)
    x = random.integers(0, 4, (2, 3, *random.integers(1, 7, 2))).astype(float)
    window, dp = x.shape[2:], random.normal(size=(2, 3))
    p = max_pool2d(x, window, (1, 1))
    np.testing.assert_array_equal(global_max_pool2d(x)[:, :, None, None], p)
    dx = max_pool2d_backward(dp[:, :, None, None], x, window, (1, 1))
    np.testing.assert_array_equal(global_max_pool2d_backward(dp, x), dx)


@given(SEEDS)
def test_backward_is_the_central_difference(seed):
    random = np.random.default_rng(seed)
    x, dp = spread_values(random, (1, 2, 3, 4)), random.normal(size=(1, 2))
    numeric = numeric_gradient(lambda x: (dp * global_max_pool2d(x)).sum(), x)
    assert relative_error(global_max_pool2d_backward(dp, x), numeric) < 1e-6


def test_nan_stays_visible():
    assert np.isnan(global_max_pool2d([[[[1.0, np.nan]]]])).all()
