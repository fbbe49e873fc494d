import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from pellucid import CNNClassifier, Dense, Flatten, ReLU, data
from pellucid.data.sets.mnist import cached_mnist
from pellucid.execution.sections import section_step
from tests.estimators.small import DIGITS, SOME, THEIRS, X, Y, bits, small
from tests.long import takes_long


@parametrize_with_checks(
    [
        CNNClassifier(),
        CNNClassifier(
            # A start so small that the biases, which class weights move, soon decide.
            network=[Flatten(), Dense(32, init="seed"), ReLU()],
            early_stopping=True,
            n_iter_no_change=20,  # on 30 images held back, the best of 10 passes is chance
            learning_rate=0.01,
            class_weight="balanced",
        ),
        CNNClassifier(batch_size=5, augmentation=None, n_jobs=1),
    ]
)
def test_scikit_learn_finds_nothing_to_object_to(estimator, check):
    check(estimator)


def test_no_check_is_passed_by_a_tag():
    tags = CNNClassifier().__sklearn_tags__()
    assert not tags.no_validation
    assert not tags._skip_test
    assert not tags.classifier_tags.poor_score
    assert not tags.non_deterministic
    assert tags.classifier_tags.multi_class
    assert tags.input_tags.two_d_array
    assert tags.input_tags.three_d_array
    assert not tags.input_tags.sparse
    assert not tags.input_tags.allow_nan
    assert tags.target_tags.required


class TestReproducible:
    def test_the_same_on_any_number_of_threads(self):
        found = [CNNClassifier(max_iter=2, random_state=3, n_jobs=n).fit(X, Y) for n in (1, 2, 3)]
        assert bits(found[0]) == bits(found[1]) == bits(found[2])
        first = found[0].predict_proba(X)
        assert (first == found[1].predict_proba(X)).all()
        assert (first == found[2].predict_proba(X)).all()

    def test_the_seed_decides(self):
        assert bits(small().fit(SOME, THEIRS)) == bits(small().fit(SOME, THEIRS))
        assert bits(small().fit(SOME, THEIRS)) != bits(small(random_state=1).fit(SOME, THEIRS))
        state = np.random.RandomState(0)
        first, second = (small(random_state=state).fit(SOME, THEIRS) for _ in range(2))
        assert bits(first) != bits(second)

    @given(st.permutations(range(60)))
    @settings(max_examples=5)
    def test_the_order_of_rows_does_not_matter(self, order):
        weights = 0.1 + np.arange(60) / 7
        fitted = small(class_weight="balanced").fit(SOME, THEIRS, weights)
        again = small(class_weight="balanced").fit(SOME[order], THEIRS[order], weights[order])
        assert bits(fitted) == bits(again)


@pytest.mark.parametrize("jobs", [1, 2])
def test_n_jobs_is_the_number_of_threads_and_none_is_left(jobs, monkeypatch):
    threads = set()

    def noted(*arguments, **options):
        threads.add(threading.get_ident())
        return section_step(*arguments, **options)

    monkeypatch.setattr("pellucid.execution.runner.section_step", noted)
    monkeypatch.setattr("pellucid.execution.runner.threads_for", lambda *a, **k: 8)
    classifier = small(n_jobs=jobs, batch_size=200)
    counts = []
    for method in (classifier.fit, classifier.partial_fit):
        threads.clear()  # each call has its own
        method(X, Y)
        counts.append(len(threads))
    assert max(counts) <= jobs
    assert (max(counts) > 1) == (jobs > 1)
    assert not [t for t in threading.enumerate() if t.name.startswith("pellucid")]


@pytest.mark.parametrize("batch_size", [1, 3, 7, 8, 17, 39, 60, 10_000, np.int64(20), "auto"])
def test_any_batch_size(batch_size):
    ways = [small(batch_size=batch_size, n_jobs=n).fit(SOME, THEIRS) for n in (1, 2)]
    assert bits(ways[0]) == bits(ways[1])
    assert ways[0].n_iter_ == len(ways[0].loss_curve_) == 3
    ways[0].partial_fit(SOME, THEIRS)


def test_the_digits_are_learned():
    train, test = slice(0, 1200), slice(1200, None)
    classifier = CNNClassifier(random_state=0).fit(DIGITS.data[train], DIGITS.target[train])
    assert classifier.score(DIGITS.data[test], DIGITS.target[test]) > 0.95
    classifier = CNNClassifier(random_state=0, early_stopping=True, max_iter=60)
    classifier.fit(DIGITS.data[train], DIGITS.target[train])
    assert classifier.score(DIGITS.data[test], DIGITS.target[test]) > 0.95
    assert classifier.n_iter_ < 60


def test_the_promised_accuracy_on_the_digits():
    """The third of five folds; all five are a run of `PELLUCID_LONG_TESTS`."""
    train, test = list(StratifiedKFold(5).split(DIGITS.data, DIGITS.target))[2]
    classifier = CNNClassifier(random_state=0).fit(DIGITS.data[train], DIGITS.target[train])
    assert classifier.score(DIGITS.data[test], DIGITS.target[test]) >= 0.98


@takes_long
def test_the_promised_accuracy_on_all_folds_of_the_digits():
    scores = cross_val_score(CNNClassifier(random_state=0), DIGITS.data, DIGITS.target, cv=5)
    assert scores.mean() >= 0.98


@takes_long
@pytest.mark.skipif(
    not cached_mnist().is_file(), reason="MNIST is not in the cache: run pellucid data fetch mnist"
)
def test_the_promised_accuracy_on_mnist():
    mnist = data.load("mnist")
    classifier = CNNClassifier(random_state=0).fit(mnist.train_images, mnist.train_labels)
    assert classifier.score(mnist.test_images, mnist.test_labels) >= 0.985


def test_summary_is_that_of_the_network():
    with pytest.raises(NotFittedError):
        small().summary()
    classifier = small().fit(SOME, THEIRS)
    assert classifier.summary() == classifier.network_.summary()
