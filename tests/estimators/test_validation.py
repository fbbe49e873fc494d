"""validation_data: measured after every pass, and what early stopping goes by where it is given."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV

from pellucid import CNNClassifier
from pellucid.errors import DataError
from tests.estimators.small import SOME, THEIRS, X, Y, bits, small

DIGITS = load_digits()
X_VAL, Y_VAL = DIGITS.data[300:400], DIGITS.target[300:400]


@pytest.fixture(scope="module")
def fitted():
    return small().fit(X, Y, validation_data=(X_VAL, Y_VAL))


def test_loss_and_accuracy_are_those_of_the_classifier_after_each_pass(fitted):
    assert len(fitted.validation_scores_) == len(fitted.validation_losses_) == 3
    assert fitted.validation_scores_[-1] == fitted.score(X_VAL, Y_VAL)
    expected = log_loss(Y_VAL, fitted.predict_proba(X_VAL), labels=fitted.classes_)
    assert fitted.validation_losses_[-1] == pytest.approx(expected, rel=1e-6)


def test_it_changes_no_bit_of_what_is_learned(fitted):
    plain = small().fit(X, Y)
    assert bits(fitted) == bits(plain)
    assert plain.validation_scores_ is plain.validation_losses_ is None
    for jobs in (1, 3):
        again = small(n_jobs=jobs).fit(X, Y, validation_data=(X_VAL, Y_VAL))
        assert again.validation_losses_ == fitted.validation_losses_


def test_callbacks_hear_it():
    told = []
    small(callbacks=told.append).fit(X, Y, validation_data=[X_VAL, Y_VAL])
    assert all(0 <= epoch.validation_score <= 1 for epoch in told)
    assert all(epoch.validation_loss > 0 for epoch in told)


def test_early_stopping_goes_by_it_and_trains_on_all():
    """All images are trained on; the parameters are those of the best pass."""
    settings = {"early_stopping": True, "max_iter": 30, "n_iter_no_change": 2}
    stopped = small(**settings).fit(X, Y, validation_data=(X_VAL, Y_VAL))
    assert stopped.score(X_VAL, Y_VAL) == max(stopped.validation_scores_)
    # Labels that nobody can learn end training soon.
    hopeless = (X_VAL, np.roll(Y_VAL, 7))
    assert small(**settings).fit(X, Y, validation_data=hopeless).n_iter_ < 30


def test_classes_are_those_of_the_training_whatever_their_names():
    names = np.array(list("abcdefghij"))
    made = small().fit(X, names[Y], validation_data=(X_VAL[:5], names[Y_VAL[:5]]))
    assert made.validation_scores_[-1] == made.score(X_VAL[:5], names[Y_VAL[:5]])


def test_images_may_have_their_axes_and_tables_their_names():
    cubes = small().fit(
        X.reshape(-1, 8, 8), Y, validation_data=(X_VAL.reshape(-1, 8, 8), Y_VAL)
    )  # fmt: skip
    table = pd.DataFrame(X, columns=[f"p{i}" for i in range(64)])
    theirs, others = pd.DataFrame(X_VAL, columns=table.columns), pd.DataFrame(X_VAL)
    named = small().fit(table, Y, validation_data=(theirs, Y_VAL))
    assert cubes.validation_losses_ == named.validation_losses_
    others = others.add_prefix("q")
    with pytest.raises(DataError, match=r"^In validation_data: The feature names should match"):
        small().fit(table, Y, validation_data=(others, Y_VAL))


def test_a_warm_start_goes_on_with_it():
    made = small(warm_start=True).fit(X, Y)
    made.fit(X, Y, validation_data=(X_VAL, Y_VAL))
    assert np.isnan(made.validation_losses_[:3]).all()
    assert np.isfinite(made.validation_losses_[3:]).all()


def test_it_is_saved(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    loaded = CNNClassifier.load(tmp_path / "model")
    assert loaded.validation_losses_ == fitted.validation_losses_


def test_a_search_may_hand_it_on():
    search = GridSearchCV(small(), {"learning_rate": [0.003]}, cv=2)
    search.fit(X, Y, validation_data=(X_VAL, Y_VAL))
    assert len(search.best_estimator_.validation_losses_) == 3


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (X_VAL, r"^validation_data is a ndarray; it must be a pair: \(X, y\)\.$"),
        ((X_VAL, Y_VAL, None), r"^validation_data is a tuple; it must be a pair"),
        ((X_VAL[:, :5], Y_VAL), r"^In validation_data: X has 5 features"),
        ((X_VAL, Y_VAL[:5]), r"^In validation_data: Found input variables with inconsistent num"),
        ((X_VAL, Y_VAL + 5), r"^In validation_data: y holds the class 10, but the classes are"),
        ((X_VAL.reshape(-1, 4, 16), Y_VAL), r"^In validation_data: X holds images of shape \(4, "),
    ],
)
def test_what_can_not_be_measured_on_is_refused_and_changes_nothing(data, message):
    made = small(warm_start=True).fit(SOME, THEIRS)
    before = bits(made)
    for each in (small(), made):
        with pytest.raises(DataError, match=message):
            each.fit(X, Y, validation_data=data)
    assert bits(made) == before


def test_another_scale_is_told():
    with pytest.warns(UserWarning, match="scale"):
        small().fit(X, Y, validation_data=(X_VAL * 16, Y_VAL))
