"""Whoever works on the sections, the bits are the same."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pellucid import Augmentation, Trainer
from pellucid.errors import ConfigurationError
from tests.execution.digests import IMAGES, LABELS, digest_of_training
from tests.training.examples import NETWORK


@pytest.mark.parametrize("augmentation", [None, Augmentation()], ids=["as they are", "randomized"])
@pytest.mark.parametrize(
    "weights", [None, np.linspace(0.5, 2.0, len(LABELS))], ids=["plain", "weighted"]
)
def test_threads_of_any_number(weights, augmentation):
    settings = {"weights": weights, "augmentation": augmentation}
    found = {digest_of_training(None, workers=n, **settings) for n in (1, 2, 3, 8)}
    with ThreadPoolExecutor(3) as pool:
        found.add(digest_of_training(pool, **settings))
    assert len(found) == 1


def test_a_pool_of_threads_is_handed_the_images_as_they_are(monkeypatch):
    """They share our memory, so nothing is written to a file or sent."""
    monkeypatch.setattr("pellucid.execution.runner.Driver", None)
    with ThreadPoolExecutor(2) as pool, Trainer(NETWORK, executor=pool) as trainer:
        assert len(trainer.fit(IMAGES, LABELS, batch_size=100)) == 3


@pytest.mark.parametrize("wrong", ["processes", 2, ThreadPoolExecutor, object()])
def test_what_is_no_executor_is_refused(wrong):
    with pytest.raises(
        ConfigurationError, match=r"executor is .*; it must be a concurrent\.futures"
    ):
        Trainer(NETWORK, executor=wrong)
