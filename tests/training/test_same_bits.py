"""The parameters depend on data, settings and seed alone."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import (
    AdamW,
    Augmentation,
    Checkpoints,
    Conv2D,
    CosineSchedule,
    Dense,
    ExponentialAverage,
    Flatten,
    MaxPool2D,
    Network,
    ReLU,
    Sigmoid,
    Trainer,
    fingerprint,
    open_executor,
)
from pellucid.errors import NetworkError
from tests.training.examples import DROPPING, NETWORK, bright_corners

COUNT = 300


def digest(
    images, labels, *, network=NETWORK, workers=2, seed=0, augmentation=None, batch_size=100,
    **settings,
):  # fmt: skip
    # 300 images in 4 1/3 passes: batches straddle passes, and 100 is no multiple of 16 or of 8.
    with Trainer(
        network, workers=workers, seed=seed, augmentation=augmentation, **settings
    ) as trainer:
        trainer.fit(images, labels, total_images=1300, batch_size=batch_size)
        return fingerprint(trainer)


@pytest.mark.parametrize("augmentation", [None, Augmentation()], ids=["plain", "randomized"])
@pytest.mark.parametrize("batch_size", [100, 128, 77])
def test_the_number_of_workers_changes_no_bit(augmentation, batch_size):
    images, labels = bright_corners(COUNT)
    found = {
        digest(images, labels, workers=n, augmentation=augmentation, batch_size=batch_size)
        for n in (1, 2, 3, 8)
    }
    assert len(found) == 1


@pytest.mark.parametrize("augmentation", [None, Augmentation()], ids=["plain", "randomized"])
def test_what_is_dropped_hangs_on_no_worker_executor_or_resume(augmentation, tmp_path):
    images, labels = bright_corners(COUNT)
    settings = {"network": DROPPING, "augmentation": augmentation}
    found = {digest(images, labels, workers=n, **settings) for n in (1, 2, 3, 8)}
    with open_executor("processes", workers=2) as executor:
        found.add(digest(images, labels, executor=executor, **settings))
    for resume in (False, True):
        with Trainer(DROPPING, augmentation=augmentation) as trainer:
            trainer.fit(
                images, labels, total_images=1300, batch_size=100, resume=resume,
                checkpoints=Checkpoints(tmp_path, every_updates=2),
                on_update=lambda update, resume=resume: update.update == 5 and not resume,
            )  # fmt: skip
            assert len(trainer.history) == (13 if resume else 5)
    found.add(fingerprint(trainer))
    assert len(found) == 1
    # Nothing is dropped without the layer, and another seed drops others.
    assert digest(images, labels, augmentation=augmentation) not in found
    start = Trainer(DROPPING).parameters
    ends = set()
    for seed in (1, 2):
        with Trainer(DROPPING, seed=seed) as trainer:
            trainer.parameters = start
            trainer.step(images[:100], labels[:100])
            ends.add(trainer.parameters.tobytes())
    assert len(ends) == 2


MIXING = [Augmentation(mixup=0.5), dataclasses.replace(Augmentation.photos(10), mixup=1.0)]


@pytest.mark.parametrize("augmentation", MIXING, ids=["digits", "photos"])
def test_what_is_mixed_hangs_on_no_worker_executor_or_resume(augmentation, tmp_path):
    images, labels = bright_corners(COUNT)
    settings = {"augmentation": augmentation, "network": DROPPING}
    found = {digest(images, labels, workers=n, **settings) for n in (1, 2, 3, 8)}
    with open_executor("processes", workers=2) as executor:
        found.add(digest(images, labels, executor=executor, **settings))
    for resume in (False, True):
        with Trainer(DROPPING, augmentation=augmentation) as trainer:
            trainer.fit(
                images, labels, total_images=1300, batch_size=100, resume=resume,
                checkpoints=Checkpoints(tmp_path, every_updates=2),
                on_update=lambda update, resume=resume: update.update == 5 and not resume,
            )  # fmt: skip
    found.add(fingerprint(trainer))
    assert len(found) == 1
    unmixed = dataclasses.replace(augmentation, mixup=0.0)
    assert digest(images, labels, augmentation=unmixed, network=DROPPING) not in found


@pytest.mark.parametrize("augmentation", [None, Augmentation()], ids=["plain", "randomized"])
def test_where_the_images_lie_changes_no_bit(augmentation, tmp_path):
    images, labels = bright_corners(COUNT)
    images.tofile(tmp_path / "images")
    on_disk = np.memmap(tmp_path / "images", np.uint8, "r", shape=images.shape)
    wide = np.zeros((2 * COUNT, 1, 10, 30), dtype=np.uint8)
    wide[::2, :, :, 3:25:2] = images
    same = {
        "memory": images,
        "disk": on_disk,
        "every second image of a wider array": wide[::2, :, :, 3:25:2],
        "Fortran order": np.asfortranarray(images),
        "without the axis of channels": images[:, 0],
        "whole numbers of another type": images.astype(np.int64),
        "reversed twice": images[::-1][::-1],
    }
    found = {digest(images, labels, augmentation=augmentation) for images in same.values()}
    assert len(found) == 1
    del on_disk


def test_where_floats_lie_changes_no_bit(tmp_path):
    images, labels = bright_corners(COUNT)
    floats = (images / 255.0).astype(np.float32)
    floats.tofile(tmp_path / "images")
    on_disk = np.memmap(tmp_path / "images", np.float32, "r", shape=images.shape)
    same = (floats, on_disk, np.asfortranarray(floats), floats.astype(">f4"), floats.astype("f8"))
    assert len({digest(images, labels) for images in same}) == 1
    del on_disk


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    images, labels = bright_corners(COUNT)
    for augmentation in (None, Augmentation()):
        same = [digest(images, labels, seed=5, augmentation=augmentation) for _ in range(2)]
        assert same[0] == same[1]
        assert same[0] != digest(images, labels, seed=6, augmentation=augmentation)
    assert same[0] != digest(images, labels, seed=5)


def test_steps_in_threads_of_their_own_change_no_bit():
    """A trainer stepped from the main thread, and one whose workers are kept for every step."""
    images, labels = bright_corners(90)
    found = set()
    for workers in (1, 4):
        trainer = Trainer(NETWORK, workers=workers, augmentation=Augmentation())
        for start in (0, 30, 60):
            trainer.step(images[start : start + 30], labels[start : start + 30])
            trainer.close()
        found.add(trainer.parameters.tobytes())
    assert len(found) == 1


def test_one_fit_is_a_fit_and_another():
    """Two whole passes in one call, or one in each of two calls: the same bits."""
    images, labels = bright_corners(COUNT)
    once, twice = Trainer(NETWORK), Trainer(NETWORK)
    once.fit(images, labels, epochs=2, batch_size=100)
    for _ in range(2):
        twice.fit(images, labels, epochs=1, batch_size=100)
    assert once.parameters.tobytes() == twice.parameters.tobytes()
    once.close()
    twice.close()


WORKERS = (1, 2, 3, 8)


@pytest.mark.parametrize("augmentation", [None, Augmentation()], ids=["plain", "randomized"])
@pytest.mark.parametrize("total", [1000, 1040, 1055, 1060, 1099], ids=lambda n: f"{n} images")
def test_the_last_batch_and_sample_weights(augmentation, total):
    """Batches of 100 whose last is smaller, or larger; weights from 0 to 5."""
    images, labels = bright_corners(COUNT)
    weights = np.random.default_rng(2).integers(0, 6, COUNT) / 3
    found = set()
    for workers in WORKERS:
        with Trainer(NETWORK, workers=workers, augmentation=augmentation) as trainer:
            trainer.fit(images, labels, total_images=total, batch_size=100, sample_weight=weights)
            found.add(fingerprint(trainer))
    assert len(found) == 1
    assert found != {digest(images, labels, augmentation=augmentation)}


@st.composite
def networks(draw):
    """Any stack of layers that fits: sizes, strides, paddings, and widths odd and even."""
    shape = (draw(st.integers(1, 3)), draw(st.integers(5, 12)), draw(st.integers(5, 12)))
    layers = []
    for _ in range(draw(st.integers(0, 2))):
        size = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
        layers.append(
            Conv2D(
                draw(st.integers(1, 9)), size, stride=draw(st.integers(1, 2)),
                padding=draw(st.sampled_from(["valid", "same", 1])),
            )
        )  # fmt: skip
        layers.append(draw(st.sampled_from([ReLU(), Sigmoid()])))
    if draw(st.booleans()):
        layers.append(MaxPool2D(draw(st.integers(1, 3)), stride=draw(st.integers(1, 3))))
    layers.append(Flatten())
    if draw(st.booleans()):
        layers += [Dense(draw(st.integers(1, 19))), draw(st.sampled_from([ReLU(), Sigmoid()]))]
    layers.append(Dense(draw(st.integers(2, 5))))
    try:
        return Network(layers, shape)
    except NetworkError:  # it got too small on the way
        return Network([Flatten(), Dense(3)], shape)


@given(networks(), st.integers(8, 90), st.integers(0, 2**40), st.booleans())
@settings(max_examples=30)
def test_networks_of_any_shape(network, batch_size, seed, is_random):
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (70, *network.input_shape), dtype=np.uint8)
    labels = random.integers(0, network.classes, 70)
    weights = random.uniform(0, 2, 70)
    found = set()
    for workers in WORKERS:
        with Trainer(
            network, workers=workers, seed=seed, augmentation=Augmentation() if is_random else None
        ) as trainer:
            trainer.fit(
                images, labels, total_images=150, batch_size=batch_size, sample_weight=weights
            )
            found.add(fingerprint(trainer))
    assert len(found) == 1


def test_all_that_is_done_to_a_gradient_and_after_it():
    """Clipping, weights that decay, a schedule, an average, and what is measured on the way."""
    images, labels = bright_corners(COUNT)
    found = set()
    for workers in WORKERS:
        with Trainer(
            NETWORK, optimizer=AdamW(0.01, weight_decay=0.1), clip_norm=0.3, workers=workers,
            average=ExponentialAverage(0.2, decay=0.9), augmentation=Augmentation(),
        ) as trainer:  # fmt: skip
            history = trainer.fit(
                images, labels, total_images=1300, batch_size=100, schedule=CosineSchedule(0.2),
                validation_data=bright_corners(130, seed=1), validation_every=5,
            )  # fmt: skip
            measured = tuple(history.validation_losses)
            found.add((fingerprint(trainer), fingerprint(trainer.averaged), measured))
    assert len(found) == 1
    assert len(measured) == 3
