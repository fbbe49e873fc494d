import os
import re
import signal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import (
    Adam,
    Augmentation,
    CNNClassifier,
    Dense,
    Flatten,
    Network,
    ReLU,
    Trainer,
    presets,
)
from pellucid.errors import DataError, NetworkError
from pellucid.estimator_training import (
    Epoch,
    Examples,
    Passes,
    batch_size_for,
    build_augmentation,
    build_network,
    passes_for,
    sections_for,
    split,
    train,
)
from pellucid.training import Update

NETWORK = Network([Flatten(), Dense(3)], (2, 2))


def examples(count=40, seed=0):
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (count, 1, 2, 2)).astype(np.uint8)
    return Examples(images, images.reshape(count, 4)[:, :3].argmax(axis=1), np.ones(count))


def run(held_back=None, trainer=None, data=None, **settings):
    """Train, and return the passes and the learning rate of every update."""
    rates = []

    class Noting(Trainer):
        def _update(self, images, batch, learning_rate):
            rates.append(learning_rate)
            return super()._update(images, batch, learning_rate)

    trainer = Noting(NETWORK, optimizer=Adam(1.0), workers=1) if trainer is None else trainer
    defaults = {"epochs": 20, "batch_size": 10, "patience": 3, "tell": lambda epoch: None}
    data = examples() if data is None else data
    return train(trainer, data, held_back, **(defaults | settings)), rates


class TestAuto:
    @given(st.integers(1, 10**9))
    def test_small_sets_are_gone_over_more_often_and_large_ones_take_longer(self, images):
        passes, more = passes_for("auto", images), passes_for("auto", 4 * images)
        assert 5 <= more <= passes <= 80
        assert 4 * images * more > images * passes
        assert passes_for(7, images) == 7

    @given(st.integers(1, 10**9), st.integers(1, 1000))
    def test_a_batch_is_never_more_than_there_is(self, images, wanted):
        assert batch_size_for(wanted, images) == min(wanted, images)
        size = batch_size_for("auto", images)
        assert size == images or 32 <= size <= 256

    def test_the_classifier_counts_different_images(self):
        X, y = np.eye(40, 64).reshape(40, 8, 8), np.arange(40) % 2
        for copies in (1, 4):
            classifier = CNNClassifier([Flatten()], random_state=0)
            classifier.fit(np.tile(X, (copies, 1, 1)), np.tile(y, copies))
            assert classifier.n_iter_ == passes_for("auto", 40)


class TestSchedule:
    def test_rises_over_a_tenth_and_falls_over_half(self):
        _, rates = run()
        assert len(rates) == 80
        np.testing.assert_allclose(rates[:8], np.arange(1, 9) / 8)
        assert (np.array(rates[8:40]) == 1).all()
        np.testing.assert_allclose(rates[40:], np.arange(40, 0, -1) / 40)

    def test_with_early_stopping_falls_over_the_last_passes(self):
        never_better = examples()._replace(labels=np.full(40, 2))
        never_better.images[:] = 0  # all logits are the biases, so all are right or none is
        for epochs, patience, level, fall in ((50, 3, 4, 3), (5, 3, 3, 2), (1, 9, 1, 0)):
            passes, rates = run(never_better, epochs=epochs, patience=patience)
            assert len(passes.losses) <= level + fall
            if fall:
                rising = np.arange(4 * fall, 0, -1) / (4 * fall)
                np.testing.assert_allclose(rates[-4 * fall :], rising)

    def test_levels_while_it_gets_better(self, monkeypatch):
        scores = iter(np.linspace(0.1, 1, 100))
        monkeypatch.setattr(np, "average", lambda *args, **kwargs: next(scores))
        passes, rates = run(examples(20, seed=1))
        assert len(passes.losses) == len(passes.scores) == 20
        assert (np.array(rates[8:68]) == 1).all()
        np.testing.assert_allclose(rates[68:], np.arange(12, 0, -1) / 12)


class TestPasses:
    @given(
        st.integers(1, 60), st.integers(1, 90), st.integers(1, 5), st.booleans()
    )  # fmt: skip
    def test_one_loss_a_pass(self, count, batch_size, epochs, held_back):
        told = []
        passes, _ = run(
            examples(7, seed=1) if held_back else None, data=examples(count),
            batch_size=batch_size, epochs=epochs, patience=epochs, tell=told.append,
        )  # fmt: skip
        assert len(passes.losses) == epochs
        assert [epoch.epoch for epoch in told] == list(range(1, epochs + 1))
        assert [epoch.loss for epoch in told] == passes.losses
        assert passes.scores == ([epoch.validation_score for epoch in told] if held_back else [])

    def test_losses_are_means_by_images(self):
        passes = Passes(Trainer(NETWORK), 30, None, 5, lambda epoch: None)
        for images, loss in ((20, 1.0), (15, 3.0), (25, 2.0)):
            assert not passes(Update(1, images, loss, 0.5, 0.0))
        assert passes.losses == [pytest.approx(65 / 35), 2.0]

    def test_begin_starts_a_pass_anew(self):
        passes = Passes(Trainer(NETWORK), 30, None, 5, lambda epoch: None)
        passes(Update(1, 35, 1.0, 0.5, 0.0))
        passes(Update(2, 20, 9.0, 0.5, 0.0))
        passes.begin()
        passes(Update(3, 20, 2.0, 0.5, 0.0))
        assert len(passes.losses) == 1
        passes(Update(4, 10, 2.0, 0.5, 0.0))
        assert passes.losses == [1.0, 2.0]

    def test_goes_back_to_the_best(self):
        trainer = Trainer(NETWORK, workers=1)
        best, other = np.zeros((2, trainer.parameters.size), np.float32)
        other[-1] = 9  # the last bias: all images look like class 2
        best[-2] = 9
        data = examples()._replace(labels=np.ones(40, np.int64))
        passes = Passes(trainer, 40, data, 2, lambda epoch: None)
        stops = []
        for vector in (other, best, best, other):
            trainer.parameters[:] = vector
            stops.append(passes(Update(1, 40, 1.0, 0.5, 0.0)))
        assert passes.scores == [0, 1, 1, 0]
        assert stops == [False, False, False, True]
        passes.finish()
        assert (trainer.parameters == best).all()

    def test_scores_are_weighted(self):
        trainer = Trainer(NETWORK, workers=1)
        trainer.parameters[:] = 0
        trainer.parameters[-2] = 9
        weights = np.where(np.arange(40) < 10, 5.0, 1.0)
        labels = np.where(np.arange(40) < 10, 1, 0)
        passes = Passes(trainer, 40, Examples(examples().images, labels, weights), 2, lambda e: 0)
        passes(Update(1, 40, 1.0, 0.5, 0.0))
        assert passes.scores == [50 / 80]


@pytest.mark.skipif(os.name == "nt", reason="Windows can't send Ctrl-C to one process")
def test_an_interrupt_keeps_what_was_learned_and_says_so():
    def interrupt(epoch: Epoch) -> None:
        if epoch.epoch == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.warns(UserWarning, match="interrupted after 2 of 20 passes; what was learned is"):
        passes, _ = run(tell=interrupt)
    assert len(passes.losses) == 2
    with pytest.warns(UserWarning, match="interrupted after 2 of 20 passes"):
        passes, _ = run(examples(20, seed=1), tell=interrupt, patience=20)
    assert len(passes.scores) == 2


class TestSplit:
    @given(st.lists(st.integers(0, 3), min_size=2, max_size=60), st.floats(0.05, 0.9))
    def test_takes_every_image_once(self, labels, fraction):
        labels = np.array(labels)
        count = int(np.ceil(fraction * len(labels)))
        if count == len(labels):
            return
        kept, held = split(labels, fraction, seed=2**40)
        assert len(held) == count
        assert sorted([*kept, *held]) == list(range(len(labels)))

    def test_takes_the_same_share_of_each_class(self):
        labels = np.repeat([0, 1, 2], [100, 50, 10])
        _, held = split(labels, 0.1, seed=0)
        assert np.bincount(labels[held]).tolist() == [10, 5, 1]

    def test_classes_that_are_rare_or_missing_are_no_trouble(self):
        labels = np.repeat([0, 5], [20, 1])
        kept, held = split(labels, 0.2, seed=0)
        assert (len(kept), len(held)) == (16, 5)

    def test_too_few_are_refused(self):
        with pytest.raises(DataError, match=re.escape("can't hold back 0.1 of 1 images")):
            split(np.zeros(1, np.int64), 0.1, 0)


class TestNetworks:
    def test_none_is_the_default(self):
        assert build_network(None, (1, 8, 8), 3) == presets.default((8, 8), 3)

    def test_a_list_is_closed_where_it_is_open(self):
        layers = (Flatten(), Dense(4), ReLU())
        assert build_network(layers, (1, 8, 8), 3).layers == (*layers, Dense(3))
        assert build_network([Flatten(), Dense(3)], (1, 8, 8), 3).layers == (Flatten(), Dense(3))

    @pytest.mark.parametrize(
        ("wanted", "message"),
        [
            (NETWORK, "The network takes images of shape (1, 2, 2) (channels, height, width), but X"
             " holds images of shape (1, 8, 8); set image_shape, or change the network."),
            (presets.default((8, 8), 4), "4 outputs, but y has 3 classes; end it with Dense(3)"),
            ([Flatten(), Dense(4)], "ends in 4 outputs, but y has 3 classes"),
            ("default", "network is 'default'; it must be a list of layers, a Network, or None"),
            ([], "A network needs at least one layer"),
            ([Flatten, Dense(3)], "write for example Dense(10) or ReLU(), with the brackets"),
            (7, "layers is 7; it must be a list of layers"),
            (Flatten(), "it must be a list of layers"),
        ],
    )  # fmt: skip
    def test_what_does_not_fit_is_named(self, wanted, message):
        with pytest.raises(NetworkError, match=re.escape(message)):
            build_network(wanted, (1, 8, 8), 3)


def test_augmentation_is_mild_and_only_for_what_is_large_enough():
    mild = build_augmentation("auto", (3, 20, 9))
    assert mild == Augmentation((0.9, 1.1), (-15, 15), (-0.9, 0.9), (0, 0))
    assert build_augmentation("auto", (1, 7, 30)) is None
    assert build_augmentation(None, (1, 28, 28)) is None
    own = Augmentation(shift=(0, 1))
    assert build_augmentation(own, (1, 1, 30)) is own


def test_a_section_needs_an_image():
    assert [sections_for(size) for size in (1, 7, 8, 1024)] == [1, 7, 8, 8]
