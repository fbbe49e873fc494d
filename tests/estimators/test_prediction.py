import pickle

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from pellucid import CNNClassifier, Conv2D, Dense, Flatten, MaxPool2D, ReLU, predict_proba
from pellucid.errors import ConfigurationError, DataError, DivergenceError

DIGITS = load_digits()
X, Y = DIGITS.data[:200], DIGITS.target[:200]
LAYERS = [Flatten(), Dense(16), ReLU()]


def small(**settings):
    return CNNClassifier(**({"network": LAYERS, "max_iter": 3, "random_state": 0} | settings))


@pytest.fixture(scope="module")
def fitted():
    with np.errstate(all="raise"):
        return CNNClassifier(max_iter=3, random_state=0).fit(X, Y)


class TestPredictions:
    def test_agree_with_one_another(self, fitted):
        shares, scores = fitted.predict_proba(X), fitted.decision_function(X)
        assert shares.dtype == scores.dtype == np.float64
        assert shares.shape == (200, 10)
        np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-12)
        np.testing.assert_allclose(np.log(shares), fitted.predict_log_proba(X), atol=1e-12)
        assert (scores == fitted.predict_log_proba(X)).all()
        assert (fitted.predict(X) == fitted.classes_[shares.argmax(axis=1)]).all()
        assert fitted.score(X, Y) == accuracy_score(Y, fitted.predict(X))

    @pytest.mark.parametrize("views", ["mirror", "shifts", "mirror+shifts"])
    def test_of_several_views_agree_with_one_another(self, fitted, views):
        shares = fitted.predict_proba(X, views=views)
        images = np.clip(X / 16, 0, 1).reshape(-1, 8, 8)
        by_function = predict_proba(fitted.network_, fitted.parameters_, images, views=views)
        np.testing.assert_allclose(shares, by_function, rtol=0, atol=1e-6)
        np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-12)
        logs = fitted.predict_log_proba(X, views=views)
        np.testing.assert_allclose(np.log(shares), logs, atol=1e-12)
        assert (fitted.predict(X, views=views) == fitted.classes_[shares.argmax(axis=1)]).all()
        assert (shares != fitted.predict_proba(X)).any()

    def test_of_views_have_the_same_bits_for_any_number_of_threads(self, fitted):
        expected = fitted.predict_proba(X, views="mirror+shifts")
        for jobs in (1, 2, 3):
            again = clone(fitted).set_params(n_jobs=jobs)
            again._fitted = fitted._fitted
            assert (again.predict_proba(X, views="mirror+shifts") == expected).all()

    def test_views_that_are_none_are_refused(self, fitted):
        with pytest.raises(ValueError, match=r"^views is 'flip'; it must be 'mirror', 'shifts', "):
            fitted.predict(X, views="flip")

    def test_two_classes_have_one_score(self):
        classifier = small().fit(X, Y % 2)
        logs, scores = classifier.predict_log_proba(X), classifier.decision_function(X)
        assert scores.shape == (200,)
        np.testing.assert_allclose(scores, logs[:, 1] - logs[:, 0])
        assert (classifier.predict(X) == (scores > 0)).all()

    def test_logarithms_stay_finite_where_probabilities_vanish(self):
        classifier = small(learning_rate=0.1, max_iter=20).fit(X, Y)
        classifier.parameters_[:] *= 30
        assert np.isfinite(classifier.predict_log_proba(X)).all()
        assert np.isfinite(classifier.predict_log_proba(X, views="mirror")).all()
        assert (classifier.predict_proba(X) == 0).any()

    def test_do_not_depend_on_company(self, fitted, monkeypatch):
        whole = fitted.predict_proba(X)
        assert (fitted.predict_proba(X[40:41]) == whole[40:41]).all()
        monkeypatch.setattr("pellucid.estimators.prediction.AT_ONCE", 33)
        assert (fitted.predict_proba(X) == whole).all()

    def test_need_a_fit(self):
        for method in ("predict", "predict_proba", "decision_function", "transform"):
            with pytest.raises(NotFittedError, match="CNNClassifier instance is not fitted yet"):
                getattr(CNNClassifier(), method)(X)
        assert not hasattr(CNNClassifier(), "parameters_")


NOISE = np.random.default_rng(0).integers(0, 17, (200, 64))


@pytest.fixture(scope="module")
def knowing():
    with np.errstate(all="raise"):
        return CNNClassifier(unknown=0.05, random_state=0).fit(DIGITS.data, DIGITS.target)


class TestUnknown:
    def test_noise_is_unknown_and_digits_are_known(self, knowing):
        assert knowing.predict_proba(NOISE).max(axis=1).mean() > 0.6  # sure of a class all the same
        assert knowing.is_known(NOISE).mean() < 0.1
        assert knowing.is_known(DIGITS.data).mean() > 0.95

    def test_labels_stay_those_of_y(self, knowing):
        assert set(knowing.predict(NOISE)) <= set(range(10))

    def test_is_a_limit_of_the_score(self, knowing):
        scores = knowing.score_samples(NOISE)
        assert scores.dtype == np.float64
        known = knowing.is_known(NOISE, 0.2)
        assert known.dtype == bool
        limits = scores[known].min(initial=0), scores[~known].max()
        assert limits[0] > limits[1]
        more = [knowing.is_known(DIGITS.data, rate).sum() for rate in (0.01, 0.05, 0.2, 0.9)]
        assert more == sorted(more, reverse=True)
        assert more[0] > more[-1]

    def test_images_held_back_did_not_train(self, knowing):
        """So the limit is theirs: about as many as allowed of them are beyond it."""
        with_stopping = small(unknown=0.05, early_stopping=True).fit(DIGITS.data, DIGITS.target)
        alone = small(early_stopping=True).fit(DIGITS.data, DIGITS.target)
        assert (with_stopping.parameters_ == alone.parameters_).all()
        plain = CNNClassifier(random_state=0, max_iter=2).fit(DIGITS.data, DIGITS.target)
        held = CNNClassifier(random_state=0, max_iter=2, unknown=0.05)
        held.fit(DIGITS.data, DIGITS.target)
        assert (held.parameters_ != plain.parameters_).any()
        assert held.validation_scores_ is None
        assert len(held._fitted.known.distances) == 180

    def test_validation_data_are_held_back(self):
        pair = (DIGITS.data[1000:], DIGITS.target[1000:])
        plain = small().fit(X, Y)
        classifier = small(unknown=0.05).fit(X, Y, validation_data=pair)
        assert (classifier.parameters_ == plain.parameters_).all()
        assert (~classifier.is_known(pair[0])).mean() == pytest.approx(0.05, abs=0.003)
        with pytest.raises(DataError, match="Of 9 images held back none may be called unknown"):
            small(unknown=0.05).fit(X, Y, validation_data=(X[:9], Y[:9]))

    def test_the_bits_do_not_depend_on_threads(self):
        one, two = (small(unknown=0.1, n_jobs=n).fit(X, Y).score_samples(NOISE) for n in (1, 2))
        assert (one == two).all()

    def test_further_training_forgets_it(self):
        classifier = small(unknown=0.1, warm_start=True).fit(X, Y)
        before = classifier.score_samples(NOISE)
        assert (classifier.fit(X, Y).score_samples(NOISE) != before).any()
        classifier.partial_fit(X, Y)
        with pytest.raises(
            ConfigurationError, match=r"or further by partial_fit\. Train it by fit"
        ):
            classifier.is_known(X)

    def test_what_can_not_tell_is_refused_before_training(self, fitted):
        with pytest.raises(ConfigurationError, match="no limit between known and unknown images"):
            fitted.is_known(X)
        assert not hasattr(fitted, "score_samples")
        assert hasattr(CNNClassifier(unknown=0.1), "score_samples")
        with pytest.raises(NotFittedError):
            CNNClassifier().is_known(X)
        told = []
        classifier = small(unknown=0.01, callbacks=told.append)
        with pytest.raises(DataError, match="Of 20 images held back none may be called unknown"):
            classifier.fit(X, Y)
        wide = small(unknown=0.1, network=[Flatten(), Dense(1100)], callbacks=told.append)
        with pytest.raises(ConfigurationError, match="sees 1,100 values of an image"):
            wide.set_params(network=[Flatten(), Dense(1100), ReLU()]).fit(X, Y)
        assert told == []
        with pytest.raises(
            ConfigurationError, match=r"false_alarms is 0\.01, but the 20 distances"
        ):
            small(unknown=0.1).fit(X, Y).is_known(X, 0.01)

    def test_in_a_pipeline_and_a_search(self):
        pipe = make_pipeline(MinMaxScaler(), small(unknown=0.1)).fit(X, Y)
        assert pipe.score_samples(X).shape == (200,)
        search = GridSearchCV(small(), {"unknown": [None, 0.2]}, cv=2, error_score="raise")
        assert search.fit(X, Y).best_score_ > 0.1


class TestTransform:
    def test_gives_what_the_last_layer_sees(self, fitted):
        features = fitted.transform(X)
        assert features.shape == (200, 64)
        assert features.min() >= 0  # after a ReLU
        w, b = list(fitted.network_.views(fitted.parameters_).values())[-2:]
        logits = features @ w.T.astype(np.float64) + b
        logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
        np.testing.assert_allclose(logits, fitted.predict_log_proba(X), atol=1e-4)

    @pytest.mark.parametrize(
        ("layers", "width"),
        [
            ([Flatten()], 64),
            ([Flatten(), Dense(10)], 64),
            ([MaxPool2D(2), Flatten()], 16),
            ([Conv2D(2, 3), Flatten()], 72),
            ([Flatten(), Dense(1), ReLU()], 1),
        ],
    )
    def test_any_network(self, layers, width):
        classifier = small(network=layers, max_iter=1).fit(X, Y)
        assert classifier.transform(X).shape == (200, width)
        assert len(classifier.get_feature_names_out()) == width

    def test_pixels_of_a_network_of_one_layer(self):
        images = (X * 15).astype(np.uint8)
        features = small(network=[MaxPool2D(2), Flatten()]).fit(images, Y).transform(images)
        expected = images.reshape(-1, 4, 2, 4, 2).max(axis=(2, 4)).reshape(200, 16) / 255
        np.testing.assert_allclose(features, expected, rtol=1e-6)

    def test_keeps_the_kind_of_float(self, fitted):
        assert fitted.transform(X).dtype == np.float64
        assert fitted.transform(X.astype(np.float32)).dtype == np.float32
        assert fitted.transform(X.astype(np.uint8)).dtype == np.float32

    def test_as_tables(self):
        frame = pd.DataFrame(X, columns=[f"pixel{n}" for n in range(64)])
        classifier = small().set_output(transform="pandas").fit(frame, Y)
        assert list(classifier.feature_names_in_) == list(frame.columns)
        features = classifier.transform(frame)
        assert isinstance(features, pd.DataFrame)
        assert features.columns[3] == "cnnclassifier3"
        table = classifier.set_output(transform="polars").transform(frame)
        assert isinstance(table, pl.DataFrame)
        with pytest.raises(ValueError, match="feature names should match"):
            classifier.predict(frame.rename(columns={"pixel3": "other"}))

    def test_polars_in(self):
        table = pl.DataFrame(X, schema=[f"pixel{n}" for n in range(64)])
        classifier = small().fit(table, pl.Series(Y))
        assert (classifier.predict(table) == small().fit(X, Y).predict(X)).all()
        assert classifier.feature_names_in_[1] == "pixel1"

    def test_feeds_another_classifier(self):
        images = DIGITS.images[:200]
        pipeline = make_pipeline(small(max_iter=20), LogisticRegression(max_iter=1000))
        assert pipeline.fit(images, Y).score(images, Y) > 0.95


class TestWithScikitLearn:
    def test_pipeline_and_grid_search(self):
        pipeline = make_pipeline(MinMaxScaler(), small())
        grid = {
            "cnnclassifier__network": [LAYERS, [Flatten(), Dense(10)]],
            "cnnclassifier__learning_rate": [1e-6, 0.01],
        }
        search = GridSearchCV(pipeline, grid, cv=2).fit(X, Y)
        assert search.best_params_["cnnclassifier__learning_rate"] == 0.01
        assert search.score(X, Y) > 0.5

    def test_processes_give_the_same_scores(self):
        alone = cross_val_score(small(), X, Y, cv=3)
        assert (cross_val_score(small(n_jobs=1), X, Y, cv=3, n_jobs=2) == alone).all()

    def test_calibration(self):
        classifier = small(max_iter=10, learning_rate=0.03)
        calibrated = CalibratedClassifierCV(classifier, cv=2).fit(X, Y)
        test, truth = DIGITS.data[200:500], DIGITS.target[200:500]
        assert log_loss(truth, calibrated.predict_proba(test)) < 1.5

    def test_clone(self, fitted):
        classifier = small(class_weight={1: 2.0}, callbacks=(print,), image_shape=(8, 8))
        again = clone(classifier)
        assert repr(again) == repr(classifier)
        assert not hasattr(clone(fitted), "classes_")

    @pytest.mark.parametrize("through", [pickle, joblib])
    def test_pickle(self, through, tmp_path):
        classifier = small(warm_start=True).fit(X, Y)
        with (tmp_path / "file").open("wb") as file:
            through.dump(classifier, file)
        with (tmp_path / "file").open("rb") as file:
            again = through.load(file)
        assert (again.predict_proba(X) == classifier.predict_proba(X)).all()
        # Training goes on where it was, moments and all.
        classifier.fit(X, Y)
        assert (again.fit(X, Y).parameters_ == classifier.parameters_).all()

    @pytest.mark.parametrize("warm", [True, False])
    def test_a_memory_map_can_be_used_and_trained(self, warm, tmp_path):
        classifier = small(warm_start=warm).fit(X, Y)
        joblib.dump(classifier, tmp_path / "file")
        again = joblib.load(tmp_path / "file", mmap_mode="r")
        assert not again.parameters_.flags.writeable
        assert (again.predict_proba(X) == classifier.predict_proba(X)).all()
        for method in ("partial_fit", "fit"):
            expected = getattr(classifier, method)(X, Y).parameters_
            assert (getattr(again, method)(X, Y).parameters_ == expected).all()

    def test_metadata_routing(self):
        weights = np.arange(200) % 4
        with sklearn.config_context(enable_metadata_routing=True):
            unset = make_pipeline(MinMaxScaler(), small())
            with pytest.raises(ValueError, match="sample_weight"):
                unset.fit(X, Y, sample_weight=weights)
            classifier = small(pixel_range=(0, 1)).set_fit_request(sample_weight=True)
            classifier.set_score_request(sample_weight=True)
            pipeline = make_pipeline(MinMaxScaler(), classifier)
            pipeline.fit(X, Y, sample_weight=weights)
            found = cross_validate(
                pipeline, X, Y, params={"sample_weight": weights}, cv=2, return_estimator=True
            )
        scaled = MinMaxScaler().fit_transform(X)
        direct = small(pixel_range=(0, 1)).fit(scaled, Y, weights)
        assert (pipeline[-1].parameters_ == direct.parameters_).all()
        plain = cross_validate(make_pipeline(MinMaxScaler(), small(pixel_range=(0, 1))), X, Y, cv=2)
        assert (found["test_score"] != plain["test_score"]).any()


class TestNotebook:
    def test_shows_the_network_once_fitted(self, fitted):
        table = "<details><summary>Network of 38,282 parameters</summary>"
        for text in (fitted._repr_html_(), fitted._repr_mimebundle_()["text/html"]):
            assert text.count(table) == 1
            assert "CNNClassifier" in text
            assert "Conv2D(16, 3, padding=&#x27;same&#x27;)" in text
        for text in (
            CNNClassifier()._repr_html_(),
            CNNClassifier()._repr_mimebundle_()["text/html"],
        ):
            assert "<summary>Network" not in text

    def test_text_stays_text(self, fitted):
        with sklearn.config_context(display="text"):
            assert not hasattr(fitted, "_repr_html_")
            assert fitted._repr_mimebundle_() == {"text/plain": repr(fitted)}


def test_parameters_too_large_to_compute_with_name_no_class():
    classifier = small().fit(X, Y)
    classifier.parameters_[:] = 1e30
    methods = classifier.predict, classifier.predict_proba, classifier.decision_function
    for method in (*methods, lambda x: classifier.score(x, Y)):
        with pytest.raises(DivergenceError, match=r"gives NaN for 200 of 200 .* to 1e\+30"):
            method(X)


class TestOtherLooks:
    @pytest.mark.parametrize(
        ("train", "test", "message"),
        [
            (lambda x: x, lambda x: 255 - x, "looks inverted.*Give 255 - X"),
            (lambda x: x, lambda x: (x > 127).astype("uint8"), "scale.*give 255"),
            (lambda x: x, lambda x: 1 - x / 255, r"give 255 \* X.*inverted.*give 255 - X"),
            (
                lambda x: x / 255,
                lambda x: 65535 - 257.0 * x,
                r"scale.*inverted.*give (1|0\.996078) - X",
            ),
            (lambda x: x / 127.5 - 1, lambda x: x / 255, r"give 2 \* X - 1"),
            (lambda x: x / 255, lambda x: x / 127.5 - 1, r"give \(X \+ 1\) / 2"),
        ],
    )
    @pytest.mark.parametrize("way", ["fit", "partial_fit", "loaded"])
    def test_warn_once_with_the_fix(self, train, test, message, way, tmp_path):
        images = np.pad(DIGITS.images[:200], ((0, 0), (2, 2), (2, 2))) * 15.9
        images = images.astype(np.uint8)
        classifier = small(max_iter=1)
        if way == "partial_fit":
            classifier.set_params(pixel_range=(train(np.uint8([0]))[0], train(np.uint8([255]))[0]))
            classifier.partial_fit(train(images), Y, range(10))
        else:
            classifier.fit(train(images), Y)
        if way == "loaded":
            classifier.save(tmp_path / "model")
            classifier = CNNClassifier.load(tmp_path / "model")
        classifier.predict(train(images))
        for method in (classifier.predict, classifier.predict_proba, classifier.transform):
            with pytest.warns(UserWarning, match=message) as caught:
                method(test(images))
            assert len(caught) == 1
        with pytest.warns(UserWarning, match=message):
            classifier.score(test(images), Y)
