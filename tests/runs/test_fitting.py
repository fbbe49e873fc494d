"""How a run calls the trainer: with what its settings say, and nothing else."""

import dataclasses

from pellucid import EarlyStopping
from pellucid.runs.fitting import fit_arguments
from pellucid.runs.held_back import hold_back
from tests.runs.examples import DIGITS, QUICK


def test_what_is_not_set_is_not_said():
    digits = DIGITS()
    found = fit_arguments(QUICK, digits, None)
    assert set(found) == {"images", "labels", "total_images", "batch_size", "schedule"}
    assert found["images"] is digits.train_images
    assert (found["total_images"], found["batch_size"]) == (1024, 128)
    assert found["schedule"] == QUICK.schedule


def test_what_is_set_is_said():
    settings = dataclasses.replace(QUICK, patience=3, class_weight="balanced")
    digits, held_back = hold_back(settings, DIGITS())
    found = fit_arguments(settings, digits, held_back)
    assert found["early_stopping"] == EarlyStopping(3)
    assert found["validation_data"][0] is held_back.images
    assert found["validation_every"] is None  # each pass: what patience counts
    assert len(found["sample_weight"]) == len(digits.train_images)
