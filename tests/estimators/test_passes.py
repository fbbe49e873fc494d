import os
import re
import signal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Adam, CNNClassifier, Dense, Flatten, Network, Trainer
from pellucid.errors import DataError
from pellucid.estimators.passes import (
    Epoch,
    Examples,
    Passes,
    split,
    train,
)
from pellucid.recipes.sizes import passes_for
from pellucid.training import Update

NETWORK = Network([Flatten(), Dense(3)], (2, 2))


def examples(count=40, seed=0):
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (count, 1, 2, 2)).astype(np.uint8)
    return Examples(images, images.reshape(count, 4)[:, :3].argmax(axis=1), np.ones(count))


def run(held_back=None, trainer=None, data=None, before=0, **settings):
    """Train, and return what was told and the learning rate of every update."""
    rates, told = [], []

    class Noting(Adam):
        def update(self, step):
            rates.append(step.learning_rate)
            return super().update(step)

    trainer = Trainer(NETWORK, optimizer=Noting(1.0), workers=1) if trainer is None else trainer
    data = examples() if data is None else data
    tell = settings.pop("tell", lambda epoch: None)

    def note(epoch):
        told.append(epoch)
        tell(epoch)

    patience = settings.pop("patience", 3)
    passes = Passes(trainer, len(data.labels), held_back, patience, note, before)
    train(trainer, data, passes, **({"epochs": 20, "batch_size": 10, "sections": 8} | settings))
    assert passes.count == len(told)
    return told, rates


class TestAuto:
    def test_the_classifier_counts_different_images(self):
        X, y = np.eye(40, 64).reshape(40, 8, 8), np.arange(40) % 2
        for copies in (1, 4):
            classifier = CNNClassifier([Flatten()], random_state=0)
            classifier.fit(np.tile(X, (copies, 1, 1)), np.tile(y, copies))
            assert classifier.n_iter_ == passes_for(40)


class TestSchedule:
    def test_rises_over_a_tenth_and_falls_over_half(self):
        _, rates = run()
        assert len(rates) == 80
        np.testing.assert_allclose(rates[:8], np.arange(1, 9) / 8)
        assert (np.array(rates[8:40]) == 1).all()
        np.testing.assert_allclose(rates[40:], np.arange(40, 0, -1) / 40)

    def test_with_early_stopping_falls_over_the_last_passes(self, monkeypatch):
        never_better = examples()
        monkeypatch.setattr(np, "average", lambda *args, **kwargs: 0.5)
        for epochs, patience, level, fall in ((50, 3, 4, 3), (5, 3, 3, 2), (1, 9, 1, 0)):
            told, rates = run(never_better, epochs=epochs, patience=patience)
            assert len(told) <= level + fall
            if fall:
                rising = np.arange(4 * fall, 0, -1) / (4 * fall)
                np.testing.assert_allclose(rates[-4 * fall :], rising)

    def test_levels_while_it_gets_better(self, monkeypatch):
        scores = iter(np.linspace(0.1, 1, 100))
        monkeypatch.setattr(np, "average", lambda *args, **kwargs: next(scores))
        told, rates = run(examples(20, seed=1))
        assert len(told) == 20
        assert (np.array(rates[8:68]) == 1).all()
        np.testing.assert_allclose(rates[68:], np.arange(12, 0, -1) / 12)


class TestPasses:
    @given(
        st.integers(1, 60), st.integers(1, 90), st.integers(1, 5), st.booleans()
    )  # fmt: skip
    def test_one_loss_a_pass(self, count, batch_size, epochs, held_back):
        told, _ = run(
            examples(7, seed=1) if held_back else None, data=examples(count),
            batch_size=batch_size, epochs=epochs, patience=epochs,
        )  # fmt: skip
        assert [epoch.epoch for epoch in told] == list(range(1, epochs + 1))
        assert all((epoch.validation_score is not None) == held_back for epoch in told)

    def test_numbers_go_on_after_earlier_passes(self):
        told, _ = run(before=4, epochs=2)
        assert [epoch.epoch for epoch in told] == [5, 6]

    def test_losses_are_means_by_images(self):
        told = []
        passes = Passes(Trainer(NETWORK), 30, None, 5, told.append)
        for images, loss in ((20, 1.0), (15, 3.0), (25, 2.0)):
            assert not passes(Update(1, images, loss, 0.5, 0.0))
        assert [epoch.loss for epoch in told] == [pytest.approx(65 / 35), 2.0]

    def test_begin_starts_a_pass_anew(self):
        told = []
        passes = Passes(Trainer(NETWORK), 30, None, 5, told.append)
        passes(Update(1, 35, 1.0, 0.5, 0.0))
        passes(Update(2, 20, 9.0, 0.5, 0.0))
        passes.begin()
        passes(Update(3, 20, 2.0, 0.5, 0.0))
        assert passes.count == 1
        passes(Update(4, 10, 2.0, 0.5, 0.0))
        assert [epoch.loss for epoch in told] == [1.0, 2.0]

    def follow(self, first, others, before=0):
        """Go through vectors of parameters; return the trainer, the scores and the stops."""
        trainer, told = Trainer(NETWORK, workers=1), []
        trainer.parameters[:] = first
        data = examples()._replace(labels=np.ones(40, np.int64))
        passes = Passes(trainer, 40, data, 2, told.append, before)
        stops = []
        for vector in others:
            trainer.parameters[:] = vector
            stops.append(passes(Update(1, 40, 1.0, 0.5, 0.0)))
        passes.finish()
        return trainer, [epoch.validation_score for epoch in told], stops

    def test_goes_back_to_the_best(self):
        best, other = two_vectors()
        trainer, scores, stops = self.follow(other, (other, best, best, other))
        assert scores == [0, 1, 1, 0]
        assert stops == [False, False, False, True]
        assert (trainer.parameters == best).all()

    def test_what_was_there_before_may_be_the_best(self):
        best, other = two_vectors()
        trainer, scores, stops = self.follow(best, (other, other), before=3)
        assert scores == [0, 0]
        assert stops == [False, True]
        assert (trainer.parameters == best).all()
        trainer, _, _ = self.follow(best, (other, other))  # parameters that nobody has trained
        assert (trainer.parameters == other).all()

    def test_scores_are_weighted(self):
        trainer, told = Trainer(NETWORK, workers=1), []
        trainer.parameters[:] = two_vectors()[0]
        weights = np.where(np.arange(40) < 10, 5.0, 1.0)
        labels = np.where(np.arange(40) < 10, 1, 0)
        passes = Passes(trainer, 40, Examples(examples().images, labels, weights), 2, told.append)
        passes(Update(1, 40, 1.0, 0.5, 0.0))
        assert told[0].validation_score == 50 / 80

    def test_an_error_in_between_leaves_the_best(self):
        best, other = two_vectors()
        trainer = Trainer(NETWORK, optimizer=Adam(1e-9), workers=1)
        trainer.parameters[:] = best

        def fail(epoch):
            trainer.parameters[:] = other
            if epoch.epoch == 2:
                raise RuntimeError("enough")

        data = examples()._replace(labels=np.ones(40, np.int64))
        with pytest.raises(RuntimeError, match="enough"):
            run(data, trainer, data, tell=fail)
        np.testing.assert_allclose(trainer.parameters, best, atol=1e-6)


def two_vectors():
    """Return parameters with which all images look like class 1, and like class 2."""
    best, other = np.zeros((2, NETWORK.size), np.float32)
    best[-2] = other[-1] = 9  # the last two biases
    return best, other


needs_signals = pytest.mark.skipif(
    os.name == "nt", reason="Windows can't send Ctrl-C to one process"
)


@needs_signals
def test_an_interrupt_keeps_what_was_learned_and_says_so():
    told = []

    def interrupt(epoch: Epoch) -> None:
        told.append(epoch)
        if epoch.epoch == 2:
            os.kill(os.getpid(), signal.SIGINT)

    for settings in ({}, {"held_back": examples(20, seed=1), "patience": 20}):
        told.clear()
        with pytest.warns(UserWarning, match="interrupted after 2 of 20 passes; what was learned"):
            run(tell=interrupt, **settings)
        assert len(told) == 2


@needs_signals
def test_an_interrupt_before_the_first_pass_is_done_is_raised_again():
    class Interrupted(Adam):
        def update(self, step):
            os.kill(os.getpid(), signal.SIGINT)
            return super().update(step)

    with pytest.raises(KeyboardInterrupt):
        run(trainer=Trainer(NETWORK, optimizer=Interrupted(), workers=1))


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
        with pytest.raises(DataError, match=re.escape("0.1 of n_samples=1 images can't be held")):
            split(np.zeros(1, np.int64), 0.1, 0)
