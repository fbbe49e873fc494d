"""Other losses than cross-entropy, through whole trainings: the same bits, kills, checkpoints."""

import numpy as np
import pytest

from pellucid import (
    SGD,
    Augmentation,
    BinaryCrossEntropy,
    Checkpoints,
    CrossEntropy,
    Dense,
    Huber,
    MeanSquaredError,
    Network,
    ReLU,
    Trainer,
    fingerprint,
    open_executor,
)
from pellucid.errors import CheckpointError, DataError, DivergenceError
from tests.training.examples import NETWORK, bright_corners
from tests.training.trainings import all_bits

COUNT = 150
IMAGES, CLASSES = bright_corners(COUNT)
CORNERS = np.eye(4)[CLASSES]
WEIGHTS = np.random.default_rng(1).uniform(0.5, 2.0, COUNT)
LOSSES = {
    "smoothed": (CrossEntropy(label_smoothing=0.1), CLASSES),
    "labels": (BinaryCrossEntropy(), np.maximum(CORNERS, np.roll(CORNERS, 1, axis=1))),
    "numbers": (MeanSquaredError(), CORNERS - 0.25),
    "robust": (Huber(0.5), 3 * CORNERS),
}
each_loss = pytest.mark.parametrize("name", LOSSES)


def trainer_of(name, **settings):
    network = Network(NETWORK.layers, NETWORK.input_shape, LOSSES[name][0])
    return Trainer(network, augmentation=Augmentation(), **settings)


def train(name, stop=None, resume=False, folder=None, **settings):
    with trainer_of(name, **settings) as trainer:
        trainer.fit(
            IMAGES, LOSSES[name][1], total_images=430, batch_size=60, sample_weight=WEIGHTS,
            checkpoints=None if folder is None else Checkpoints(folder, every_updates=1),
            resume=resume, on_update=lambda update: update.update == stop,
        )  # fmt: skip
        return all_bits(trainer)


@each_loss
def test_who_works_changes_no_bit(name):
    expected = train(name, workers=1)
    for workers in (2, 3, 8):
        assert train(name, workers=workers) == expected
    for executor in ("threads", "processes"):
        with open_executor(executor, 2) as opened:
            assert train(name, executor=opened) == expected


@each_loss
def test_a_training_that_was_stopped_goes_on_to_the_same_bits(name, tmp_path):
    whole = train(name)
    train(name, stop=3, folder=tmp_path)
    train(name, stop=5, folder=tmp_path, resume=True)
    assert train(name, folder=tmp_path, resume=True) == whole


def test_a_checkpoint_of_another_loss_or_of_other_targets_is_refused(tmp_path):
    train("numbers", stop=2, folder=tmp_path)
    with pytest.raises(CheckpointError, match=r"loss is MeanSquaredError\(\) there and H"):
        train("robust", folder=tmp_path, resume=True)
    trainer = trainer_of("numbers")
    with pytest.raises(CheckpointError, match="the data's labels differ"):
        trainer.fit(
            IMAGES, CORNERS, total_images=430, batch_size=60, sample_weight=WEIGHTS,
            checkpoints=Checkpoints(tmp_path), resume=True,
        )  # fmt: skip


@each_loss
def test_it_learns(name):
    # Of eight hidden units the larger numbers switch too many off for good.
    layers = [*NETWORK.layers[:4], Dense(32), ReLU(), Dense(4)]
    with Trainer(Network(layers, NETWORK.input_shape, LOSSES[name][0])) as trainer:
        history = trainer.fit(IMAGES, LOSSES[name][1], epochs=60, batch_size=32)
        found = trainer.evaluate(IMAGES, LOSSES[name][1])
    assert history.updates[0].accuracy < 0.5
    assert history.updates[-1].accuracy > 0.9
    assert found.accuracy > 0.9
    assert found.kind == LOSSES[name][0].targets
    assert f"of 4 {found.kind}>" in repr(found)


def test_a_single_output():
    network = Network(
        [*NETWORK.layers[:-1], type(NETWORK.layers[-1])(1)], NETWORK.input_shape, MeanSquaredError()
    )
    target, prints = (CLASSES > 1).astype(float), set()
    for targets in (target, target[:, None], target > 0):
        with Trainer(network) as trainer:
            history = trainer.fit(IMAGES, targets, epochs=30, batch_size=32)
            prints.add(fingerprint(trainer))
    assert len(prints) == 1
    assert history.updates[-1].accuracy > 0.8
    with pytest.raises(DataError, match=r"shape \(150, 4\), but the network has 1 outputs"):
        trainer.step(IMAGES, CORNERS)


@each_loss
def test_divergence_is_traced_to_its_layer(name):
    trainer = trainer_of(name, optimizer=SGD(0.1))
    NETWORK.views(trainer.parameters)["w3"][...] = np.inf
    before = fingerprint(trainer)
    with pytest.raises(DivergenceError, match=r"in the output of layer 7, Dense\(4\)"):
        trainer.step(IMAGES, LOSSES[name][1])
    assert fingerprint(trainer) == before
