import time

import numpy as np

from pellucid import Dense, Flatten, Network, Trainer
from pellucid.recipes.pace import images_within


def test_what_was_promised_takes_about_as_long():
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (512, 28, 28)).astype(np.uint8)
    labels = np.arange(512) % 10
    network = Network([Flatten(), Dense(64), Dense(10)], (28, 28))

    def make():
        return Trainer(network, workers=1)

    count = images_within(2.0, make, images, labels, 64)
    assert count % 64 == 0
    begun = time.perf_counter()
    with make() as trainer:
        trainer.fit(images, labels, total_images=count, batch_size=64)
    # Machines that others use are never even; what is wrong is wrong by more.
    assert 0.3 < time.perf_counter() - begun < 8


def test_a_batch_is_promised_in_any_case():
    images, labels = np.zeros((16, 4, 4), np.uint8), np.arange(16) % 2
    network = Network([Flatten(), Dense(2)], (4, 4))
    assert images_within(1e-9, lambda: Trainer(network), images, labels, 8) == 8
