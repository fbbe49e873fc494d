"""What a fit that fails leaves: what was learned in whole passes, or everything as it was."""

import os
import signal
import threading

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score

from pellucid import Adam, Dense, Flatten
from pellucid.errors import DivergenceError, NetworkError
from tests.estimators.small import SOME, THEIRS, small
from tests.training.examples import bits

X, Y = SOME, THEIRS


def state(classifier):
    """Return all that a classifier holds, its trainer's place and moments among it."""
    names = [name for name in dir(classifier) if name[-1] == "_" and name[0] != "_"]
    held = {name: repr(getattr(classifier, name)) for name in names}
    trainer = classifier._fitted.trainer
    return held, bits(trainer.state)


FAILURES = [
    ({}, X[:, :63], Y, None, ValueError),
    ({}, X, Y * 0, None, ValueError),
    ({}, X, Y + 0.5, None, ValueError),
    ({}, X, Y, -np.ones(60), ValueError),
    ({"class_weight": {77: 2.0}}, X, Y, None, ValueError),
    ({"class_weight": dict.fromkeys(range(10), 0)}, X, Y, None, ValueError),
    ({"network": [Flatten(), Dense(7)]}, X, Y, None, NetworkError),
    ({"early_stopping": True, "validation_fraction": 0.999}, X, Y, None, ValueError),
    ({"learning_rate": 1e30, "batch_size": 10}, X, Y, None, DivergenceError),
]


@pytest.mark.parametrize(("changes", "images", "y", "weights", "error"), FAILURES)
class TestBeforeTheFirstPass:
    def fails(self, classifier, images, y, weights, error, method="fit", **more):
        with np.errstate(all="ignore"), pytest.raises(error):
            getattr(classifier, method)(images, y, sample_weight=weights, **more)

    def test_a_new_one_stays_new(self, changes, images, y, weights, error):
        if images.shape[1] == 63:  # which is nothing wrong in a first fit
            images = np.full((60, 64), np.nan)
        classifier = small(**changes)
        before = dict(vars(classifier))
        self.fails(classifier, images, y, weights, error)
        assert vars(classifier) == before
        assert not classifier.__sklearn_is_fitted__()

    def test_an_earlier_fit_stays(self, changes, images, y, weights, error):
        if images.shape[1] == 63:
            images = np.full((60, 64), np.nan)
        classifier = small().fit(X[:, :32], Y).set_params(**changes)
        before = state(classifier)
        self.fails(classifier, images, y, weights, error)
        assert state(classifier) == before
        assert classifier.predict(X[:, :32]).shape == (60,)

    def test_what_went_on_stays(self, changes, images, y, weights, error):
        if not y.any():
            y = Y + 1  # a class that there is not
        classifier = small(warm_start=True).fit(X, Y).set_params(**changes)
        before = state(classifier)
        self.fails(classifier, images, y, weights, error)
        assert state(classifier) == before
        if "early_stopping" not in changes:
            self.fails(classifier, images, y, weights, error, "partial_fit")
        assert state(classifier) == before


def test_a_divergence_says_that_nothing_has_changed():
    with np.errstate(all="ignore"), pytest.raises(DivergenceError, match="lower the lea") as error:
        small(learning_rate=1e30).fit(X, Y)
    assert error.value.__notes__ == [
        "No pass was finished: the estimator is what it was before the call."
    ]


@pytest.mark.parametrize("early_stopping", [False, True])
class TestAfterSomePasses:
    def test_an_error_in_a_callback_keeps_them_and_ends_the_threads(self, early_stopping):
        seen = []

        def refuse(epoch):
            seen.append((epoch, classifier.parameters_.copy()))
            if epoch.epoch == 3:
                raise RuntimeError("enough")

        classifier = small(
            callbacks=[refuse], n_jobs=2, max_iter=9, early_stopping=early_stopping
        )  # fmt: skip
        with pytest.raises(RuntimeError, match="enough"):
            classifier.fit(X, Y)
        assert not [t for t in threading.enumerate() if t.name.startswith("pellucid")]
        assert classifier.n_iter_ == 3
        assert classifier.loss_curve_ == [epoch.loss for epoch, _ in seen]
        best = 2
        if early_stopping:
            assert classifier.validation_scores_ == [epoch.validation_score for epoch, _ in seen]
            best = int(np.argmax(classifier.validation_scores_))
        assert (classifier.parameters_ == seen[best][1]).all()
        assert classifier.predict(X).shape == (60,)

    def test_so_does_a_divergence(self, early_stopping):
        def drive(epoch):
            if epoch.epoch == 2:
                classifier.parameters_[:] = 1e30

        classifier = small(callbacks=[drive], max_iter=9, early_stopping=early_stopping)
        with np.errstate(all="ignore"), pytest.raises(DivergenceError) as error:
            classifier.fit(X, Y)
        assert classifier.n_iter_ == len(classifier.loss_curve_) == 2
        assert not hasattr(error.value, "__notes__")
        if early_stopping:
            assert len(classifier.validation_scores_) == 2
            assert np.abs(classifier.parameters_).max() < 100


def test_the_trainer_keeps_no_history():
    classifier = small(warm_start=True).fit(X, Y).fit(X, Y)
    assert len(classifier._fitted.trainer.history) == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows can't send Ctrl-C to one process")
class TestCtrlC:
    @pytest.fixture
    def interrupted(self, monkeypatch):
        """Send Ctrl-C during the update of this number."""
        real, number = Adam.update, [1]

        def update(optimizer, step):
            number[0] -= 1
            if number[0] == 0:
                os.kill(os.getpid(), signal.SIGINT)
            return real(optimizer, step)

        monkeypatch.setattr(Adam, "update", update)
        return number

    def test_before_the_first_pass_is_raised(self, interrupted):
        classifier = small(batch_size=10)
        with pytest.raises(KeyboardInterrupt):
            classifier.fit(X, Y)
        assert not classifier.__sklearn_is_fitted__()
        interrupted[0] = 1
        with pytest.raises(KeyboardInterrupt):
            cross_val_score(classifier, X, Y % 2, cv=2)

    def test_later_keeps_what_was_learned(self, interrupted):
        interrupted[0] = 8
        classifier = small(batch_size=10)
        with pytest.warns(UserWarning, match="interrupted after 1 of 3 passes; what was learned"):
            classifier.fit(X, Y)
        assert classifier.n_iter_ == 1

    @pytest.mark.parametrize(("update", "passes"), [(3, 3), (6, 4)])
    def test_a_part_of_a_stream_is_learned_as_a_whole_or_not(self, update, passes, interrupted):
        interrupted[0] = -1
        classifier = small(batch_size=10).fit(X, Y)
        before = state(classifier)
        interrupted[0] = update
        with pytest.raises(KeyboardInterrupt):  # which ends the loop around it
            classifier.partial_fit(X, Y)
        assert classifier.n_iter_ == passes
        assert (state(classifier) == before) == (passes == 3)


def test_threads_that_train_one_classifier_wait_for_one_another():
    classifier, errors = small(), []

    def train():
        try:
            classifier.fit(X, Y)
            classifier.partial_fit(X, Y)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=train) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert classifier.n_iter_ >= 4
