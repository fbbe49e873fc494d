import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.padding import zero_pad, zero_pad_backward
from tests.equations.numeric import SEEDS, numeric_gradient, relative_error

SIDES = st.tuples(st.integers(0, 3), st.integers(0, 3))
PADS = st.tuples(SIDES, SIDES)


def test_each_side_gets_its_own_number_of_zeros():
    padded = zero_pad(np.ones((1, 1, 1, 2), dtype=np.float32), ((1, 2), (3, 0)))
    expected = np.zeros((4, 5))
    expected[1, 3:] = 1
    assert padded.dtype == np.float64
    np.testing.assert_array_equal(padded, expected[None, None])


@given(seed=SEEDS, pads=PADS)
def test_backward_is_the_central_difference(seed, pads):
    random = np.random.default_rng(seed)
    x = random.normal(size=(2, 2, 3, 4))
    d_padded = random.normal(size=zero_pad(x, pads).shape)

    dx = zero_pad_backward(d_padded, pads)

    expected = numeric_gradient(lambda x: (d_padded * zero_pad(x, pads)).sum(), x)
    assert relative_error(dx, expected) < 1e-6


@given(seed=SEEDS, pads=PADS)
def test_backward_undoes_forward(seed, pads):
    x = np.random.default_rng(seed).normal(size=(1, 3, 2, 5))
    np.testing.assert_array_equal(zero_pad_backward(zero_pad(x, pads), pads), x)
