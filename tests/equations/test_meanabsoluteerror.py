import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.meanabsoluteerror import mean_absolute_error, mean_absolute_error_backward
from pellucid.errors import DataError
from tests.equations.numeric import SEEDS, numeric_gradient, relative_error


@given(seed=SEEDS, outputs=st.integers(1, 6), weighted=st.booleans())
def test_backward_is_the_central_difference(seed, outputs, weighted):
    random = np.random.default_rng(seed)
    out = random.normal(size=(4, outputs))
    target = out + random.choice([-1.0, 1.0], out.shape) * random.uniform(0.01, 2.0, out.shape)
    weights = random.uniform(0.1, 3.0, 4) if weighted else None

    dout = mean_absolute_error_backward(out, target, weights=weights)

    def loss(out):
        return mean_absolute_error(out, target, weights=weights).sum()

    assert relative_error(dout, numeric_gradient(loss, out)) < 1e-6


def test_values():
    assert mean_absolute_error([[3.0, 0.0]], [[0.0, 4.0]]).tolist() == [3.5]
    dout = mean_absolute_error_backward([[3.0, 0.0, 1.0]], [[0.0, 3.0, 1.0]])
    np.testing.assert_allclose(dout, [[1 / 3, -1 / 3, 0.0]])


@pytest.mark.parametrize("call", [mean_absolute_error, mean_absolute_error_backward])
def test_there_must_be_a_target_for_each_output(call):
    with pytest.raises(DataError, match=r"The targets have shape \(2,\), but the outputs \(2, 1\)"):
        call([[0.0], [1.0]], [0.0, 1.0])
