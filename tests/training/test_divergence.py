"""What is said of NaN and infinity: the layer and the images, whatever made them."""

import numpy as np
import pytest

from pellucid import (
    Adam,
    Augmentation,
    Checkpoints,
    Conv2D,
    Dense,
    Flatten,
    MaxPool2D,
    Network,
    ReLU,
    Sigmoid,
    Trainer,
    fingerprint,
)
from pellucid.errors import DivergenceError
from pellucid.training.checkpoints import newest_checkpoint
from tests.training.examples import NETWORK, bits, bright_corners

IMAGES, LABELS = bright_corners(60)
LAYERS = dict(enumerate(("Conv2D(5, 3)", "ReLU()", "MaxPool2D(2)", "Flatten()", "Dense(8)",
                         "ReLU()", "Dense(4)"), start=1))  # fmt: skip


def diverges(trainer, images=IMAGES, labels=LABELS, **call):
    with pytest.raises(DivergenceError) as error:
        trainer.fit(images, labels, **{"batch_size": 20} | call)
    trainer.close()
    return error.value


@pytest.mark.parametrize(
    ("name", "layer", "bad"),
    [(name, layer, bad)
     for name, layer in (("f1", 1), ("b1", 1), ("w2", 5), ("b2", 5), ("w3", 7), ("b3", 7))
     for bad in (np.nan, np.inf)] + [("f1", 1, 3e38), ("w2", 5, 3e38)],
)  # fmt: skip
def test_the_layer_is_the_one_that_was_made_bad(name, layer, bad):
    trainer = Trainer(NETWORK)
    trainer.step(IMAGES[:8], LABELS[:8])
    NETWORK.views(trainer.parameters)[name][...] = bad
    before = trainer.parameters.tobytes()
    error = diverges(trainer)
    assert error.layer == f"layer {layer}, {LAYERS[layer]}"
    assert error.update == 2
    assert len(error.images) == 20  # every image passes the layer
    assert (
        f"it first appears in the output of {error.layer}, for all of the batch's 20 images "
        f"(number {error.images[0]}, "
    ) in str(error)
    assert trainer.parameters.tobytes() == before


@pytest.mark.parametrize("augmentation", [None, Augmentation()], ids=["plain", "randomized"])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_the_images_are_those_that_give_it(augmentation, kind):
    """A filter that overflows where two neighbors are white does so for white images only."""
    images, white = np.zeros((50, 1, 10, 11), np.uint8), [3, 4, 17, 30, 31, 44, 49]
    images[white] = 255
    images = images if kind == np.uint8 else (images / 255).astype(np.float32)
    trainer = Trainer(NETWORK, augmentation=augmentation)
    NETWORK.views(trainer.parameters)["f1"][...] = 3e38
    NETWORK.views(trainer.parameters)["b1"][...] = 0
    # Noise would make every image overflow.
    if augmentation is not None:
        trainer.augmentation = Augmentation(noise_probability=(0, 0), shift=(0, 0))
    error = diverges(trainer, images, np.arange(50) % 4, batch_size=50)
    assert sorted(error.images) == white
    assert error.layer == "layer 1, Conv2D(5, 3)"
    first = ", ".join(map(str, error.images[:5]))
    assert str(error) == (
        "The loss is nan in update 1: it first appears in the output of layer 1, Conv2D(5, 3), for "
        f"7 of the batch's 50 images (number {first} and 2 more of the data); lower the learning "
        "rate (now 0.01). The parameters are those before this update."
    )


def test_one_image():
    images = np.zeros((50, 1, 10, 11), np.uint8)
    images[12] = 255
    trainer = Trainer(NETWORK)
    NETWORK.views(trainer.parameters)["f1"][...] = 3e38
    NETWORK.views(trainer.parameters)["b1"][...] = 0
    error = diverges(trainer, images, np.arange(50) % 4, batch_size=25)
    assert error.images == (12,)
    assert "for 1 of the batch's 25 images (number 12 of the data); lower" in str(error)
    assert error.update in (1, 2)


def test_a_gradient_alone():
    """The outputs are 3.3e38 and less; what goes back to the sigmoid is twice 2.2e38."""
    network = Network([Flatten(), Dense(3), Sigmoid(), Dense(2)], (2, 2))
    trainer = Trainer(network)
    views = network.views(trainer.parameters)
    views["w1"][...] = 0
    views["b1"][...] = 0
    views["w2"][...] = np.array([[2.2e38], [-2.2e38]], np.float32)
    images = np.full((16, 2, 2), 255, np.uint8)
    before = fingerprint(trainer)
    error = diverges(trainer, images, np.ones(16, np.int64), batch_size=16)
    assert fingerprint(trainer) == before
    assert sorted(error.images) == list(range(16))
    assert str(error).startswith(
        "The gradient is not finite in update 1: it first appears in the gradient of layer 2, "
        "Dense(3), for all of the batch's 16 images (number "
    )


def test_sums_over_images_that_are_finite_each():
    """The gradient of the last layer's weights, summed, is more than float32 holds."""
    network = Network([Flatten(), Dense(2), Dense(2)], (2, 2))
    trainer = Trainer(network, sections=1)
    views = network.views(trainer.parameters)
    views["w1"][...] = 0
    views["b1"][...] = 2e38
    views["w2"][...] = 0
    images = np.full((64, 2, 2), 255, np.uint8)
    error = diverges(trainer, images, np.zeros(64, np.int64), batch_size=64)
    assert error.layer == "layer 3, Dense(2)"
    assert error.images == ()
    assert str(error).startswith(
        "The gradient is not finite in update 1: it first appears in the gradient of layer 3, "
        "Dense(2), in the sum over the batch's 64 images, none of which has it alone; lower the"
    )


@pytest.mark.parametrize("workers", [1, 3])
def test_a_learning_rate_that_is_too_high(workers, tmp_path):
    """The run stops in the update; the last finite checkpoint stays."""
    network = Network([Conv2D(4, 3), ReLU(), MaxPool2D(2), Flatten(), Dense(4)], (10, 11))
    trainer = Trainer(network, optimizer=Adam(1e22), workers=workers)
    error = diverges(trainer, epochs=20, checkpoints=Checkpoints(tmp_path, every_updates=1, keep=2))
    assert error.update == len(trainer.history) + 1 > 1
    kept = newest_checkpoint(tmp_path, print).state
    assert len(kept.updates) == len(trainer.history)
    np.testing.assert_array_equal(kept.parameters, trainer.parameters)
    assert np.isfinite(kept.parameters).all()
    assert error.layer is not None
    assert "lower the learning rate (now 1e+22)" in str(error)
    again = Trainer(network, optimizer=Adam(1e22), workers=2)
    with pytest.raises(DivergenceError) as same:
        again.fit(
            IMAGES, LABELS, batch_size=20, epochs=20, checkpoints=Checkpoints(tmp_path),
            resume=True,
        )  # fmt: skip
    again.close()
    assert (str(same.value), same.value.images) == (str(error), error.images)


def test_a_step_that_is_not_finite_changes_nothing(tmp_path):
    """The first moment of parameters whose gradient is 0 now is divided by eps alone."""
    trainer = Trainer(NETWORK, optimizer=Adam(0.05, beta2=0.0, eps=1e-45))
    trainer.step(IMAGES[:20], LABELS[:20])
    NETWORK.views(trainer.parameters)["b2"][...] = -1e6  # the ReLU after it lets nothing pass
    before = bits(trainer.state)
    error = diverges(trainer, checkpoints=Checkpoints(tmp_path, every_updates=1))
    assert bits(trainer.state) == before
    assert (error.update, error.images) == (2, ())
    assert str(error) == (
        "Adam's step is not finite in update 2: the first parameter that it would make infinite is "
        "one of layer 1, Conv2D(5, 3); lower the learning rate (now 0.05) or raise eps (now "
        "1e-45). The parameters are those before this update."
    )
    assert error.layer == "layer 1, Conv2D(5, 3)"
    assert np.isfinite(newest_checkpoint(tmp_path, print).state.parameters).all()
