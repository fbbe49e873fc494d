import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.flatten import flatten, flatten_backward

SHAPES = st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4))


@given(SHAPES)
def test_goes_channel_by_channel_and_row_by_row(shape):
    x = np.arange(np.prod(shape)).reshape(shape)
    _, _, height, width = shape

    fc = flatten(x)

    assert fc.dtype == np.float64
    assert fc.shape == (shape[0], np.prod(shape[1:]))
    for n, c, y, column in np.ndindex(shape):
        assert fc[n, (c * height + y) * width + column] == x[n, c, y, column]


@given(SHAPES)
def test_backward_is_the_way_back(shape):
    x = np.random.default_rng(0).normal(size=shape)
    back = flatten_backward(flatten(x), shape)
    np.testing.assert_array_equal(back, x)
    assert flatten_backward(np.zeros((2, 6), dtype=np.float32), (2, 6)).dtype == np.float64
