"""What is wrong is told before work starts, and leaves nothing behind."""

import dataclasses

import pytest

from pellucid import data
from pellucid.errors import (
    ConfigurationError,
    DataError,
)
from pellucid.runs.run import reference_run
from tests.runs.examples import (
    FILES,
    QUICK,
    contents,
    say_nothing,
    tiny_data,
    use_data,
)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"images": 0}, "images is 0; at least 1 is needed."),
        ({"images": 10**30}, "which is more than 10,000,000 updates of batch_size 128; use fewer."),
        (
            {"batch_size": 7},
            "batch_size 7 is smaller than sections 8, but each section needs an image; use "
            "sections=7 or a larger batch_size.",
        ),
        ({"sections": 0}, "sections is 0; it must be a whole number of at least 1."),
        ({"workers": 0}, "workers is 0; it must be a whole number of at least 1"),
        ({"seed": -1}, "seed is -1; it must be a whole number"),
        ({"seed": 2**64}, f"seed is {2**64}; it must be a whole number"),
    ],
)
def test_wrong_settings_are_told_before_data_is_fetched(tmp_path, no_data, settings, message):
    with pytest.raises(ConfigurationError) as caught:
        reference_run(dataclasses.replace(QUICK, **settings), tmp_path / "run", say_nothing)
    assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"executor": "dask"}, "executor is 'dask'; it must be threads, processes, dask://HOST"),
        ({"executor": "mpi", "workers": 2}, "workers is 2, but with executor mpi the workers are"),
    ],
)
def test_executors_are_checked_before_data_is_loaded(monkeypatch, tmp_path, changes, message):
    monkeypatch.setattr(data, "load", None)
    with pytest.raises(ConfigurationError, match=message):
        reference_run(dataclasses.replace(QUICK, **changes), tmp_path / "run", print)


def test_images_that_are_too_small(tmp_path, monkeypatch):
    use_data(monkeypatch, tiny_data(side=9))
    with pytest.raises(DataError) as caught:
        reference_run(QUICK, tmp_path / "run", say_nothing)
    assert str(caught.value) == (
        "The images of tiny are 9 x 9, too small for the reference network; it needs 10 x 10 at "
        "least. The recipe auto has one that fits: recipe auto."
    )
    assert list(tmp_path.iterdir()) == []


def test_the_smallest_images(tmp_path, monkeypatch):
    use_data(monkeypatch, tiny_data(side=10))
    reference_run(QUICK, tmp_path, say_nothing)
    assert contents(tmp_path).keys() == FILES


def test_a_single_class_is_told_with_the_data_s_name(tmp_path, monkeypatch):
    whole = tiny_data()
    one = dataclasses.replace(
        whole, train_labels=whole.train_labels * 0, test_labels=whole.test_labels * 0,
        classes=("cat",),
    )  # fmt: skip
    use_data(monkeypatch, one)
    with pytest.raises(DataError, match="tiny has only the class 'cat'; a network needs two to t"):
        reference_run(QUICK, tmp_path / "run", say_nothing)


def test_no_test_images(tmp_path, monkeypatch):
    whole = tiny_data()
    nothing = dataclasses.replace(
        whole, test_images=whole.test_images[:0], test_labels=whole.test_labels[:0]
    )
    use_data(monkeypatch, nothing)
    with pytest.raises(DataError, match="tiny needs both training and test images; one of them"):
        reference_run(QUICK, tmp_path / "run", say_nothing)
    assert list(tmp_path.iterdir()) == []
