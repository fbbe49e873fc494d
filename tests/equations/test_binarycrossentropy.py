import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.binarycrossentropy import (
    binary_cross_entropy,
    binary_cross_entropy_backward,
)
from pellucid.equations.crossentropy import cross_entropy
from pellucid.equations.softmax import softmax
from pellucid.errors import DataError
from tests.equations.numeric import SEEDS, numeric_gradient, relative_error


@given(seed=SEEDS, outputs=st.integers(1, 6), weighted=st.booleans())
def test_backward_is_the_central_difference(seed, outputs, weighted):
    random = np.random.default_rng(seed)
    out = random.normal(size=(4, outputs))
    target = random.random((4, outputs))
    weights = random.uniform(0.1, 3.0, 4) if weighted else None

    dout = binary_cross_entropy_backward(out, target, weights=weights)

    def loss(out):
        return binary_cross_entropy(out, target, weights=weights).sum()

    assert relative_error(dout, numeric_gradient(loss, out)) < 1e-6


def test_it_is_finite_and_exact_however_sure_the_network_is():
    losses = binary_cross_entropy([[800.0], [-800.0], [800.0], [-40.0]], [[1], [1], [0], [0]])
    np.testing.assert_allclose(losses, [0.0, 800.0, 800.0, np.exp(-40.0)], rtol=1e-12)
    dout = binary_cross_entropy_backward([[800.0], [-800.0]], [[0], [1]])
    np.testing.assert_array_equal(dout, [[1.0], [-1.0]])


def test_it_is_the_mean_over_labels_of_two_classes_each():
    logits, labels = np.array([[0.3, -2.0]]), np.array([[1, 0]])
    each = [
        cross_entropy(softmax([[0.0, logit]]), [label])
        for logit, label in zip(logits[0], labels[0], strict=True)
    ]
    assert binary_cross_entropy(logits, labels) == pytest.approx(np.mean(each))


@pytest.mark.parametrize("call", [binary_cross_entropy, binary_cross_entropy_backward])
def test_there_must_be_a_target_for_each_output(call):
    with pytest.raises(DataError, match=r"The targets have shape \(2,\), but the outputs \(2, 1\)"):
        call([[0.0], [1.0]], [0.0, 1.0])
