import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.mixup import mixed
from tests.equations.numeric import SEEDS


@given(SEEDS, st.integers(0, 9), st.sampled_from([(), (3,), (2, 4, 3)]))
def test_each_is_mixed_with_its_partner(seed, count, shape):
    random = np.random.default_rng(seed)
    values, shares = random.random((count, *shape)), random.random(count)
    found = mixed(values, shares)
    assert found.shape == values.shape
    for n in range(count):
        own, other = values[n], values[count - 1 - n]
        np.testing.assert_allclose(found[n], shares[n] * own + (1 - shares[n]) * other, rtol=1e-14)


def test_one_alone_and_whole_shares_change_nothing():
    values = np.random.default_rng(0).random((5, 3))
    np.testing.assert_array_equal(mixed(values, np.ones(5)), values)
    np.testing.assert_array_equal(mixed(values[:1], [0.3]), values[:1])
    np.testing.assert_array_equal(mixed(values, np.zeros(5)), values[::-1])
