import dataclasses

import pytest

from pellucid import Checkpoints, fingerprint
from pellucid.errors import CheckpointError, ConfigurationError
from pellucid.runs.plan import Plan
from pellucid.runs.ready import make_ready, make_trainer
from pellucid.runs.run import reference_run
from tests.runs.examples import DIGITS, QUICK, say_nothing, use_data


def test_all_of_it_is_there_and_said():
    lines = []
    ready = make_ready(dataclasses.replace(QUICK, validation_share=0.1), lines.append)
    digits = DIGITS()
    held = len(ready.held_back.labels)
    assert len(ready.dataset.train_images) + held == len(digits.train_images)
    assert ready.data_fingerprint == digits.fingerprint()
    assert ready.network.input_shape == (1, 28, 28)
    assert lines[0].startswith("Data: digits, ")
    assert lines[1] == f"{held} more training images are held back to validate."
    assert ready.configuration["data"] == "digits"
    assert ready.configuration["batch_size"] == 128
    with make_trainer(ready.network, ready.settings, workers=1) as trainer:
        assert (trainer.workers, trainer.seed) == (1, QUICK.seed)


def test_a_plan_is_completed():
    asked = Plan.of({"data": "digits", "network": "Flatten, Dense(16), ReLU", "epochs": 2})
    ready = make_ready(asked, say_nothing)
    assert ready.settings.network.startswith("Flatten")
    assert ready.settings.images == 2 * len(ready.dataset.train_images)


def test_it_starts_from_the_model_that_settings_name(finished):
    folder, metrics, _ = finished
    asked = dataclasses.replace(QUICK, start_from=str(folder))
    with make_ready(asked, say_nothing).trainer() as trainer:
        assert fingerprint(trainer.parameters) == metrics.fingerprint


def test_settings_are_checked_before_data_is_read(no_data):
    with pytest.raises(ConfigurationError, match="patience"):
        make_ready(dataclasses.replace(QUICK, patience=0), say_nothing)


def test_a_run_is_gone_on_with_by_its_own_data_alone(tmp_path, no_pictures, monkeypatch):
    reference_run(QUICK, tmp_path, say_nothing, checkpoints=Checkpoints("", every_updates=4))
    make_ready(QUICK, say_nothing, resumed=tmp_path)
    digits = DIGITS()
    fewer = {"test_images": digits.test_images[:9], "test_labels": digits.test_labels[:9]}
    use_data(monkeypatch, dataclasses.replace(digits, **fewer))
    with pytest.raises(CheckpointError, match="the data's test images or their labels differ"):
        make_ready(QUICK, say_nothing, resumed=tmp_path)
