import numpy as np
import pytest

from pellucid import Adam, Augmentation, Schedule
from pellucid.errors import ConfigurationError, DataError
from pellucid.training.checks import (
    check_fit_settings,
    check_trainer_settings,
    checked_weights,
    count_images,
)


def test_good_settings_pass():
    check_trainer_settings(Adam(), None, 8, 0)
    check_trainer_settings(Adam(), Augmentation(), np.int64(1), 2**63 - 1)
    check_fit_settings(8, 8)
    check_fit_settings(np.int64(9), 8, schedule=Schedule(0.5), epochs=0.5)
    check_fit_settings(9, 8, epochs="not looked at", total_images=1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"optimizer": "adam"},
            r"^optimizer is 'adam'; it must be of type Optimizer, for exam",
        ),
        ({"optimizer": Adam}, r"^optimizer is <class .*; it must be of type Optimizer"),
        ({"augmentation": True}, r"^augmentation is True; it must be of type Augmentation"),
        ({"sections": 0}, r"^sections is 0; it must be a whole number of at least 1\.$"),
        (
            {"clip_norm": 0},
            r"^clip_norm is 0; it must be a finite number above 0, for example 1\.0",
        ),
        (
            {"average": 0.9},
            r"^average is 0\.9; it must be of type BaseAverage, for example Exponen",
        ),
        ({"seed": -1}, r"^seed is -1; it must be a whole number of at least 0 and at most 92233"),
    ],
)
def test_what_no_trainer_can_have(changes, message):
    settings = {"optimizer": Adam(), "augmentation": None, "sections": 8, "seed": 0}
    with pytest.raises(ConfigurationError, match=message):
        check_trainer_settings(**settings | changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"batch_size": 7},
            r"^batch_size 7 is smaller than sections 8, but each section needs ",
        ),
        ({"batch_size": 8.0}, r"^batch_size is 8\.0; it must be a whole number of at least 1\.$"),
        (
            {"schedule": 0.5},
            r"^schedule is 0\.5; it must be of type BaseSchedule, for example Sche",
        ),
        ({"epochs": 0}, r"^epochs is 0; it must be a finite number above 0\.$"),
        (
            {"total_images": 0},
            r"^total_images is 0; it must be a whole number of at least 1 and",
        ),
    ],
)
def test_what_no_call_can_do(changes, message):
    with pytest.raises(ConfigurationError, match=message):
        check_fit_settings(**{"batch_size": 8, "sections": 8} | changes)


def test_weights_have_mean_one():
    assert checked_weights(None, 3).tolist() == [1, 1, 1]
    assert checked_weights([1, 0, 5], 3).tolist() == [0.5, 0, 2.5]


def test_weights_may_stay_what_they_are():
    assert checked_weights(None, 3, normalize=False).tolist() == [1, 1, 1]
    assert checked_weights([1, 0, 5], 3, normalize=False).tolist() == [1, 0, 5]
    with pytest.raises(DataError, match=r"goes up to 1e\+16; without normalize_weights it must be"):
        checked_weights([1, 1e16, 5], 3, normalize=False)


@pytest.mark.parametrize("normalize", [True, False])
def test_bad_weights_are_refused(normalize):
    for bad in ([1, 2], [0, 0, 0], [-1, 2, 2], [np.nan, 1, 1]):
        with pytest.raises(DataError, match="sample_weight"):
            checked_weights(bad, 3, normalize=normalize)


def test_counts():
    assert count_images(100, 2.5, None) == 250
    assert count_images(100, 2.5, 7) == 7
    assert count_images(100, 0.001, None) == 1
    for epochs in (0, np.inf, np.nan, -1):
        with pytest.raises(ConfigurationError, match=r"epochs is .*; it must be a finite number"):
            count_images(100, epochs, None)


def test_numbers_of_images_beyond_all_measure_are_refused():
    with pytest.raises(ConfigurationError, match=r"epochs is 1e\+300, which makes 1e\+301 images"):
        count_images(10, 1e300, None)
    with pytest.raises(ConfigurationError, match="total_images is 1000000000000000000; it must"):
        count_images(10, 1, 10**18)


def test_weights_that_are_text_are_refused():
    with pytest.raises(DataError, match="sample_weight is 'abcd'; it must be a list of one number"):
        checked_weights("abcd", 3)
