import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.crossentropy import cross_entropy, cross_entropy_backward, one_hot
from pellucid.equations.softmax import softmax
from pellucid.errors import DataError
from tests.equations.numeric import SEEDS, numeric_gradient, relative_error


def make(seed, classes):
    random = np.random.default_rng(seed)
    logits = random.normal(size=(4, classes))
    return logits, random.integers(0, classes, 4), random.uniform(0.1, 3.0, 4)


@given(seed=SEEDS, classes=st.integers(2, 8), weighted=st.booleans())
def test_loss_is_minus_the_logarithm_of_the_true_class(seed, classes, weighted):
    logits, labels, weights = make(seed, classes)
    probs = softmax(logits)

    losses = cross_entropy(probs, labels, weights=weights if weighted else None)

    for n, label in enumerate(labels):
        weight = weights[n] if weighted else 1.0
        assert losses[n] == pytest.approx(-weight * math.log(probs[n, label]), rel=1e-13)


def test_probabilities_are_clipped_on_both_sides():
    losses = cross_entropy([[1.0, 0.0], [1.0, 0.0]], [0, 1])
    assert losses[0] == pytest.approx(1e-10, rel=1e-6)
    assert losses[1] == pytest.approx(-math.log(1e-10), rel=1e-12)
    wide = cross_entropy([[1.0, 0.0], [1.0, 0.0]], [0, 1], eps=0.25)
    np.testing.assert_allclose(wide, [-math.log(0.75), -math.log(0.25)])


SMOOTHING = st.sampled_from([0.0, 0.1, 0.37, 0.95])


@given(seed=SEEDS, classes=st.integers(2, 8), weighted=st.booleans(), smoothing=SMOOTHING)
def test_backward_is_the_central_difference_through_softmax(seed, classes, weighted, smoothing):
    logits, labels, weights = make(seed, classes)
    weights = weights if weighted else None

    dout = cross_entropy_backward(softmax(logits), labels, weights, smoothing)

    def loss(logits):
        return cross_entropy(
            softmax(logits), labels, weights=weights, label_smoothing=smoothing
        ).sum()

    assert relative_error(dout, numeric_gradient(loss, logits)) < 1e-6


@given(seed=SEEDS, classes=st.integers(2, 8), smoothing=SMOOTHING)
def test_label_smoothing_is_that_of_torch(seed, classes, smoothing):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle")
    logits, labels, weights = make(seed, classes)
    tensor = torch.tensor(logits, requires_grad=True)
    each = torch.nn.functional.cross_entropy(
        tensor, torch.tensor(labels), reduction="none", label_smoothing=smoothing
    )
    expected = each * torch.tensor(weights)
    expected.sum().backward()

    probs = softmax(logits)
    losses = cross_entropy(probs, labels, weights=weights, label_smoothing=smoothing)
    dout = cross_entropy_backward(probs, labels, weights, smoothing)

    assert losses == pytest.approx(expected.detach().numpy(), rel=1e-12)
    assert dout == pytest.approx(tensor.grad.numpy(), rel=1e-12, abs=1e-14)


def test_a_wrong_and_certain_image_still_gets_a_gradient():
    dout = cross_entropy_backward([[1.0, 0.0]], [1])
    np.testing.assert_array_equal(dout, [[1.0, -1.0]])


def test_a_nan_stays_visible():
    assert np.isnan(cross_entropy([[np.nan, 0.5]], [0])).all()


def test_one_hot_marks_the_true_class():
    labels = np.array([1, 0, 2], dtype=np.uint8)
    np.testing.assert_array_equal(one_hot(labels, 3), [[0, 1, 0], [1, 0, 0], [0, 0, 1]])
    assert one_hot([], 3).shape == (0, 3)


@pytest.mark.parametrize("wrong", [-1, 3, 300])
def test_a_label_out_of_range_is_named(wrong):
    message = f"Label {wrong} is out of range; with 3 classes, labels go from 0 to 2."
    probs = np.full((2, 3), 1 / 3)
    for call in (cross_entropy, cross_entropy_backward):
        with pytest.raises(DataError) as caught:
            call(probs, [0, wrong])
        assert str(caught.value) == message


@pytest.mark.parametrize(
    ("labels", "found"),
    [([0.0, 1.0], "shape (2,) and type float64"), ([[0, 1]], "shape (1, 2) and type int64")],
)
def test_labels_that_are_no_class_indices_are_refused(labels, found):
    with pytest.raises(DataError) as caught:
        one_hot(np.array(labels, dtype=np.float64 if "float" in found else np.int64), 3)
    assert str(caught.value) == (
        f"Labels are an array of {found}; they must be one class index an image, whole numbers "
        "in shape (n,)."
    )
