"""What the accuracy benchmark trains and tests on, and that its smallest case runs."""

import argparse
import dataclasses

import numpy as np
import pytest

from benchmarks import accuracy_records
from benchmarks.accuracy_records import CASES, parts, small, trained
from benchmarks.small_sets import drawn
from pellucid import data
from pellucid.recipes import Brief, named

DIGITS = data.load("digits")


def test_images_held_back_are_training_images_that_are_not_trained_on():
    train, test = parts(DIGITS, is_test=False)
    both = np.concatenate([train[0], test[0]])
    assert len(both) == len(DIGITS.train_labels)
    assert sorted(image.tobytes() for image in both) == sorted(
        image.tobytes() for image in DIGITS.train_images
    )
    train, test = parts(DIGITS, is_test=True)
    assert len(train[1]) == len(DIGITS.train_labels)
    np.testing.assert_array_equal(test[0], DIGITS.test_images)


def test_the_small_network_is_small():
    assert small(Brief((1, 28, 28), 10, 50_000)).network.trained_size < 8000


def test_draws_hold_as_many_of_each_class_and_nothing_twice():
    train, test = drawn(DIGITS.train_labels, 20, seed=3)
    assert (np.bincount(DIGITS.train_labels[train]) == 20).all()
    assert not set(train) & set(test)
    assert drawn(DIGITS.train_labels, 500, seed=3) is None


def test_a_case_is_trained_and_told(capsys):
    case = accuracy_records.Case("digits", "digits", _short)
    accuracy_records.run(case, DIGITS, argparse.Namespace(test=False, seeds=2, peer=False))
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.startswith("  Pellucid")
    assert line.count("%") == 1
    found = [trained(_short(Brief((1, 28, 28), 10, 100)), *parts(DIGITS, is_test=False), seed)
             for seed in range(2)]  # fmt: skip
    assert f"{100 * np.mean([accuracy for accuracy, _ in found]):.2f}%" in line


def _short(brief):
    return dataclasses.replace(named("plain", brief), images=640, batch_size=64)


@pytest.mark.parametrize("name", CASES)
def test_every_case_has_data_or_asks_for_photos(name):
    assert CASES[name].data is not None or name.startswith("photos")
