"""What is unknown: SciPy's distances, and no more false alarms than were allowed."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from pellucid.errors import ConfigurationError, DataError
from pellucid.images.known import KEPT, Known, check_features, check_held_back

RANDOM = np.random.default_rng(0)


def clouds(count, features=5, classes=3):
    labels = RANDOM.integers(0, classes, count)
    return np.abs(np.eye(classes, features)[labels] * 4 + RANDOM.normal(size=(count, features))), (
        labels
    )


def directed(features):
    lengths = np.linalg.norm(features, axis=1)[:, np.newaxis]
    return np.hstack([features / lengths, 0.1 * np.log(lengths)])


@pytest.mark.parametrize("classes", [1, 2, 4])
def test_distances_are_scipy_s(classes):
    features, labels = clouds(400, classes=classes)
    labels = labels * 3 + 1  # not every class has an image
    others, _ = clouds(2500)
    known = Known.of(features, labels, features)
    seen = directed(features)
    means = np.array([seen[labels == k].mean(axis=0) for k in np.unique(labels)])
    around = seen - means[np.searchsorted(np.unique(labels), labels)]
    covariance = np.cov(around.T, bias=True)
    covariance += 1e-3 * np.diag(covariance).mean() * np.eye(6)
    expected = cdist(directed(others), means, "mahalanobis", VI=np.linalg.inv(covariance))
    np.testing.assert_allclose(known.distance(others), expected.min(axis=1), rtol=1e-5)
    assert (known.distances == np.sort(known.distance(features))).all()


@given(st.integers(1, 300), st.floats(0.01, 0.5))
def test_the_limit_is_that_of_conformal_prediction(count, rate):
    """As many of n + 1 images as may be are beyond it, whichever of them is the new one."""
    distances = np.sort(np.random.default_rng(count).random(count).astype(np.float32))
    known = Known(np.eye(2, dtype=np.float32), np.zeros((1, 2), np.float32), distances, rate)
    if rate * (count + 1) < 1:
        with pytest.raises(ConfigurationError, match="tell no share below"):
            known.limit()
        return
    beyond = (distances > known.limit()).sum()
    assert (beyond + 1) / (count + 1) <= rate * (1 + 1e-12) < (beyond + 2) / (count + 1)


@pytest.mark.parametrize("rate", [0.01, 0.1])
def test_false_alarms_are_as_rare_as_allowed(rate):
    found = []
    for _ in range(200):
        features, labels = clouds(900)
        known = Known.of(features[:300], labels[:300], features[300:600], rate)
        found.append((known.distance(features[600:]) > known.limit()).mean())
    assert 0.6 * rate < np.mean(found) < rate * 1.05


def test_of_many_distances_some_are_kept():
    features, labels = clouds(5 * KEPT + 7)
    known = Known.of(features, labels, features)
    assert 0.8 * KEPT <= len(known.distances) <= KEPT
    for rate in (0.02, 0.1, 0.3):
        assert (known.distance(features) > known.limit(rate)).mean() == pytest.approx(rate, rel=0.1)


def test_what_can_not_be_is_unknown():
    features, labels = clouds(300)
    known = Known.of(features, labels, features)
    strange = np.array([np.zeros(5), np.full(5, 1e-300), [np.inf, 0, 0, 0, 0], np.full(5, np.nan)])
    assert (known.distance(strange) > known.limit()).all()


def test_features_that_training_never_showed_are_strange_but_finite():
    features, labels = clouds(300)
    features[:, 4] = 0
    known = Known.of(features, labels, features)
    other = features[:1] + 9 * np.eye(5)[4]
    assert np.isfinite(known.distance(other))
    assert known.distance(other) > known.limit()


def test_one_image_has_no_spread():
    known = Known.of(np.ones((1, 3)), np.zeros(1, np.int64), np.ones((200, 3)))
    assert (known.distance(np.ones((2, 3))) <= known.limit()).all()


@pytest.mark.parametrize("rate", [0, 1, -0.1, "0.1", np.nan, True])
def test_the_share_is_checked(rate):
    features, labels = clouds(300)
    with pytest.raises(ConfigurationError, match=re.escape("it must be above 0 and below 1")):
        Known.of(features, labels, features).limit(rate)


def test_what_could_not_tell_is_refused():
    check_features(1024)
    with pytest.raises(ConfigurationError, match="sees 1,025 values of an image, more than 1,024"):
        check_features(1025)
    check_held_back(99, 0.01, "")
    with pytest.raises(DataError) as caught:
        check_held_back(98, 0.01, "give more")
    assert str(caught.value) == (
        "Of 98 images held back none may be called unknown, so they can't tell a share of 0.01; "
        "give more, or allow 0.01."
    )
