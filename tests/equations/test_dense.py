import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.dense import dense, dense_backward
from tests.equations.numeric import SEEDS, numeric_gradient, relative_error

SIZES = st.integers(1, 6)


def make(seed, n, inputs, outputs):
    random = np.random.default_rng(seed)
    x, w = random.normal(size=(n, inputs)), random.normal(size=(outputs, inputs))
    return x, w, random.normal(size=outputs), random.normal(size=(n, outputs))


@given(seed=SEEDS, n=SIZES, inputs=SIZES, outputs=SIZES)
def test_forward_is_the_equation_written_out(seed, n, inputs, outputs):
    x, w, b, _ = make(seed, n, inputs, outputs)
    expected = [
        [b[o] + sum(w[o, i] * x[image, i] for i in range(inputs)) for o in range(outputs)]
        for image in range(n)
    ]
    np.testing.assert_allclose(dense(x, w, b), expected, rtol=1e-12, atol=1e-12)


@given(seed=SEEDS, n=SIZES, inputs=SIZES, outputs=SIZES)
def test_backward_is_the_central_difference(seed, n, inputs, outputs):
    x, w, b, dz = make(seed, n, inputs, outputs)

    dx, dw, db = dense_backward(dz, x, w)

    def loss(x, w, b):
        return (dz * dense(x, w, b)).sum()

    assert relative_error(dx, numeric_gradient(lambda x: loss(x, w, b), x)) < 1e-6
    assert relative_error(dw, numeric_gradient(lambda w: loss(x, w, b), w)) < 1e-6
    assert relative_error(db, numeric_gradient(lambda b: loss(x, w, b), b)) < 1e-6


def test_works_in_float64_whatever_comes_in():
    x, w = np.full((1, 2), 200, dtype=np.uint8), np.full((3, 2), 2, dtype=np.uint8)
    np.testing.assert_array_equal(dense(x, w, [0, 1, 2]), [[800.0, 801.0, 802.0]])
    gradients = dense_backward(np.ones((1, 3), dtype=np.float32), x, w)
    assert [g.dtype for g in gradients] == [np.float64] * 3
