"""A digit drawn small in a corner of a large picture is read like the same digit centered."""

from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from pellucid import Adam, Augmentation, Preprocessing, Schedule, Trainer
from pellucid.network import presets

COUNT = 250
PAPERS = [(0, 255), (255, 0), (240, 30), (25, 220)]  # background, ink


@contextmanager
def trained(mnist, total_images):
    """Yield what has learned MNIST's training images, for a test of their test images."""
    with Trainer(
        presets.reference(),
        optimizer=Adam(learning_rate=0.05),
        augmentation=Augmentation(rotation=(-15.0, 15.0)),
    ) as trainer:
        trainer.fit(
            mnist.train_images, mnist.train_labels, total_images=total_images,
            schedule=Schedule(warmup=0.3, cooldown=0.3),
        )  # fmt: skip
        yield trainer


@pytest.fixture(scope="module")
def trainer(mnist):
    with trained(mnist, 81_000) as trainer:
        yield trainer


def pasted(digit, random):
    """Return a digit of a random size at a random place of a larger picture, on some paper."""
    side = int(random.integers(20, 140))
    height, width = (int(n) for n in random.integers(side + 8, 6 * side, 2))
    top, left = (
        int(random.integers(3, height - side - 3)),
        int(random.integers(3, width - side - 3)),
    )
    enlarged = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    picture = np.zeros((height, width))
    picture[top : top + side, left : left + side] = enlarged
    background, ink = PAPERS[int(random.integers(len(PAPERS)))]
    picture = np.rint(background + (ink - background) * (picture / 255)).astype(np.uint8)
    return np.repeat(picture[:, :, np.newaxis], 3, axis=2) if random.random() < 0.5 else picture


def test_pasted_digits_are_read_as_the_originals_are(mnist, trainer):
    random = np.random.default_rng(0)
    chosen = random.choice(len(mnist.test_images), COUNT, replace=False)
    images, labels = mnist.test_images[chosen], mnist.test_labels[chosen]
    preprocessing = Preprocessing((28, 28))
    found = np.stack([preprocessing.picture(pasted(image, random)) for image in images])
    originals = trainer.evaluate(images, labels).accuracy
    assert originals > 0.9
    assert trainer.evaluate(found, labels).accuracy >= 0.95 * originals


def test_a_seven_in_the_corner_of_a_large_white_picture(mnist, trainer):
    sevens = mnist.test_images[mnist.test_labels == 7][:150]
    preprocessing = Preprocessing((28, 28))
    corner = []
    for seven in sevens:
        picture = np.full((900, 1200), 255, np.uint8)
        picture[8:36, 8:36] = 255 - seven
        corner.append(preprocessing.picture(picture))
    labels = np.full(len(sevens), 7)
    centered = trainer.evaluate(sevens, labels).accuracy
    assert trainer.evaluate(np.stack(corner), labels).accuracy >= 0.95 * centered
    assert centered > 0.9
