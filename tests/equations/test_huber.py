import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.huber import huber, huber_backward
from pellucid.errors import DataError
from tests.equations.numeric import SEEDS, numeric_gradient, relative_error


@given(seed=SEEDS, outputs=st.integers(1, 6), weighted=st.booleans())
def test_backward_is_the_central_difference(seed, outputs, weighted):
    random = np.random.default_rng(seed)
    out = random.normal(size=(4, outputs))
    target = out + random.choice([-1.0, 1.0], out.shape) * random.uniform(0.01, 2.0, out.shape)
    weights = random.uniform(0.1, 3.0, 4) if weighted else None

    dout = huber_backward(out, target, weights=weights, delta=0.7)

    def loss(out):
        return huber(out, target, weights=weights, delta=0.7).sum()

    assert relative_error(dout, numeric_gradient(loss, out)) < 1e-6


def test_it_is_half_the_square_nearby_and_goes_on_straight():
    assert huber([[0.5], [2.0], [-3.0]], [[0.0], [0.0], [0.0]], 2.0).tolist() == [0.125, 2.0, 4.0]
    dout = huber_backward([[0.5], [2.0], [-3.0]], [[0.0], [0.0], [0.0]], 2.0)
    assert dout.tolist() == [[0.5], [2.0], [-2.0]]


@pytest.mark.parametrize("call", [huber, huber_backward])
def test_there_must_be_a_target_for_each_output(call):
    with pytest.raises(DataError, match=r"The targets have shape \(2,\), but the outputs \(2, 1\)"):
        call([[0.0], [1.0]], [0.0, 1.0])
