import dataclasses
import json

import numpy as np
import pytest

from pellucid import Adam, Augmentation, Schedule, Trainer
from pellucid.errors import ConfigurationError, DataError
from pellucid.training.call import Call, checked_weights, count_images, whole
from tests.training.examples import NETWORK, bright_corners

IMAGES, LABELS = bright_corners(20)
CALL = Call(images=50, batch_size=16, schedule=Schedule(0.5, 0.5), first_pass=3, before=4)


def settings(call=CALL, weights=None, **trainer):
    weights = np.ones(20) if weights is None else weights
    return call.settings(Trainer(NETWORK, **trainer), IMAGES, LABELS, weights)


def test_settings_are_json_ready_and_hold_all_that_bits_depend_on():
    first = settings()
    assert json.loads(json.dumps(first)) == first
    others = [
        settings(optimizer=Adam(np.float32(0.5))),
        settings(augmentation=Augmentation()),
        settings(sections=4),
        settings(seed=1),
        settings(weights=np.arange(20) / 9.5),
        settings(dataclasses.replace(CALL, images=51)),
        settings(dataclasses.replace(CALL, batch_size=17)),
        settings(dataclasses.replace(CALL, schedule=Schedule())),
        CALL.settings(Trainer(NETWORK), 255 - IMAGES, LABELS, np.ones(20)),
        CALL.settings(Trainer(NETWORK), IMAGES, 3 - LABELS, np.ones(20)),
    ]
    assert all(other != first for other in others)
    assert len({json.dumps(other) for other in others}) == len(others)


def test_settings_are_not_of_workers_or_of_where_the_call_began():
    assert settings(workers=3) == settings(workers=1)
    assert settings(dataclasses.replace(CALL, first_pass=0, before=0)) == settings()


def test_the_rate_is_that_of_the_schedule():
    # 50 images in batches of 16 are 3 updates.
    assert [CALL.factor(n) for n in (1, 2, 3)] == [
        Schedule(0.5, 0.5).factor(n, 3) for n in (1, 2, 3)
    ]


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


def test_whole_numbers():
    assert whole("a", np.int64(3), least=1) == 3
    for bad in (0, 2.0, True, "3", None):
        with pytest.raises(ConfigurationError, match=r"^a is .*; it must be a whole number of at"):
            whole("a", bad, least=1)
