"""Several labels an image: y as a matrix of 0 and 1."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import cross_val_score
from sklearn.multioutput import MultiOutputClassifier
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.estimator_checks import check_classifier_multioutput

from pellucid import (
    BinaryCrossEntropy,
    CNNClassifier,
    CrossEntropy,
    Dense,
    Flatten,
    Network,
    PredictionsDisplay,
    ReLU,
    load_model,
)
from pellucid.errors import ConfigurationError, DataError, NetworkError
from pellucid.estimators.classes import label_weighted
from tests.estimators.small import DIGITS, bits

X = DIGITS.data[:300]
CLASSES = DIGITS.target[:300]
LABELS = np.stack([np.isin(CLASSES, [0, 6, 8, 9]), CLASSES % 2, CLASSES > 4], axis=1).astype(int)
LAYERS = [Flatten(), Dense(32), ReLU()]


def small(**settings):
    return CNNClassifier(**({"network": LAYERS, "max_iter": 3, "random_state": 0} | settings))


@pytest.fixture(scope="module")
def fitted():
    return small(max_iter=60, augmentation=None).fit(X[:200], LABELS[:200])


def test_scikit_learn_s_check_of_several_outputs():
    check_classifier_multioutput("CNNClassifier", CNNClassifier(random_state=0))
    tags = CNNClassifier().__sklearn_tags__()
    assert tags.classifier_tags.multi_label
    assert not tags.target_tags.multi_output  # which are several classes in each column


def test_it_learns(fitted):
    assert fitted.score(X[200:], LABELS[200:]) > 0.6
    assert f1_score(LABELS[200:], fitted.predict(X[200:]), average="macro") > 0.85


def test_what_is_predicted_fits_together(fitted):
    found, shares = fitted.predict(X), fitted.predict_proba(X)
    assert (found.shape, found.dtype) == ((300, 3), np.int64)
    assert (shares.shape, shares.dtype) == ((300, 3), np.float64)
    assert not np.allclose(shares.sum(axis=1), 1)
    np.testing.assert_array_equal(found, shares > 0.5)
    np.testing.assert_array_equal(found, fitted.decision_function(X) > 0)
    np.testing.assert_allclose(np.exp(fitted.predict_log_proba(X)), shares, rtol=1e-12)
    np.testing.assert_allclose(shares, 1 / (1 + np.exp(-fitted.decision_function(X))), rtol=1e-12)
    assert fitted.score(X, LABELS) == accuracy_score(LABELS, found)
    assert fitted.classes_.tolist() == [0, 1, 2]
    assert fitted.network_.loss == BinaryCrossEntropy()


def test_log_probabilities_are_always_finite(fitted):
    sure = pickle.loads(pickle.dumps(fitted))
    sure.parameters_[:] *= 30
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        logs, shares = sure.predict_log_proba(X), sure.predict_proba(X)
    assert np.isfinite(logs).all()
    assert logs.min() < -300
    assert ((shares >= 0) & (shares <= 1)).all()


@pytest.mark.parametrize(
    "form",
    [list, np.ndarray.tolist, lambda y: y.astype(bool), lambda y: y.astype(float), pd.DataFrame,
     csr_array, np.asfortranarray, lambda y: y.astype(np.uint8)],
)  # fmt: skip
def test_y_in_many_forms(form):
    expected = small().fit(X, LABELS)
    again = small().fit(X, form(LABELS))
    assert bits(again) == bits(expected)
    assert again.predict(X).dtype == np.int64


def test_a_file_keeps_it(fitted, tmp_path):
    fitted.save(tmp_path / "model.safetensors")
    loaded = CNNClassifier.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict_proba(X), fitted.predict_proba(X))
    assert loaded.classes_.tolist() == [0, 1, 2]
    assert load_model(tmp_path / "model.safetensors").classes == ("0", "1", "2")
    loaded.partial_fit(X, LABELS)


def test_it_is_reproducible_and_can_be_searched():
    found = [small(early_stopping=True, n_jobs=jobs).fit(X, LABELS) for jobs in (1, 2, 3)]
    assert bits(found[0]) == bits(found[1]) == bits(found[2])
    order = np.random.default_rng(0).permutation(300)
    assert bits(small().fit(X[order], LABELS[order])) == bits(small().fit(X, LABELS))
    weights = 1 + np.arange(300) % 2
    many = small().fit(X.repeat(weights, axis=0), LABELS.repeat(weights, axis=0))
    assert bits(small().fit(X, LABELS, weights)) == bits(many)
    assert cross_val_score(clone(small()), X, LABELS, cv=2).shape == (2,)


def test_early_stopping_goes_by_images_with_all_labels_right():
    classifier = small(early_stopping=True, max_iter=20).fit(X, LABELS)
    shares = np.array(classifier.validation_scores_) * 30
    np.testing.assert_allclose(shares, np.round(shares), atol=1e-9)


def test_in_parts_and_with_a_warm_start():
    classifier = small()
    classifier.partial_fit(X[:100], LABELS[:100])
    classifier.partial_fit(X[100:], LABELS[100:], classes=range(3))
    assert classifier.n_iter_ == 2
    with pytest.raises(DataError, match=r"classes is \['a'\], but y has 3 columns, a label each"):
        classifier.partial_fit(X, LABELS, classes=["a"])
    with pytest.raises(DataError, match="y has 2 columns, but training had 3; give as many"):
        classifier.partial_fit(X, LABELS[:, :2])
    with pytest.raises(DataError, match="y holds one class an image, but training had several"):
        classifier.set_params(warm_start=True).fit(X, CLASSES)
    assert classifier.fit(X, LABELS).n_iter_ == 5
    other = small(warm_start=True).fit(X, CLASSES)
    with pytest.raises(DataError, match="y holds several labels an image, but training had one"):
        other.fit(X, LABELS)


@pytest.mark.parametrize(
    "wrong",
    [np.stack([CLASSES, CLASSES], axis=1), LABELS * 2, LABELS + 0.5, LABELS.astype(str),
     np.where(LABELS, np.nan, 0.0), 2 * LABELS - 1],
)  # fmt: skip
def test_a_matrix_of_something_else_is_refused(wrong):
    with pytest.raises(DataError, match=r"y has shape \(300, .\), so each column is a label, wh"):
        small().fit(X, wrong)


def test_one_hot_classes_are_told_of():
    with pytest.warns(UserWarning, match=r"if y is one-hot, .* give y\.argmax\(axis=1\)"):
        small().fit(X, np.eye(10)[CLASSES])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        small().fit(X, LABELS)


def test_balanced_weights_are_those_of_scikit_learn():
    weights = compute_sample_weight("balanced", LABELS)
    assert bits(small(class_weight="balanced").fit(X, LABELS)) == bits(
        small().fit(X, LABELS, weights)
    )
    np.testing.assert_allclose(label_weighted("balanced", LABELS, np.ones(300), 1e9), weights)


def test_a_weight_of_each_class_is_for_one_class_an_image():
    with pytest.raises(ConfigurationError, match=r"class_weight is .* use 'balanced', or"):
        small(class_weight={0: 2.0}).fit(X, LABELS)


def test_a_network_of_ones_own_must_have_the_loss():
    with pytest.raises(NetworkError, match=r"the loss CrossEntropy\(.*, but y holds several label"):
        small(network=Network([Flatten(), Dense(3)], (8, 8))).fit(X, LABELS)
    with pytest.raises(NetworkError, match="ends in 2 outputs, but y has 3 labels; end it with"):
        small(network=Network([Flatten(), Dense(2)], (8, 8), BinaryCrossEntropy())).fit(X, LABELS)
    network = Network([Flatten(), Dense(3)], (8, 8), BinaryCrossEntropy())
    assert small(network=network).fit(X, LABELS).network_ == network
    smoothed = Network([Flatten(), Dense(10)], (8, 8), CrossEntropy(label_smoothing=0.1))
    assert small(network=smoothed).fit(X, CLASSES).network_.loss.label_smoothing == 0.1


def test_a_picture_of_predictions_is_of_one_class_an_image(fitted):
    with pytest.raises(DataError, match=r"y has shape \(300, 3\), but a picture shows one class"):
        PredictionsDisplay.from_estimator(fitted, X, LABELS)


def test_rows_that_are_no_images():
    rows, labels = make_multilabel_classification(200, 12, n_classes=4, random_state=0)
    classifier = CNNClassifier(random_state=0, image_shape=(1, 12)).fit(rows, labels)
    separate = MultiOutputClassifier(CNNClassifier(random_state=0, image_shape=(1, 12)))
    assert classifier.score(rows, labels) > 0.5
    assert separate.fit(rows, labels).score(rows, labels) > 0.5
