import re

import numpy as np
import pandas as pd
import pytest

from pellucid import CNNClassifier
from pellucid.errors import ConfigurationError, DataError
from pellucid.estimators.given import given_to_learn, given_to_predict
from tests.estimators.small import DIGITS, SOME, THEIRS, X, Y, bits, small


class TestInputs:
    def test_all_ways_to_give_the_same_images_learn_the_same(self):
        images = DIGITS.images[:60]
        rows = small().fit(SOME, THEIRS)
        for way in (
            images,
            images[..., None],
            images.tolist(),
            images.astype(int),
            images.astype(np.float32),
            images.astype(np.uint8),  # no value above 127: the range is taken from the data
            np.asfortranarray(images),
            pd.DataFrame(SOME),
        ):
            assert bits(small().fit(way, THEIRS)) == bits(rows)
        assert rows.n_features_in_ == 64
        assert rows.network_.input_shape == (1, 8, 8)
        assert rows.pixel_range_ == (0, 16)

    def test_booleans(self):
        on = DIGITS.images[:60] > 8
        assert bits(small().fit(on, THEIRS)) == bits(small().fit(on.astype(float), THEIRS))

    def test_bytes_are_left_as_they_are(self):
        images = (DIGITS.images[:60] * 15).astype(np.uint8)
        classifier = small().fit(images, THEIRS)
        assert classifier.pixel_range_ == (0, 255)
        scaled = small(pixel_range=(0, 1)).fit(images / np.float32(255), THEIRS)
        np.testing.assert_allclose(
            classifier.predict_proba(images), scaled.predict_proba(images / 255), atol=0.2
        )

    def test_color(self):
        random = np.random.default_rng(0)
        y = np.arange(60) % 3
        images = random.integers(0, 60, (60, 6, 5, 3)).astype(np.uint8)
        images[np.arange(60), :, :, y] += 180  # the class is the color
        classifier = CNNClassifier(random_state=0, max_iter=8).fit(images, y)
        assert classifier.network_.input_shape == (3, 6, 5)
        assert classifier.score(images, y) == 1
        rows = images.reshape(60, -1)
        assert (classifier.predict(rows) == classifier.predict(images)).all()
        again = CNNClassifier(random_state=0, max_iter=8, image_shape=(6, 5, 3)).fit(rows, y)
        assert bits(again) == bits(classifier)

    @pytest.mark.parametrize(
        ("y", "classes"),
        [
            (np.array(["no", "yes"])[THEIRS % 2], ["no", "yes"]),
            (np.array(["no", "yes"], object)[THEIRS % 2], ["no", "yes"]),
            (["b" if t % 2 else "a" for t in THEIRS], ["a", "b"]),
            (THEIRS % 2 == 1, [False, True]),
            (THEIRS % 3 - 1.0, [-1.0, 0.0, 1.0]),
            ((THEIRS % 2).astype(np.uint64) + 2**63, [2**63, 2**63 + 1]),
            (pd.Series(THEIRS % 2, dtype="category"), [0, 1]),
            (pd.Categorical(np.array(["x", "y"])[THEIRS % 2]), ["x", "y"]),
            (pd.Series(np.array(["x", "y"])[THEIRS % 2]), ["x", "y"]),
        ],
    )
    def test_classes_of_any_type(self, y, classes):
        classifier = small(max_iter=40, learning_rate=0.02).fit(SOME, y)
        assert classifier.classes_.tolist() == classes
        assert classifier.predict(SOME[:7]).dtype == classifier.classes_.dtype
        assert set(classifier.predict(SOME).tolist()) <= set(classes)
        assert classifier.score(SOME, y) > 0.8

    def test_memory_maps_are_neither_changed_nor_copied_for_prediction(self, tmp_path):
        path = tmp_path / "images.npy"
        np.save(path, (DIGITS.images[:60] * 15).astype(np.uint8))
        images = np.load(path, mmap_mode="r")
        classifier = small().fit(images, THEIRS)
        before = classifier.predict_proba(images)
        assert (before == classifier.predict_proba(np.array(images))).all()
        assert bits(classifier) == bits(small().fit(np.array(images), THEIRS))


class TestBad:
    @pytest.mark.parametrize(
        ("images", "y", "message"),
        [
            (SOME, np.ones(60), "There is only one class, 1.0; a classifier needs at least two"),
            (np.where(SOME == 16, np.nan, SOME), THEIRS, "NaN"),
            (np.where(SOME == 16, np.inf, SOME), THEIRS, "infinity"),
            (SOME, THEIRS[:50], "inconsistent numbers of samples"),
            (SOME, None, "requires y to be passed"),
            (SOME, np.linspace(0, 1, 60), "Unknown label type: continuous"),
            (SOME[:0], THEIRS[:0], "0 sample"),
            (SOME[:0].reshape(0, 8, 8), THEIRS[:0], "0 sample"),
            (SOME.reshape(60, 2, 2, 4, 4), THEIRS, "X has shape (60, 2, 2, 4, 4); it must be (n,"),
            (np.ones((60, 3, 8, 8)), THEIRS, "looks as if the channels came first"),
            (pd.Series(np.ones(60)), THEIRS, "Expected a 2-dimensional container"),
        ],
    )
    def test_bad_data_are_named(self, images, y, message):
        with pytest.raises(ValueError, match=re.escape(message)):
            small().fit(images, y)

    def test_images_of_another_shape_are_refused(self):
        classifier = small().fit(DIGITS.images[:60], THEIRS)
        wide = DIGITS.images[:60].reshape(60, 4, 16)
        message = re.escape("X holds images of shape (4, 16), but training had (8, 8)")
        with pytest.raises(DataError, match=message):
            classifier.predict(wide)
        with pytest.raises(DataError, match=message):
            classifier.partial_fit(wide, THEIRS)
        with pytest.raises(ConfigurationError, match="image_shape is"):
            small(image_shape=(8, 8)).fit(wide, THEIRS)


class TestPixels:
    def test_another_scale_is_told_once_a_call(self):
        classifier = small().fit(SOME, THEIRS)
        for call in (classifier.predict, classifier.predict_proba, classifier.transform):
            with pytest.warns(UserWarning, match="looks like another scale") as caught:
                call(SOME * 15)
            assert len(caught) == 1
            if call != classifier.transform:  # which scikit-learn wraps
                assert caught[0].filename == __file__
        with pytest.warns(UserWarning, match="looks like another scale"):
            classifier.partial_fit(SOME * 15, THEIRS)

    def test_a_single_pixel_gone_wrong_does_no_harm(self):
        wrong = X.copy()
        wrong[5, 20] = 1e5
        score = CNNClassifier(random_state=0, max_iter=10).fit(wrong, Y).score(X[6:], Y[6:])
        assert score > 0.9

    def test_rows_that_may_be_color_images_are_told(self):
        rows = np.random.default_rng(0).uniform(0, 1, (20, 192))
        y = np.arange(20) % 2
        with pytest.warns(UserWarning, match=re.escape("set image_shape=(8, 8, 3)")):
            small().fit(rows, y)
        assert small(image_shape=(8, 8, 3)).fit(rows, y).network_.input_shape == (3, 8, 8)
        assert small(image_shape=(1, 192)).fit(rows, y).network_.input_shape == (1, 1, 192)


class TestLookedAt:
    def test_nothing_is_noted_on_an_estimator_that_begins(self):
        classifier = small()
        before = dict(vars(classifier))
        table = pd.DataFrame(SOME, columns=[f"p{n}" for n in range(64)])
        given = given_to_learn(classifier, table, THEIRS, None, is_new=True)
        assert given.feature_names.tolist() == list(table.columns)
        assert given_to_learn(classifier, SOME, THEIRS, None, is_new=True).feature_names is None
        assert vars(classifier) == before

    def test_a_fitted_one_is_asked_for_its_columns(self):
        fitted = small().fit(SOME, THEIRS)
        before = dict(vars(fitted))
        for given in (
            given_to_learn(fitted, SOME[:5], THEIRS[:5], None, is_new=False),
            given_to_predict(fitted, SOME[:5].reshape(5, 8, 8)),
        ):
            assert given.samples.shape == (5, 64)
            assert given.images(fitted._fitted)[np.arange(2)].shape == (2, 1, 8, 8)
        for ask in (given_to_predict, lambda c, X: given_to_learn(c, X, [0], None, is_new=False)):
            with pytest.raises(ValueError, match="X has 63 features, but CNNClassifier is expect"):
                ask(fitted, SOME[:1, :63])
        assert vars(fitted) == before

    def test_what_weighs_nothing_is_not_used(self):
        weights = (np.arange(60) < 40).astype(float)
        given = given_to_learn(small(), SOME, THEIRS, weights, is_new=True)
        assert (given.used == SOME[:40]).all()
        given = given_to_learn(small(), SOME, THEIRS, None, is_new=True)
        assert given.used is given.samples
        assert (given.weights == 1).all()


class TestNothingToSee:
    def test_blank_images_are_counted(self):
        blank = X.copy()
        blank[:103] = 7
        with pytest.warns(
            UserWarning, match=r"^103 of 200 images are blank \(all pixels equal\), so"
        ):
            classifier = small().fit(blank, Y)
        with pytest.warns(UserWarning, match=r"^1 of 1 images is blank"):
            classifier.predict(blank[:1])

    def test_equal_images_are_told(self):
        with pytest.warns(UserWarning, match="^160 of 160 images are equal, so nothing can be"):
            classifier = small().fit(X[:1].repeat(160, axis=0), np.arange(160) % 2)
        with pytest.warns(UserWarning, match="^9 of 9 images are equal, so what is said of them"):
            classifier.predict(X[:1].repeat(9, axis=0))
