import dataclasses
import json

import numpy as np

from pellucid import Adam, Augmentation, ExponentialAverage, Schedule, Trainer
from pellucid.training.batches import TrainingData
from pellucid.training.call import Call
from tests.training.examples import NETWORK, bright_corners

IMAGES, LABELS = bright_corners(20)
CALL = Call(images=50, batch_size=16, schedule=Schedule(0.5, 0.5))


def settings(call=CALL, weights=None, **trainer):
    data = TrainingData(IMAGES, LABELS, np.ones(20) if weights is None else weights)
    return call.settings(Trainer(NETWORK, **trainer), data)


def test_settings_are_json_ready_and_hold_all_that_bits_depend_on():
    first = settings()
    assert json.loads(json.dumps(first)) == first
    others = [
        settings(optimizer=Adam(np.float32(0.5))),
        settings(augmentation=Augmentation()),
        settings(sections=4),
        settings(clip_norm=1.0),
        settings(average=ExponentialAverage()),
        settings(average=ExponentialAverage(0.5)),
        settings(seed=1),
        settings(weights=np.arange(20) / 9.5),
        settings(dataclasses.replace(CALL, images=51)),
        settings(dataclasses.replace(CALL, batch_size=17)),
        settings(dataclasses.replace(CALL, schedule=Schedule())),
        CALL.settings(Trainer(NETWORK), TrainingData(255 - IMAGES, LABELS, np.ones(20))),
        CALL.settings(Trainer(NETWORK), TrainingData(IMAGES, 3 - LABELS, np.ones(20))),
    ]
    assert all(other != first for other in others)
    assert len({json.dumps(other) for other in others}) == len(others)


def test_settings_are_not_of_workers_or_of_where_the_call_began():
    assert settings(workers=3) == settings(workers=1)
    trainer, data = Trainer(NETWORK), TrainingData(IMAGES, LABELS, np.ones(20))
    before = CALL.settings(trainer, data)
    trainer.fit(IMAGES, LABELS, batch_size=10)
    assert CALL.settings(trainer, data) == before == settings()


def test_the_rate_is_that_of_the_schedule():
    # 50 images in batches of 16 are 3 updates.
    assert [CALL.factor(n) for n in (1, 2, 3)] == [
        Schedule(0.5, 0.5).factor(n, 3) for n in (1, 2, 3)
    ]
