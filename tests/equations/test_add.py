import numpy as np
from hypothesis import given

from pellucid.equations.add import add, add_backward
from tests.equations.numeric import SEEDS, numeric_gradient, relative_error


@given(SEEDS)
def test_backward_is_the_central_difference(seed):
    a, x, dz = np.random.default_rng(seed).normal(size=(3, 2, 5))
    da, dx = add_backward(dz)
    assert relative_error(da, numeric_gradient(lambda a: (dz * add(a, x)).sum(), a)) < 1e-6
    assert relative_error(dx, numeric_gradient(lambda x: (dz * add(a, x)).sum(), x)) < 1e-6


def test_it_works_in_float64():
    one = np.ones(2, np.float32)
    assert add(one, one).dtype == add_backward(one)[0].dtype == np.float64
