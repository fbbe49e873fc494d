"""What an image of each class counts: against scikit-learn, and what is refused."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_sample_weight

from pellucid.errors import CheckpointError, ConfigurationError
from pellucid.runs.class_weights import check_class_weight, sample_weights
from pellucid.runs.run import reference_run
from pellucid.runs.verification import verify_run
from pellucid.training import Checkpoints
from tests.runs.examples import QUICK, UPDATES, rows, say_nothing

NAMES = ("cat", "dog", "a, b=c")


@given(st.lists(st.integers(0, 4), min_size=1))
def test_balanced_is_what_scikit_learn_calls_so(labels):
    labels = np.array(labels)
    found = sample_weights("balanced", labels, "abcde")
    np.testing.assert_allclose(found, compute_sample_weight("balanced", labels))


@given(st.lists(st.integers(0, 1), min_size=1), st.floats(0.125, 8), st.floats(0, 8))
def test_by_name_is_what_scikit_learn_takes_by_number(labels, cat, dog):
    labels = np.array(labels)
    found = (
        sample_weights(f" cat={cat!r}, dog={dog!r}", labels, ("cat", "dog", "fox"))
        if dog or not labels.all()
        else None
    )
    if found is not None:
        expected = compute_sample_weight({0: cat, 1: dog}, labels)
        np.testing.assert_array_equal(found, expected)


def test_all_count_alike_by_default_and_where_they_are_not_named():
    assert sample_weights(None, np.zeros(3, int), NAMES) is None
    assert sample_weights("dog=2", np.array([0, 1]), NAMES).tolist() == [1, 2]


@pytest.mark.parametrize(
    "text", ["", "cat", "=2", "cat=", "cat=x", "cat=-1", "cat=nan", "cat=inf", "cat=1e9", "cat=1,,"]
)
def test_what_says_no_weights_is_refused_before_the_data_is_read(text):
    with pytest.raises(ConfigurationError, match=r"it must be balanced, or classes with numbers"):
        check_class_weight(text)


def test_a_class_that_there_is_not_is_refused_with_the_nearest():
    with pytest.raises(ConfigurationError, match=r"names the class 'dag', .* mean 'dog'"):
        sample_weights("dag=2", np.array([0, 1]), NAMES)
    with pytest.raises(ConfigurationError, match="by which no training image counts"):
        sample_weights("cat=0", np.array([0, 0]), NAMES)


def test_a_run_weighs_by_it_and_is_verified_by_it(tmp_path, no_pictures):
    weighed = dataclasses.replace(QUICK, class_weight="8=5,1=0.5")
    reference_run(QUICK, tmp_path / "plain", say_nothing)
    reference_run(
        weighed, tmp_path / "weighed", say_nothing, checkpoints=Checkpoints("", every_updates=3)
    )
    first, other = (rows(tmp_path / name)[0] for name in ("plain", "weighed"))
    assert first["loss"] != other["loss"]
    assert verify_run(tmp_path / "weighed", say_nothing).same
    assert UPDATES
    with pytest.raises(CheckpointError, match="sample_weight differ"):
        reference_run(
            QUICK, tmp_path / "weighed", say_nothing, resume=True,
            checkpoints=Checkpoints("", every_updates=3),
        )  # fmt: skip


def test_a_name_that_is_no_class_ends_a_run_before_its_folder_is_touched(tmp_path):
    with pytest.raises(ConfigurationError, match="class_weight names the class 'nine'"):
        reference_run(
            dataclasses.replace(QUICK, class_weight="nine=2"), tmp_path / "new", say_nothing
        )
    assert not (tmp_path / "new").exists()
