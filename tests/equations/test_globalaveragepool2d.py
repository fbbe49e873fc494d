import numpy as np
from hypothesis import given

from pellucid.equations.averagepool2d import average_pool2d, average_pool2d_backward
from pellucid.equations.globalaveragepool2d import (
    global_average_pool2d,
    global_average_pool2d_backward,
)
from tests.equations.numeric import SEEDS, numeric_gradient, relative_error


@given(SEEDS)
def test_it_is_an_average_pool_with_one_window(seed):
    random = np.random.default_rng(seed)
    x = random.normal(size=(2, 3, *random.integers(1, 7, 2)))
    window, dp = x.shape[2:], random.normal(size=(2, 3))
    p = average_pool2d(x, window, (1, 1))
    assert relative_error(global_average_pool2d(x)[:, :, None, None], p) < 1e-12
    dx = average_pool2d_backward(dp[:, :, None, None], x.shape, window, (1, 1))
    assert relative_error(global_average_pool2d_backward(dp, x.shape), dx) < 1e-12


@given(SEEDS)
def test_backward_is_the_central_difference(seed):
    random = np.random.default_rng(seed)
    x, dp = random.normal(size=(1, 2, 3, 4)), random.normal(size=(1, 2))
    numeric = numeric_gradient(lambda x: (dp * global_average_pool2d(x)).sum(), x)
    assert relative_error(global_average_pool2d_backward(dp, x.shape), numeric) < 1e-6


def test_nan_stays_visible():
    assert np.isnan(global_average_pool2d([[[[1.0, np.nan]]]])).all()
