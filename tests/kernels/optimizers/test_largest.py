import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pellucid.kernels.optimizers.largest import largest


@given(hnp.arrays(np.float32, st.integers(0, 70), elements=st.floats(width=32)))
def test_the_largest_absolute_value(array):
    with np.errstate(invalid="ignore"):
        expected = np.abs(array).max(initial=0.0)
    np.testing.assert_equal(largest(array), float(expected))
