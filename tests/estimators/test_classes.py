import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from pellucid.errors import ConfigurationError, DataError
from pellucid.estimators.classes import (
    check_class_weight,
    check_indicator,
    check_targets,
    class_factors,
    class_indices,
    labels_of_stream,
    width_of,
)


class TestIndices:
    @pytest.mark.parametrize(
        "names",
        [["a", "bb", ""], [3, -1, 10], [0.5, 2.0, -1.0], [True, False], [2**63, 2**64 - 1]],
    )
    def test_are_places_in_the_classes(self, names):
        classes = np.unique(np.array(names))
        y = np.array(names * 3)
        assert (classes[class_indices(y, classes)] == y).all()
        as_objects = np.array(names * 3, dtype=object)
        assert (class_indices(as_objects, classes) == class_indices(y, classes)).all()

    def test_numbers_are_equal_whatever_their_type(self):
        assert class_indices(np.array([1.0, 0.0]), np.array([0, 1])).tolist() == [1, 0]

    @pytest.mark.parametrize(
        ("y", "classes", "name"),
        [
            ([1, 7], [0, 1], "7"),
            (["0"], [0, 1], "'0'"),
            ([1], ["0", "1"], "1"),
            ([0.5], [0], "0.5"),
        ],
    )
    def test_others_are_named(self, y, classes, name):
        message = re.escape(f"y holds the class {name}, but the classes are {classes}; leave it")
        with pytest.raises(DataError, match=message):
            class_indices(np.array(y), np.array(classes))


class TestFactors:
    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5)), min_size=1))
    def test_balanced_is_what_scikit_learn_says_of_the_repeated_data(self, rows):
        labels, weights = np.array(rows).T
        present = np.unique(labels)
        expected = compute_class_weight("balanced", classes=present, y=labels.repeat(weights))
        found = class_factors("balanced", np.arange(4), labels, weights.astype(float))
        np.testing.assert_allclose(found[present], expected, rtol=1e-12)
        assert (np.delete(found, present) == 0).all()

    def test_weights_of_zero_are_no_class(self):
        found = class_factors("balanced", np.arange(3), np.array([0, 1, 2]), np.array([1.0, 3, 0]))
        assert found.tolist() == [2.0, 2 / 3, 0.0]

    def test_a_dict_may_leave_out_classes_or_name_others(self):
        labels, weights = np.array([0, 1]), np.ones(2)
        classes = np.array([5, 7])
        assert class_factors(None, classes, labels, weights).tolist() == [1, 1]
        assert class_factors({7: 2}, classes, labels, weights).tolist() == [1, 2]
        assert class_factors({5: 3, 7: 2, 9: 1}, classes, labels, weights).tolist() == [3, 2]
        assert class_factors({np.int64(5): 3}, classes, labels, weights).tolist() == [3, 1]
        with pytest.raises(ConfigurationError, match=re.escape("names the class '7', but the")):
            class_factors({"7": 2}, classes, labels, weights)


@pytest.mark.parametrize("wanted", [None, "balanced", {}, {"a": 0, 1: np.float32(0.5)}])
def test_what_can_be_a_class_weight(wanted):
    check_class_weight(wanted)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("auto", "class_weight is 'auto'; it must be None, 'balanced', or a dict"),
        ([1, 2], "class_weight is [1, 2]"),
        (3, "class_weight is 3"),
        ({"a": "b"}, "class_weight['a'] is 'b'; it must be a finite number of at least 0"),
        ({"a": np.nan}, "class_weight['a'] is nan"),
        ({"a": np.inf}, "class_weight['a'] is inf"),
        ({"a": -1}, "class_weight['a'] is -1"),
    ],
)
def test_what_can_not(wanted, message):
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        check_class_weight(wanted)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a", None, "b", None], "y has no class at index 1 (2 of 4 are None or NaN)"),
        (np.array(["a", np.nan], object), "y has no class at index 1"),
        ([1, "a"], "y mixes text and numbers: 1 at index 0, but 'a' at index 1"),
    ],
)
def test_targets_that_are_no_classes_are_told(y, message):
    with pytest.raises(DataError, match=re.escape(message)):
        check_targets(y)


@pytest.mark.parametrize("y", [[1, 2], ["a", "b"], [[1], [2]], np.array([1, 2], object), None, 3])
def test_other_targets_are_not(y):
    check_targets(y)


@pytest.mark.parametrize(
    "y", [[[0, 1], [1, 1]], np.array([[True, False], [True, True]]), np.zeros((3, 2))]
)
def test_a_matrix_of_labels_holds_0_and_1(y):
    check_indicator(y)
    assert width_of(y) == 2


@pytest.mark.parametrize("y", [[[0, 2], [1, 1]], [["a", "b"]], [[0, np.nan]], [[-1, 1]]])
def test_another_matrix_is_refused(y):
    with pytest.raises(DataError, match="each column is a label, which an image has"):
        check_indicator(y)


def test_one_hot_labels_are_told_of():
    with pytest.warns(UserWarning, match=r"if y is one-hot"):
        check_indicator(np.eye(3))


@pytest.mark.parametrize("y", [None, "text", [1, 2], np.zeros((3, 1)), [[1], [2]], np.zeros(3)])
def test_what_has_no_columns_is_1_wide(y):
    assert width_of(y) == 1


def test_labels_of_a_stream_are_their_places():
    labels_of_stream(None, 3)
    labels_of_stream(range(3), 3)
    labels_of_stream(np.arange(3), 3)
    for wrong in (["a", "b", "c"], range(4), [2, 1, 0]):
        with pytest.raises(DataError, match=r"leave classes out, or give range\(3\)"):
            labels_of_stream(wrong, 3)
