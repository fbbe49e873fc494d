import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.equations.softmax import softmax
from tests.equations.numeric import SEEDS


@given(seed=SEEDS, classes=st.integers(2, 12))
def test_is_the_textbook_fraction(seed, classes):
    logits = np.random.default_rng(seed).normal(scale=3.0, size=(2, classes))
    for row, found in zip(logits, softmax(logits), strict=True):
        total = sum(math.exp(value) for value in row)
        assert found.tolist() == pytest.approx([math.exp(v) / total for v in row], rel=1e-13)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=6))
def test_rows_are_probabilities_whatever_the_scores(row):
    probs = softmax([row])
    assert probs.sum() == pytest.approx(1.0, rel=1e-14)
    assert (probs >= 0).all()
    assert probs.argmax() in np.flatnonzero(np.isclose(row, max(row), rtol=0, atol=1e-9))


@given(seed=SEEDS, shift=st.floats(-1e3, 1e3))
def test_a_shift_of_all_scores_changes_nothing(seed, shift):
    logits = np.random.default_rng(seed).normal(size=(3, 4))
    np.testing.assert_allclose(softmax(logits + shift), softmax(logits), rtol=1e-11)


def test_a_nan_stays_visible_in_its_row_only():
    probs = softmax([[np.nan, 1.0], [0.0, 0.0]])
    np.testing.assert_array_equal(probs, [[np.nan, np.nan], [0.5, 0.5]])


def test_works_in_float64():
    assert softmax(np.zeros((1, 3), dtype=np.float32)).dtype == np.float64
