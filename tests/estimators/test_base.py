"""What the estimators have in common, with every kind of y."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from pellucid import CNNClassifier, CNNRegressor, Dense, Flatten, HistoryDisplay, ReLU, fingerprint
from pellucid.errors import ConfigurationError, UnknownArgumentError
from tests.estimators.small import DIGITS, bits

LAYERS = [Flatten(), Dense(8), ReLU()]
X = DIGITS.data[:90]
INK = X.sum(axis=1)
KINDS = {
    "class": (CNNClassifier, DIGITS.target[:90]),
    "number": (CNNRegressor, INK),
    "numbers": (CNNRegressor, np.stack([INK, 1e6 * X[:, 20] - 7], axis=1)),
}
each_kind = pytest.mark.parametrize("kind", KINDS)


def made(kind, **settings):
    estimator = KINDS[kind][0]
    return estimator(**({"network": LAYERS, "max_iter": 3, "random_state": 0} | settings))


def fitted(kind, **settings):
    return made(kind, **settings).fit(X, KINDS[kind][1])


@each_kind
def test_the_same_bits_on_any_number_of_threads(kind):
    found = [fitted(kind, early_stopping=True, n_jobs=jobs) for jobs in (1, 2, 3)]
    assert bits(found[0]) == bits(found[1]) == bits(found[2])
    assert fingerprint(found[0]) == fingerprint(found[1])
    assert found[0].validation_scores_ == found[2].validation_scores_
    np.testing.assert_array_equal(found[0].predict(X), found[2].predict(X))


@each_kind
def test_order_copies_and_weights_are_as_good_as_one_another(kind):
    y = KINDS[kind][1]
    weights = 1.0 + np.arange(90) % 3
    expected = made(kind).fit(X, y, weights)
    order = np.random.default_rng(0).permutation(90)
    assert bits(made(kind).fit(X[order], y[order], weights[order])) == bits(expected)
    times = weights.astype(int)
    assert bits(made(kind).fit(X.repeat(times, axis=0), y.repeat(times, axis=0))) == bits(expected)
    left_out = np.arange(90) < 60
    assert bits(made(kind).fit(X, y, left_out)) == bits(made(kind).fit(X[:60], y[:60]))


@each_kind
def test_through_a_file(kind, tmp_path):
    estimator = fitted(kind, early_stopping=True)
    estimator.save(tmp_path / "model.safetensors")
    loaded = type(estimator).load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict(X), estimator.predict(X))
    assert loaded.get_params() == estimator.get_params()
    assert loaded.loss_curve_ == estimator.loss_curve_
    assert loaded.network_ == estimator.network_
    assert bits(loaded) == bits(estimator)
    loaded.partial_fit(X, KINDS[kind][1])
    assert loaded.n_iter_ == estimator.n_iter_ + 1


@each_kind
def test_clones_and_pickles(kind):
    estimator = fitted(kind)
    assert clone(estimator).get_params() == estimator.get_params()
    assert not hasattr(clone(estimator), "network_")
    again = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(again.predict(X), estimator.predict(X))


@each_kind
def test_parts_and_a_warm_start_go_on(kind):
    y = KINDS[kind][1]
    estimator = made(kind)
    names = {"classes": range(10)} if kind == "class" else {}
    for start in (0, 30, 60):
        part = slice(start, start + 30)
        estimator.partial_fit(X[part], y[part], **(names if start == 0 else {}))
    assert estimator.n_iter_ == 3
    once = bits(estimator)
    estimator.set_params(warm_start=True).fit(X, y)
    assert estimator.n_iter_ == 6
    assert bits(estimator) != once


@each_kind
def test_features_summary_history_and_a_pipeline(kind):
    estimator = fitted(kind)
    assert estimator.transform(X).shape == (90, 8)
    assert estimator.summary() == estimator.network_.summary()
    assert "Network of" in estimator._repr_html_()
    HistoryDisplay.from_estimator(estimator)
    search = GridSearchCV(made(kind), {"learning_rate": [0.001, 0.01]}, cv=2)
    search.fit(X, KINDS[kind][1])
    assert search.best_params_["learning_rate"] == 0.01
    assert cross_val_score(make_pipeline(made(kind)), X, KINDS[kind][1], cv=2).shape == (2,)


@each_kind
def test_habits_of_other_libraries_are_answered_by_the_right_name(kind):
    estimator, y = KINDS[kind]
    with pytest.raises(UnknownArgumentError, match=rf"use {estimator.__name__}\(max_iter=10\)"):
        made(kind).fit(X, y, epochs=3)
    with pytest.raises(UnknownArgumentError, match=rf"use {estimator.__name__}\(learning_rate="):
        estimator(lr=3)


@each_kind
def test_an_interrupt_before_the_first_pass_leaves_all_as_it_was(kind):
    estimator = fitted(kind)
    before = bits(estimator), estimator.predict(X).tobytes()
    with pytest.raises(ConfigurationError):
        estimator.set_params(batch_size=-1).fit(X, KINDS[kind][1])
    assert (bits(estimator), estimator.predict(X).tobytes()) == before
